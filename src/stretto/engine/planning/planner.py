"""Gets one whole plan from the orchestrator: retried, repaired once or continued once, never silently short."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream

from stretto.core.errors import ModelError
from stretto.core.events import PlanRetrying
from stretto.core.models import Turn
from stretto.core.plan import AnalysisPlace, Plan, PlanError, PlanFormat, Subtask
from stretto.core.result import Failure
from stretto.engine.accounting.budget import UsageTotal
from stretto.engine.calls.caller import ModelCaller
from stretto.engine.events.emitter import Emit
from stretto.engine.job import Job
from stretto.engine.planning.plan_exchange import PlanExchange
from stretto.engine.planning.subtask_ids import SubtaskIds, SubtaskMatcher
from stretto.parsing.empty_continuation import is_empty_continuation
from stretto.recipes import continue_plan, orchestrator_prompt, repair_plan

OnSealed = Callable[[Sequence[Subtask], str], Awaitable[None]]
"""Called in order with the subtasks that close on the way, and the analysis known by then."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """What came of the orchestrator's calls."""

    plan: Plan
    missing: Failure | None = None
    """Why the plan may not be all of it; None when it is whole."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Response:
    """One response of the orchestrator, whole or not."""

    plan: Plan | None = None
    error: ModelError | PlanError | None = None
    raw: str = ""
    analysis: str = ""
    sealed: tuple[Subtask, ...] = ()
    """What was sealed in this response, under its ids."""


class Planner:
    """Makes the plan of one run."""

    def __init__(
        self,
        job: Job,
        caller: ModelCaller,
        emit: Emit,
        subtask_ids: SubtaskIds,
        on_sealed: OnSealed,
        usage_total: UsageTotal,
    ) -> None:
        self._job = job
        self._caller = caller
        self._emit = emit
        self._subtask_ids = subtask_ids
        self._on_sealed = on_sealed
        self._usage_total = usage_total
        self._format: PlanFormat = job.recipe.plan_format
        self._tiers = bool(job.role_models.tiers)
        self._analysis: AnalysisPlace = job.recipe.analysis
        settings = job.settings
        self._prompt = orchestrator_prompt(
            job.recipe,
            job.task,
            subtasks=settings.subtasks,
            language=settings.language,
            tiers=self._tiers,
        )

    async def make(self, *, analysis: str) -> Planned:
        """Return the plan; raises `ModelError` or `PlanError` when there is none at all.

        With a whole plan come subtasks that were not sealed on the way, and `usage_total` has the end of its call.
        `analysis` is what an interrupted run already knew; `subtask_ids` has its sealed subtasks.
        """
        if self._subtask_ids.sealed:
            lost = Failure(kind="interrupted", message="The run was interrupted while the plan was being written.")
            return await self._continue(_Response(sealed=tuple(self._subtask_ids.sealed), analysis=analysis), lost)
        first = await self._respond(())
        if first.plan:
            return Planned(plan=first.plan)
        error = first.error
        assert error is not None
        if isinstance(error, PlanError) and error.fault in ("empty", "malformed"):
            return await self._repair(first, error)
        if first.sealed and not _too_many(error):
            return await self._continue(first, Failure.of(error))
        raise error

    async def _repair(self, broken: _Response, error: PlanError) -> Planned:
        """Show the orchestrator what was wrong, once; early starts that the new plan lacks are superseded."""
        self._publish_retry("repair", Failure.of(error))
        turn = Turn(
            answer=broken.raw, reply=repair_plan(error, self._format, tiers=self._tiers, analysis=self._analysis)
        )
        second = await self._respond((turn,), before=broken.sealed, once=True)
        if second.plan:
            return Planned(plan=second.plan)
        assert second.error is not None
        started = broken.sealed + second.sealed
        if not started or _too_many(second.error):
            raise second.error
        plan = Plan(analysis=second.analysis or broken.analysis, subtasks=started)
        return Planned(plan=plan, missing=Failure.of(second.error))

    async def _continue(self, cut: _Response, reason: Failure) -> Planned:
        """Freeze what was sealed and ask, once, for what is missing; a second cut leaves the plan short."""
        frozen = cut.sealed
        self._publish_retry("continue", reason)
        turn = Turn(
            answer=cut.raw, reply=continue_plan(frozen, self._format, tiers=self._tiers, analysis=self._analysis)
        )
        second = await self._respond((turn,), before=frozen, once=True)
        analysis = cut.analysis or second.analysis
        if second.plan:
            kept = {subtask.id for subtask in frozen}
            added = tuple(subtask for subtask in second.plan.subtasks if subtask.id not in kept)
            return Planned(plan=Plan(analysis=analysis, subtasks=frozen + added))
        error = second.error
        assert error is not None
        if _too_many(error):
            raise error
        complete = isinstance(error, PlanError) and error.fault == "empty" and is_empty_continuation(second.raw)
        plan = Plan(analysis=analysis, subtasks=frozen + second.sealed)
        return Planned(plan=plan, missing=None if complete else Failure.of(error))

    async def _respond(
        self, turns: tuple[Turn, ...], *, before: tuple[Subtask, ...] = (), once: bool = False
    ) -> _Response:
        """Make one request, retried while nothing of its answer was sealed; what is sealed goes on at once.

        `once`: retried only while there was no answer at all.
        """
        send, receive = anyio.create_memory_object_stream[Subtask](float("inf"))
        exchange = PlanExchange(
            self._job, self._prompt, turns, before, self._subtask_ids, self._emit, send.send_nowait, once=once
        )
        results: list[Plan | ModelError | PlanError] = []

        async def ask() -> None:
            models = self._job.role_models.chain(self._job.role_models.orchestrator)
            with send:
                try:
                    results.append(await self._caller.ask(exchange, models, self._usage_total))
                except (ModelError, PlanError) as error:
                    results.append(error)

        with receive:
            async with anyio.create_task_group() as group:
                exchange.stop = group.cancel_scope.cancel
                group.start_soon(ask)
                async for subtask in receive:
                    await self._on_sealed([subtask, *_queued(receive)], exchange.reader.analysis)
        result = exchange.overflow or results[0]
        response = _Response(
            error=None if isinstance(result, Plan) else result,
            raw=exchange.reader.raw,
            analysis=exchange.reader.analysis,
            sealed=tuple(exchange.sealed),
        )
        return self._whole(result, before, response) if isinstance(result, Plan) else response

    def _whole(self, plan: Plan, before: tuple[Subtask, ...], response: _Response) -> _Response:
        """Return the response with its plan under ids; what was not sealed on the way is sealed with the plan."""
        known = SubtaskMatcher((*before, *response.sealed))
        subtasks = tuple(known.claim(planned) or self._subtask_ids.seal(planned) for planned in plan.subtasks)
        return replace(response, plan=Plan(analysis=plan.analysis, subtasks=subtasks), analysis=plan.analysis)

    def _publish_retry(self, how: Literal["repair", "continue"], reason: Failure) -> None:
        model = self._job.role_models.orchestrator.name
        self._emit(PlanRetrying(how=how, reason=reason, attempt=self._usage_total.attempts + 1, model=model))


def _queued(stream: MemoryObjectReceiveStream[Subtask]) -> Iterator[Subtask]:
    """Yield what is in the queue already."""
    with suppress(anyio.WouldBlock, anyio.EndOfStream):
        while True:
            yield stream.receive_nowait()


def _too_many(error: ModelError | PlanError) -> bool:
    return isinstance(error, PlanError) and error.fault == "too_many"
