"""Counts what has come of a batch so far, in memory that does not grow with it. No I/O."""

from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from typing import Protocol

from stretto.batch.rows.call_counter import CallCounter
from stretto.batch.rows.row_job import RowOutcome
from stretto.core.causes import cause_of
from stretto.core.result import Failure, RunStatus

_REASONS = 50


class Counts(Protocol):
    """The numbers of a batch, wherever it runs."""

    @property
    def total(self) -> int:
        """Rows that are to be run."""
        ...

    @property
    def done(self) -> int:
        """Rows that have an end."""
        ...

    @property
    def reused(self) -> int:
        """Rows that an earlier run had finished."""
        ...

    @property
    def statuses(self) -> Counter[RunStatus]:
        """How many rows ended in which way."""
        ...

    @property
    def texts(self) -> int:
        """Texts that are there."""
        ...

    @property
    def calls(self) -> int:
        """Calls that were made."""
        ...

    @property
    def so_far(self) -> tuple[int, int, int]:
        """Texts, calls and repeated calls, with those of rows that have no end yet."""
        ...

    @property
    def remarked(self) -> int:
        """Texts that a check has a remark on."""
        ...

    @property
    def retryable(self) -> int:
        """Rows that lack something because of circumstances: the same command tries them again."""
        ...

    @property
    def unfit(self) -> int:
        """Rows that no command helps: without a task, or with as many subtasks as are allowed."""
        ...

    @property
    def reasons(self) -> Counter[str]:
        """Why something is missing."""
        ...

    @property
    def elapsed(self) -> float:
        """Seconds since it began."""
        ...

    @property
    def rate(self) -> float:
        """Rows a minute; 0 when none was run."""
        ...

    @property
    def remaining(self) -> int | None:
        """Seconds until the end, as far as one can tell; None when one cannot."""
        ...


@dataclass(kw_only=True, slots=True)
class BatchProgress:
    """The numbers of a batch that is under way."""

    clock: Callable[[], float]
    """Seconds."""
    total: int
    """Rows that are to be run."""
    began: float = field(init=False)
    done: int = 0
    reused: int = 0
    """Rows that an earlier run had finished."""
    statuses: Counter[RunStatus] = field(default_factory=Counter[RunStatus])
    texts: int = 0
    calls: int = 0
    """Made now."""
    remarked: int = 0
    """Texts that a check has a remark on."""
    retryable: int = 0
    """Rows that lack something because of circumstances: the same command tries them again."""
    unfit: int = 0
    """Rows that no command helps: without a task, or with as many subtasks as are allowed."""
    call_counter: CallCounter | None = None
    """Calls and texts as they come; None when nobody asks before rows are done."""
    reasons: Counter[str] = field(default_factory=Counter[str])
    """Why something is missing, the first few causes that came, each in the words of its first row."""
    _shown: dict[str, str] = field(default_factory=dict[str, str])
    """What stands in `reasons`, by what all sentences of one cause have in common."""
    stopped: Failure | None = None
    """Why no further row is begun; None while nothing stands in the way."""
    seconds: "array[float]" = field(default_factory=lambda: array("f"))
    """By the row's place among those that are run; below 0 for one that was not run now."""

    _texts_before: int = 0

    def __post_init__(self) -> None:
        self.began = self.clock()

    def add(self, place: int, outcome: RowOutcome) -> None:
        """Count a row."""
        self.done += 1
        self.reused += outcome.reused
        self.statuses[outcome.status] += 1
        for cause in outcome.causes or filter(None, (outcome.error,)):
            self._add_cause(cause)
        # Rows without a task, and those that have as many subtasks as are allowed, end so again.
        unfit = set(outcome.kinds) == {"limit"} or (not outcome.run_id and outcome.kinds == ("bad_request",))
        self.unfit += unfit
        self.retryable += outcome.worth_retrying and not unfit
        self.add_unfinished(place, outcome)

    def _add_cause(self, cause: str) -> None:
        shown = self._shown.get(key := cause_of(cause))
        if shown is None and len(self._shown) < _REASONS:
            shown = self._shown[key] = cause
        if shown is not None:
            self.reasons[shown] += 1

    def add_unfinished(self, place: int, outcome: RowOutcome) -> None:
        """Count what there is of a row that has no end."""
        self.texts += outcome.texts
        self.calls += outcome.calls
        self.remarked += outcome.remarked
        self._texts_before += outcome.texts if outcome.reused else 0
        self.seconds.extend([-1.0] * (place + 1 - len(self.seconds)))
        self.seconds[place] = -1.0 if outcome.reused else outcome.seconds

    @property
    def elapsed(self) -> float:
        """Seconds since the batch began."""
        return self.clock() - self.began

    @property
    def rate(self) -> float:
        """Rows a minute, of those that were run now; 0 when none was."""
        run = self.done - self.reused
        return 60 * run / self.elapsed if run and self.elapsed > 0 else 0.0

    @property
    def remaining(self) -> int | None:
        """Seconds until the end, as far as one can tell; None when one cannot."""
        if self.call_counter and self.done < self.total:
            run = self.done - self.reused
            return self.call_counter.remaining(rows=self.total - self.done, run=run, calls_of_run=self.calls)
        return ceil(60 * (self.total - self.done) / self.rate) if self.rate else None

    @property
    def so_far(self) -> tuple[int, int, int]:
        """Texts, calls and repeated calls, with those of rows that have no end yet."""
        if self.call_counter is None:
            return self.texts, self.calls, 0
        return self._texts_before + self.call_counter.texts, self.call_counter.calls, self.call_counter.retries
