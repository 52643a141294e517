"""The list of runs: a line for each run, and one for all rows of a batch together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from stretto.core.journal import Archive, ListedState, RunSummary
from stretto.core.usage import FREE, Cost

ROW = "row-"
"""How the ids of a batch's rows begin."""
LOOKED_AT = 2_000
"""Runs that are looked at to put rows together."""
_WORST: Sequence[ListedState] = ("running", "interrupted")


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of the list."""

    name: str
    """A run's id, or how many rows of a batch there are."""
    started_at: datetime
    state: ListedState
    completed: int
    total: int
    cost: Cost
    task: str


async def run_lines(
    journal: Archive, *, states: Sequence[ListedState], search: str, limit: int
) -> tuple[list[Line], bool]:
    """Return the newest lines, and whether there may be more rows than were looked at.

    A search lists each row by itself.
    """
    found = await journal.list_runs(states=states, search=search, limit=limit)
    if search or not any(run.run_id.startswith(ROW) for run in found):
        return [_line_of(run) for run in found], False
    found = await journal.list_runs(states=states, limit=LOOKED_AT)
    groups: dict[tuple[str, str], list[RunSummary]] = {}
    for run in found:
        is_row = run.run_id.startswith(ROW)
        work, title = _batch(await journal.spec(run.run_id)) if is_row else (run.run_id, "")
        groups.setdefault((work, title), []).append(run)
    lines = [
        _line_of(runs[0]) if not runs[0].run_id.startswith(ROW) else _batch_line(title, runs)
        for (_, title), runs in groups.items()
    ]
    return lines[:limit], len(found) == LOOKED_AT


def _batch(spec: Mapping[str, object] | None) -> tuple[str, str]:
    """Return what the rows of one batch have in common, and its title."""
    batch = (spec or {}).get("batch")
    if not isinstance(batch, dict):
        return "", ""
    fields = cast("Mapping[str, object]", batch)
    return str(fields.get("work", "")), str(fields.get("title", ""))


def _line_of(run: RunSummary) -> Line:
    return Line(
        name=run.run_id,
        started_at=run.started_at,
        state=run.state,
        completed=run.completed,
        total=run.total,
        cost=run.cost,
        task=run.task,
    )


def _batch_line(title: str, rows: Sequence[RunSummary]) -> Line:
    return Line(
        name="1 row" if len(rows) == 1 else f"{len(rows):,} rows",
        started_at=min(run.started_at for run in rows),
        state=_state({run.state for run in rows}),
        completed=sum(run.completed for run in rows),
        total=sum(run.total for run in rows),
        cost=sum((run.cost for run in rows), FREE),
        task=": ".join(filter(None, (title, rows[-1].task))),
    )


def _state(states: set[ListedState]) -> ListedState:
    for state in _WORST:
        if state in states:
            return state
    return next(iter(states)) if len(states) == 1 else "partial"
