"""The journal that the run of one row gets: what is saved was read already, and few events are stored."""

from collections.abc import Mapping, Sequence

from stretto.batch.rows.call_counter import CallCounter
from stretto.core.events import Event, RunCompleted
from stretto.core.journal import CallEnd, CallStart, Journal, OutcomeKey, OutcomeT, Revision, RunState, SavedRun
from stretto.core.plan import Subtask
from stretto.core.result import WorkerResult


class RowJournal:
    """Passes everything to the journal but most events: nobody watches a row, so only a short end is logged.

    The keyed records are the truth and hold every text already.
    """

    def __init__(self, journal: Journal, saved: SavedRun, call_counter: CallCounter | None = None) -> None:
        self._journal = journal
        self._call_counter = call_counter
        self._started: set[tuple[str, str, int]] = set()
        self._saved = saved

    async def open_run(self, run_id: str, spec: Mapping[str, object]) -> bool:
        """Pass on."""
        return await self._journal.open_run(run_id, spec)

    async def hold_run(self, run_id: str, *, take_over: bool = False) -> RunState:
        """Pass on."""
        return await self._journal.hold_run(run_id, take_over=take_over)

    async def leave_run(self, run_id: str) -> None:
        """Pass on."""
        await self._journal.leave_run(run_id)

    async def load(self, run_id: str) -> SavedRun:
        """Return what was read."""
        return self._saved

    async def seal(self, run_id: str, *subtasks: Subtask, analysis: str) -> None:
        """Pass on."""
        await self._journal.seal(run_id, *subtasks, analysis=analysis)

    async def start_call(self, run_id: str, call: CallStart) -> None:
        """Pass on."""
        if self._call_counter is not None:
            key = (call.role, call.subtask_id, call.revision)
            self._call_counter.start_call(call.call_id, again=key in self._started)
            self._started.add(key)
        await self._journal.start_call(run_id, call)

    async def end_call(self, run_id: str, call: CallEnd) -> None:
        """Pass on."""
        self._end(call)
        await self._journal.end_call(run_id, call)

    async def record(
        self, run_id: str, key: OutcomeKey, outcome: OutcomeT, *, ended: CallEnd | None = None
    ) -> OutcomeT:
        """Pass on."""
        self._end(ended)
        if self._call_counter is not None and isinstance(outcome, WorkerResult) and outcome.status == "completed":
            self._call_counter.add_text()
        return await self._journal.record(run_id, key, outcome, ended=ended)

    def _end(self, call: CallEnd | None) -> None:
        if self._call_counter is not None and call is not None:
            self._call_counter.end_call(call.call_id)

    async def revise(self, run_id: str, revision: Revision) -> None:
        """Pass on."""
        await self._journal.revise(run_id, revision)

    def keeps(self, event: Event) -> bool:
        """Whether it says how a run ended when something is missing: the reasons are in no record."""
        return isinstance(event, RunCompleted) and bool(event.result.shortfall)

    async def log(self, run_id: str, events: Sequence[Event]) -> None:
        """Pass on."""
        await self._journal.log(run_id, events)

    async def close_run(self, run_id: str, state: RunState) -> None:
        """Pass on."""
        await self._journal.close_run(run_id, state)
