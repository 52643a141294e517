"""What to do about a run that is not complete, as data; each face says it in its own way."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast

from stretto.core.result import Failure, RunResult

Limit = Literal["budget_usd", "max_tokens_total", "deadline"]
"""A setting that stops a run, by its name."""

_OPTION = re.compile(r"\(--([a-z-]+)\)")


@dataclass(frozen=True, kw_only=True, slots=True)
class NextStep:
    """What goes on with a run."""

    action: Literal["resume", "retry", "run_again"]
    """resume: go on with what was not reached; retry: ask anew for what failed; run_again: the run was not kept."""
    run_id: str
    review: bool = False
    """Whether a person is still to be asked what is to be run of the plan."""
    max_subtasks: int | None = None
    """The limit of subtasks to give; None when it was not in the way."""
    raise_limits: tuple[Limit, ...] = ()
    """Without higher ones it would only stop where it stopped."""


def next_step(result: RunResult, *, saved: bool, to_review: bool = False) -> NextStep | None:
    """Return what to do about a shortfall; None when there is nothing to say.

    `saved` says that a journal keeps the run, `to_review` that its plan still waits for a person.
    """
    if not result.shortfall:
        return None
    failures = [gap.failure for gap in result.shortfall]
    kinds = {failure.kind for failure in failures}
    if not saved:
        explained = any(failure.hint for failure in failures) or kinds & {"declined", "planned", "interrupted"}
        return None if explained else NextStep(action="run_again", run_id=result.run_id)
    if to_review or kinds & {"declined", "planned"}:
        return NextStep(action="resume", run_id=result.run_id, review=True)
    # What was only not reached is gone on with; what failed for good is asked for anew.
    retry = any(outcome.status == "failed" and outcome.attempts for outcome in result.results)
    return NextStep(
        action="retry" if retry else "resume",
        run_id=result.run_id,
        max_subtasks=len(result.results) if "limit" in kinds else None,
        raise_limits=limits_to_raise(failures),
    )


def limits_to_raise(failures: Iterable[Failure]) -> tuple[Limit, ...]:
    """Return the limits without which a command would only stop where it stopped: those that the hints name."""
    hints = [failure.hint for failure in failures if failure.kind in ("budget", "deadline")]
    names = (option.replace("-", "_") for hint in hints for option in _OPTION.findall(hint))
    return tuple(dict.fromkeys(cast("Limit", name) for name in names))
