"""Records how each call of a run ended: its usage in the budget, its end in the journal and as an event."""

import anyio

from stretto.core.events import CallEnded
from stretto.core.journal import CallEnd, CallStart, Journal
from stretto.core.result import Failure
from stretto.core.usage import FREE, NO_USAGE, Cost, Usage
from stretto.engine.accounting.budget import BudgetTracker, UsageTotal
from stretto.engine.events.emitter import EventEmitter


class CallRecorder:
    """Records the calls of one run."""

    def __init__(self, run_id: str, journal: Journal, budget_tracker: BudgetTracker, emitter: EventEmitter) -> None:
        self._run_id = run_id
        self._journal = journal
        self._budget_tracker = budget_tracker
        self._emitter = emitter

    async def record_unsent(self, start: CallStart) -> None:
        """Have the journal count nothing for a call whose request never left."""
        end = CallEnd(call_id=start.call_id, usage=NO_USAGE, cost=FREE, error="interrupted", sent=False)
        await self.record(end)

    async def settle(
        self,
        start: CallStart,
        usage: Usage | None,
        cost: Cost,
        failure: Failure | None,
        usage_total: UsageTotal,
        *,
        began: float,
        attempt: int,
        streamed: bool,
    ) -> tuple[CallEnded, CallEnd]:
        """Settle a call in the budget and return its end; that of one that failed is published and recorded at once."""
        end = CallEnd(call_id=start.call_id, usage=usage, cost=cost, error=failure.kind if failure else None)
        counted, counted_cost = self._budget_tracker.settle(start, end)
        usage_total.add(counted, counted_cost)
        call = CallEnded(
            role=start.role,
            subtask_id=start.subtask_id,
            attempt=attempt,
            model=start.model,
            streamed=streamed,
            seconds=round(anyio.current_time() - began, 4),
            usage=counted,
            cost=counted_cost,
            reported=usage is not None,
            error=failure,
        )
        if failure is not None:
            self._emitter.emit(call)
            await self.record(end)
        return call, end

    async def record_end(self, usage_total: UsageTotal) -> None:
        """Put the end of the call that gave the answer into the journal, unless it is there."""
        if (end := usage_total.take_end()) is not None:
            await self.record(end)

    async def record(self, end: CallEnd) -> None:
        """Put a call's end into the journal, whatever is cancelled meanwhile."""
        with anyio.CancelScope(shield=True):
            await self._journal.end_call(self._run_id, end)
