"""Reads a run from the journal: its spec, its state and its result. No call is made."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from stretto.app.resume import RunJournal, spec_of
from stretto.core.errors import InputError
from stretto.core.events import Event
from stretto.core.journal import Archive, ListedState, SavedRun
from stretto.core.result import RunResult
from stretto.core.task import Task
from stretto.engine import ResultOptions, saved_result
from stretto.export import Report

_LISTED = 5
_SEARCHED = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchivedRun:
    """One run as the journal has it."""

    run_id: str
    spec: Mapping[str, Any]
    """What it was started with."""
    state: ListedState
    records: SavedRun
    events: tuple[Event, ...]
    """Its logged events; deltas are not logged."""

    @property
    def result(self) -> RunResult:
        """The run's result, or what there is of it."""
        settings = self.spec["settings"]
        options = ResultOptions(
            subtasks=tuple(settings["subtasks"]), synthesis=settings["synthesis"], review=self.spec["review"]
        )
        result = saved_result(self.run_id, self.records, self.events, options)
        return replace(
            result,
            labels=tuple(self.spec["labels"]),
            task=self.spec["task"],
            context=self.spec["context"],
            recipe=self.spec["recipe"]["name"],
        )

    @property
    def report(self) -> Report:
        """The result with all that a file about it holds."""
        return Report(
            result=self.result,
            task=Task.of(self.spec["task"], self.spec["context"]),
            recipe=self.spec["recipe"]["name"],
            labels=tuple(self.spec["labels"]),
        )


async def read_run(journal: RunJournal, run_id: str) -> ArchivedRun:
    """Return a run; raises `InputError` when the journal does not know it."""
    spec = cast("Mapping[str, Any]", await spec_of(journal, run_id))
    return ArchivedRun(
        run_id=run_id,
        spec=spec,
        state=await journal.state(run_id) or "interrupted",
        records=await journal.load(run_id),
        events=await journal.events(run_id),
    )


async def result_of_saved(journal: RunJournal, run_id: str) -> RunResult:
    """Return a run's result, or what there is of it; raises `InputError` when the journal does not know it."""
    return (await read_run(journal, run_id)).result


async def find_run(journal: Archive, given: str) -> str:
    """Return the id of the one run whose id begins so; raises `InputError` when there is none, or several."""
    if await journal.spec(given) is not None:
        return given
    found = [run.run_id for run in await journal.list_runs(search=given, limit=_SEARCHED)] if given else []
    fitting = [run_id for run_id in found if run_id.startswith(given)]
    if not fitting:
        raise InputError(f"There is no run {given!r} in the journal.", hint="`stretto runs` lists them.")
    if len(fitting) > 1:
        several = ", ".join(fitting[:_LISTED]) + (", ..." if len(fitting) > _LISTED else "")
        raise InputError(f"{given!r} may be several runs: {several}.", hint="Give more of the id.")
    return fitting[0]
