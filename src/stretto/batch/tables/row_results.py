"""The results of rows, in the form that tables hold, and the store where they wait to be written."""

import pickle
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal

from stretto.core.errors import JournalError
from stretto.core.result import RunResult, SynthesisResult, WorkerResult
from stretto.core.usage import Cost


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """One text of a row, or why there is none."""

    type: str = ""
    description: str = ""
    text: str = ""
    status: str = ""
    error: str = ""
    remarks: str = ""
    """What checks said about a text that was kept, one remark a line."""
    model: str = ""
    cost_usd: Decimal | None = None
    """None when it is not known."""
    run_id: str = ""
    label: str = ""
    """What must stand beside the text, such as that a demo wrote it."""
    synthesis: bool = False
    """Whether it was made out of the other variants."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RowResult:
    """Everything that came of one row."""

    variants: tuple[Variant, ...] = ()
    """In the plan's order; a synthesis stands last. Empty when there is not even a plan."""
    status: str = ""
    """complete, partial or failed; empty when the row was not run."""
    error: str = ""
    """What is missing and why."""
    cost_usd: Decimal | None = None
    """Of the whole row, its plan included; None when it is not known."""
    run_id: str = ""
    label: str = ""

    @classmethod
    def of(cls, result: RunResult, *, labels: Sequence[str] = ()) -> "RowResult":
        """Return what tables hold of a run."""
        label = "; ".join(labels)
        outcomes: list[WorkerResult | SynthesisResult] = [*result.results]
        if result.synthesis:
            outcomes.append(result.synthesis)
        return cls(
            variants=tuple(_variant(outcome, result.run_id, label) for outcome in outcomes),
            status=result.status,
            error="; ".join(f"{gap.what}: {gap.failure}" for gap in result.shortfall),
            cost_usd=_money(result.cost),
            run_id=result.run_id,
            label=label,
        )

    @property
    def gaps(self) -> tuple[Variant, ...]:
        """The variants that have no text; a synthesis is none of them."""
        return tuple(variant for variant in self.variants if not (variant.text.strip() or variant.synthesis))

    def completed_by(self, new: "RowResult") -> "RowResult":
        """Return this result with `new` texts, in order, where it has none; what it has stays."""
        fresh = iter([variant for variant in new.variants if not variant.synthesis])
        own = [variant for variant in self.variants if not variant.synthesis]
        variants = [variant if variant.text.strip() else next(fresh, variant) for variant in own]
        variants += fresh
        variants += [variant for variant in (*new.variants, *self.variants) if variant.synthesis][:1]
        written = [bool(variant.text.strip()) for variant in variants]
        known = self.cost_usd is not None and new.cost_usd is not None
        return replace(
            new,
            variants=tuple(variants),
            status="complete" if written and all(written) else "partial" if any(written) else "failed",
            cost_usd=(self.cost_usd or 0) + (new.cost_usd or 0) if known else None,
            label=new.label or self.label,
        )


def _variant(outcome: WorkerResult | SynthesisResult, run_id: str, label: str) -> Variant:
    worker = outcome if isinstance(outcome, WorkerResult) else None
    return Variant(
        type=outcome.type if isinstance(outcome, WorkerResult) else outcome.strategy,
        description=worker.description if worker else "",
        text=outcome.text,
        status=outcome.status,
        error=str(outcome.error) if outcome.error else "",
        remarks="\n".join(" ".join(finding.message.split()) for finding in worker.findings) if worker else "",
        model=outcome.model,
        cost_usd=_money(outcome.cost),
        run_id=run_id,
        label=label,
        synthesis=worker is None,
    )


def _money(cost: Cost) -> Decimal | None:
    return cost.usd if cost.complete else None


class ResultStore:
    """Stores results on the disk, in any order, until they are written. Raises `JournalError`."""

    def __init__(self) -> None:
        # An empty name is a file of its own, beside SQLite's small cache, that goes when it is closed.
        self._database = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("CREATE TABLE result (id TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID")
        self.lost = False
        """Whether anything here went wrong: a write that is broken off may take with it what was there."""

    def put(self, row_id: str, result: RowResult) -> None:
        """Store a row's result; a later one replaces it."""
        with self._as_journal_error():
            self._database.execute("INSERT OR REPLACE INTO result VALUES (?, ?)", (row_id, pickle.dumps(result)))

    def get(self, row_id: str) -> RowResult | None:
        """Return a row's result, None when there is none."""
        with self._as_journal_error():
            found = self._database.execute("SELECT data FROM result WHERE id = ?", (row_id,)).fetchone()
        return pickle.loads(found[0]) if found else None

    def __contains__(self, row_id: str) -> bool:
        with self._as_journal_error():
            return bool(self._database.execute("SELECT 1 FROM result WHERE id = ?", (row_id,)).fetchone())

    def close(self) -> None:
        """Give the room back."""
        self._database.close()

    @contextmanager
    def _as_journal_error(self) -> Generator[None]:
        try:
            yield
        except sqlite3.Error as error:
            self.lost = True
            raise JournalError(
                f"Results cannot be kept in the folder for temporary files until they are written: {error}.",
                hint="Free some space there and run the same again, or name another folder with SQLITE_TMPDIR.",
            ) from error
