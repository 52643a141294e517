"""Starts a worker for each sealed subtask, within `max_subtasks`, and records their outcomes."""

from collections.abc import Iterable
from types import TracebackType

import anyio

from stretto.core.errors import OF_THE_ANSWER
from stretto.core.events import SubtaskSkipped, SubtaskSuperseded, WorkerCompleted, WorkerFailed
from stretto.core.journal import Journal, OutcomeKey
from stretto.core.plan import Subtask
from stretto.core.result import Failure, WorkerResult
from stretto.engine.accounting.budget import UsageTotal
from stretto.engine.calls.caller import ModelCaller
from stretto.engine.events.emitter import Emit
from stretto.engine.job import Job
from stretto.engine.workers.revisions import CurrentRevision, CurrentRevisions
from stretto.engine.workers.worker import outcome, run_subtask


class Dispatcher:
    """The workers of one run. One worker's failure, or its cancellation, touches no other."""

    def __init__(
        self,
        job: Job,
        caller: ModelCaller,
        journal: Journal,
        emit: Emit,
        revisions: CurrentRevisions,
    ) -> None:
        self.results: dict[str, WorkerResult] = {}
        """By subtask id, as they come."""
        self.superseded: list[WorkerResult] = []
        self._job = job
        self._caller = caller
        self._journal = journal
        self._emit = emit
        self._group = anyio.create_task_group()
        self._revisions = revisions
        self._admitted: dict[str, Subtask] = {}
        self._scopes: dict[str, anyio.CancelScope] = {}
        self._superseded_ids: set[str] = set()

    async def __aenter__(self) -> "Dispatcher":
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for every worker."""
        await self._group.__aexit__(kind, error, trace)

    def admit(self, subtask: Subtask) -> None:
        """Start a worker, unless the subtask has its outcome or the limit is reached; idempotent."""
        if subtask.id in self._admitted or subtask.id in self.results:
            return
        current = self._revisions.of(subtask.id)
        if len(self._admitted) >= self._job.settings.max_subtasks and current.saved is None:
            self._skip(subtask)
            return
        self._admitted[subtask.id] = subtask
        if current.saved is not None:
            self._publish(current.or_earlier(current.saved))
        else:
            self._group.start_soon(self._work, subtask, current)

    def supersede_all_but(self, subtask_ids: Iterable[str]) -> None:
        """Cancel every started subtask that is not named; its cost still counts."""
        kept = set(subtask_ids)
        for subtask_id in self._admitted:
            if subtask_id not in kept and subtask_id not in self._superseded_ids:
                self._supersede(subtask_id)

    def _supersede(self, subtask_id: str) -> None:
        self._superseded_ids.add(subtask_id)
        result = self.results.pop(subtask_id, None)
        if result is not None:
            self._publish_superseded(result.subtask, result)
        elif scope := self._scopes.get(subtask_id):
            scope.cancel()

    async def _work(self, subtask: Subtask, current: CurrentRevision) -> None:
        usage_total = UsageTotal()
        result: WorkerResult | None = None
        with anyio.CancelScope() as scope:
            self._scopes[subtask.id] = scope
            if subtask.id in self._superseded_ids:
                scope.cancel()
            result = await run_subtask(self._job, subtask, current, self._caller, self._emit, usage_total)
            if result.error is None or result.error.kind in OF_THE_ANSWER:
                # Any other cause lies outside the subtask: a resume may do better.
                key = OutcomeKey(role="worker", subtask_id=subtask.id, revision=current.revision)
                result = await self._journal.record(self._job.run_id, key, result, ended=usage_total.take_end())
        del self._scopes[subtask.id]
        if subtask.id in self._superseded_ids:
            self._publish_superseded(subtask, result or outcome(subtask, usage_total, "superseded"))
        elif result is not None:
            self._publish(current.or_earlier(result))

    def _publish(self, result: WorkerResult) -> None:
        self.results[result.subtask.id] = result
        event = {"completed": WorkerCompleted, "skipped": SubtaskSkipped}.get(result.status, WorkerFailed)
        self._emit(event(result=result))

    def _publish_superseded(self, subtask: Subtask, result: WorkerResult) -> None:
        superseded = WorkerResult(
            subtask=subtask,
            status="superseded",
            error=Failure(kind="interrupted", message="The finished plan does not contain this subtask."),
            attempts=result.attempts,
            seconds=result.seconds,
            usage=result.usage,
            cost=result.cost,
        )
        self.superseded.append(superseded)
        self._emit(SubtaskSuperseded(result=superseded))

    def _skip(self, subtask: Subtask) -> None:
        limit = self._job.settings.max_subtasks
        failure = Failure(
            kind="limit",
            message=f"Not started: the limit of {limit} subtasks was reached.",
            hint="Raise it with max_subtasks (--max-subtasks).",
        )
        self._publish(outcome(subtask, UsageTotal(), "skipped", error=failure))
