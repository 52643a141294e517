"""Asks models for one answer: retries and fallbacks, each call within the budget and the rate limit."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from math import inf
from typing import Generic, TypeVar
from uuid import uuid4

import anyio

from stretto.core.errors import ErrorKind, ModelError
from stretto.core.events import CallEnded, RunWaiting
from stretto.core.journal import CallEnd, CallStart, Journal
from stretto.core.models import Model, ModelReply, ModelRequest, OnText, Turn
from stretto.core.plan import PlanError
from stretto.core.result import Failure
from stretto.core.sending import holding
from stretto.core.usage import FREE, Cost, Usage
from stretto.engine.accounting.budget import BudgetTracker, UsageTotal, call_reservation
from stretto.engine.accounting.charges import costs_nothing
from stretto.engine.calls.cache_warmup import CacheWarmup, WarmupCall
from stretto.engine.calls.call_recorder import CallRecorder
from stretto.engine.calls.exchange import Exchange
from stretto.engine.calls.model_call import AnswerListener, call_model
from stretto.engine.calls.refusals import Refusals
from stretto.engine.calls.retry import retry_loop
from stretto.engine.events.emitter import EventEmitter
from stretto.engine.hedging.hedged_call import HedgedCall, Hedging
from stretto.engine.job import Job
from stretto.engine.limits.rate_limiter import OnLowered
from stretto.engine.limits.registry import LimiterRegistry

T = TypeVar("T")

# A run publishes at most one `RunWaiting` of a model in so many seconds.
_WAITING_EVENT_SECONDS = 4.0
# Limits of the run, not faults of a model: another model meets them too.
_RUN_LIMITS: frozenset[ErrorKind] = frozenset({"budget", "deadline"})
# How a call ends that is cancelled with its run or its subtask.
_CANCELLED = Failure(kind="interrupted", message="The call was left before its end.")
# Why an answer is a second call's.
_SLOW = Failure(kind="timeout", message="The call took much longer than the others; a second one was answered first.")


class _OverrunError(Exception):
    """The budget was overrun between a call's reservation and its start."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answered:
    """A call that was answered; whether the answer counts is for its role to say."""

    reply: ModelReply
    call: CallEnded
    end: CallEnd
    """Not in the journal yet: it is put there with the outcome, or when the answer does not count."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Whole(Generic[T]):
    """An answer that counts, with the call that brought it."""

    answer: T
    answered: _Answered


class ModelCaller:
    """Makes the calls of one run."""

    def __init__(
        self,
        job: Job,
        journal: Journal,
        limiters: LimiterRegistry,
        budget_tracker: BudgetTracker,
        emitter: EventEmitter,
    ) -> None:
        self._job = job
        self._journal = journal
        self.recorder = CallRecorder(job.run_id, journal, budget_tracker, emitter)
        self._limiters = limiters
        self._budget_tracker = budget_tracker
        self._emitter = emitter
        self._cache_warmup = CacheWarmup()
        self.remarks: dict[str, str] = {}
        """By model: the first thing that is worth knowing of how its calls were made."""
        # By model: until when no further `RunWaiting` is published.
        self._waiting_published_until: dict[str, float] = {}
        self._deadline = anyio.current_time() + job.settings.deadline
        # By model that every further call would fail at: the error of all of those calls.
        self._unavailable: dict[str, ModelError] = {}
        self._refusals = Refusals()
        self._hedging = (job.hedging or Hedging()) if job.settings.hedge else None

    async def ask(self, exchange: Exchange[T], models: Sequence[Model], usage_total: UsageTotal) -> T:
        """Return the first answer that counts, from the first model that gives one; raises `ModelError`.

        The caller records the end of the last call: with the outcome, or with `recorder.record_end`.
        """
        with anyio.CancelScope(deadline=self._deadline):
            return await self._ask_with_fallbacks(exchange, models, usage_total)
        settings = self._job.settings
        name = settings.deadline_name or f"The run's deadline of {settings.deadline:g} seconds"
        raise ModelError(
            f"{name} has passed.",
            kind="deadline",
            hint="Allow more time with deadline (--deadline).",
        )

    async def _ask_with_fallbacks(self, exchange: Exchange[T], models: Sequence[Model], usage_total: UsageTotal) -> T:
        for model, successor in zip(models, (*models[1:], None), strict=True):
            try:
                return await self._ask_with_retries(exchange, model, usage_total)
            except ModelError as error:
                if successor is None or error.kind in _RUN_LIMITS or not exchange.may_retry(error):
                    raise
                exchange.announce_retry(usage_total.attempts + 1, Failure.of(error), successor.name, 0.0)
        raise AssertionError("a role has at least one model")

    async def _ask_with_retries(self, exchange: Exchange[T], model: Model, usage_total: UsageTotal) -> T:
        """Ask one model until it answers, its attempts are used up, or asking again is no use."""
        turns: list[Turn] = []

        def announce(error: ModelError, seconds: float) -> None:
            exchange.announce_retry(usage_total.attempts + 1, Failure.of(error), model.name, seconds)

        async for attempt in retry_loop(self._job.settings, exchange.may_retry, announce):
            with attempt:
                # Only workers have siblings to be slower than.
                ask = self._whole if self._hedging is None or not exchange.subtask_id else self._hedged
                whole = await ask(exchange, model, turns, usage_total)
                usage_total.ended = whole.answered.end
                self._emitter.emit(whole.answered.call)
                return whole.answer
        raise AssertionError("tenacity re-raises the last error")

    async def _whole(
        self,
        exchange: Exchange[T],
        model: Model,
        turns: list[Turn],
        usage_total: UsageTotal,
        *,
        hedged: HedgedCall[_Whole[T]] | None = None,
        second: bool = False,
    ) -> _Whole[T]:
        """Make one call and read its answer; of one that does not count, `turns` then says what was wrong."""
        if second:
            request = exchange.request(tuple(turns))
            answered = await self._call_within_limits(exchange, model, request, None, usage_total, hedged, second=True)
        else:
            answered = await self._call(exchange, model, tuple(turns), usage_total, hedged)
        try:
            return _Whole(answer=await exchange.read(answered.reply), answered=answered)
        except BaseException as error:
            known = isinstance(error, (ModelError, PlanError))
            await self._discard(answered, Failure.of(error) if known else _CANCELLED)
            if isinstance(error, ModelError):
                turns[:] = [Turn(answer=answered.reply.text, reply=exchange.correction(error))]
            raise

    async def _hedged(
        self, exchange: Exchange[T], model: Model, turns: list[Turn], usage_total: UsageTotal
    ) -> _Whole[T]:
        """Make one call, and a second one when it is slow; what is watched is the first, until the second has won."""
        assert self._hedging is not None
        hedged: HedgedCall[_Whole[T]] = HedgedCall(self._hedging)

        async def second() -> _Whole[T]:
            while True:
                await hedged.until_slow()
                with hedged.second():
                    try:
                        return await self._whole(exchange, model, list(turns), usage_total, hedged=hedged, second=True)
                    except (anyio.WouldBlock, _OverrunError):  # It is not waited for.
                        pass
                await hedged.room()

        won = await hedged.race(
            lambda: self._whole(exchange, model, turns, usage_total, hedged=hedged),
            second,
            lambda lost: self._discard(lost.answered, _CANCELLED),
        )
        if won.by_second:
            reason = Failure.of(won.error) if isinstance(won.error, ModelError) else _SLOW
            answered = won.answer.answered
            exchange.announce_retry(answered.call.attempt, reason, model.name, 0.0)
            if (on_text := exchange.begin(answered.call.attempt, model)) is not None:
                on_text(answered.reply.text)
        return won.answer

    async def _discard(self, answered: _Answered, failure: Failure) -> None:
        """Publish the end of a call whose answer does not count, and put it into the journal."""
        self._emitter.emit(replace(answered.call, error=failure))
        await self.recorder.record(answered.end)

    async def _call(
        self,
        exchange: Exchange[T],
        model: Model,
        turns: tuple[Turn, ...],
        usage_total: UsageTotal,
        hedged: HedgedCall[_Whole[T]] | None,
    ) -> _Answered:
        """Make one call, as soon as there is money and a slot for it."""
        self._raise_if_unavailable(model)
        self._limiters.check_early(model.account, self._job.run_id, anyio.current_time())
        request = exchange.request(turns)
        async with self._cache_warmup.first_call(model, request) as warmup:
            while True:
                try:
                    return await self._call_within_limits(exchange, model, request, warmup, usage_total, hedged)
                except _OverrunError:  # Its reservation was released: make a new one.
                    continue

    async def _call_within_limits(
        self,
        exchange: Exchange[T],
        model: Model,
        request: ModelRequest,
        warmup: WarmupCall | None,
        usage_total: UsageTotal,
        hedged: HedgedCall[_Whole[T]] | None,
        *,
        second: bool = False,
    ) -> _Answered:
        """Make one call. A `second` one raises `anyio.WouldBlock` where it would have to wait for money or a slot."""
        reserved = call_reservation(request)
        start = CallStart(
            call_id=uuid4().hex,
            role=request.role,
            subtask_id=exchange.subtask_id,
            revision=exchange.revision,
            model=model.name,
            reserved=reserved,
            reserved_cost=model.price(reserved),
        )
        if second and not self._budget_tracker.fits(start):
            raise anyio.WouldBlock
        async with (
            self._budget_tracker.reserve(start),
            self._limiters.slot(model, self._job.run_id, self._publish_waiting(model), wait=not second) as slot,
        ):
            # Any of these may have happened while it waited.
            self._raise_if_unavailable(model)
            self._raise_if_overrun()
            self._limiters.check(model.account, self._job.run_id, anyio.current_time())
            await self._record_start(start)

            def begin() -> OnText | None:
                if second:  # Nobody is shown two answers at a time.
                    return None
                on_text = exchange.begin(usage_total.attempts, model)
                return on_text if warmup is None else warmup.listen(on_text)

            first = None if second else hedged
            if second and hedged is not None:
                hedged.second_made = True
            try:
                answered = await self._make_call(start, model, request, begin, slot.hold, usage_total, first)
            except ModelError as error:
                self._stop_calls(model, error, request)
                raise
            slot.limits = answered.reply.limits
            for remark in answered.reply.remarks:
                self.remarks.setdefault(model.name, f"{model.name}: {remark}")
            self._succeeded(model)
            return answered

    async def _record_start(self, start: CallStart) -> None:
        """Put a call's start into the journal, right before it is made."""
        try:
            await self._journal.start_call(self._job.run_id, start)
            self._raise_if_overrun()
        except (anyio.get_cancelled_exc_class(), _OverrunError):  # It may have been written all the same.
            await self.recorder.record_unsent(start)
            raise

    def _raise_if_overrun(self) -> None:
        if self._budget_tracker.overrun:
            raise _OverrunError

    def _succeeded(self, model: Model) -> None:
        self._limiters.succeeded(model)
        self._refusals.answered(model.name)
        error = self._unavailable.get(model.name)
        if error is not None and error.kind == "unexplained":  # Only those calls were refused after all.
            del self._unavailable[model.name]

    def _raise_if_unavailable(self, model: Model) -> None:
        if error := self._unavailable.get(model.name):
            raise error

    def _stop_calls(self, model: Model, error: ModelError, request: ModelRequest) -> None:
        """Stop further calls that would only fail in the same way: to the model, or to the whole account."""
        if error.kind == "billing":
            if self._limiters.trip(model.account, self._job.run_id, error, anyio.current_time()):
                message = f"No further calls: {error}"
                self._emitter.emit(RunWaiting(cause="breaker", model=model.name, message=message))
        elif error.run_wide or self._affects_every_call(model, error, request):
            self._unavailable[model.name] = error
            self._limiters.limiter(model).reject_waiting(error, self._job.run_id)

    def _affects_every_call(self, model: Model, error: ModelError, request: ModelRequest) -> bool:
        if error.kind != "unexplained":
            return False
        has_answered = self._limiters.has_answered(model)
        return self._refusals.affect_every_call(model.name, error, request, has_answered=has_answered)

    async def _make_call(
        self,
        start: CallStart,
        model: Model,
        request: ModelRequest,
        begin: Callable[[], OnText | None],
        hold: Callable[[], Awaitable[None]],
        usage_total: UsageTotal,
        hedged: HedgedCall[_Whole[T]] | None,
    ) -> _Answered:
        """Make one call whose start is in the journal; its end is put there too unless it brought a whole answer."""
        began = anyio.current_time()
        if usage_total.began is None:
            usage_total.began = began
        usage_total.attempts += 1
        usage_total.model = model.name
        attempt = usage_total.attempts
        listener = AnswerListener(begin())

        async def ended(usage: Usage | None, cost: Cost, failure: Failure | None) -> tuple[CallEnded, CallEnd]:
            streamed = listener.on_text is not None
            return await self.recorder.settle(
                start, usage, cost, failure, usage_total, began=began, attempt=attempt, streamed=streamed
            )

        def seen() -> bool:
            return self._job.deltas and listener.begun

        with holding(hold) as sending:
            try:
                with nullcontext() if hedged is None else hedged.first(start.call_id, model.name, seen):
                    reply = await call_model(model, request, listener.on_text)
            except ModelError as error:
                free = costs_nothing(error, sent=sending.sent, begun=listener.begun)
                usage, cost = (Usage(calls=1), FREE) if free else (None, start.reserved_cost)
                await ended(usage, cost, Failure.of(error))
                raise
            except BaseException:  # It was cancelled.
                if sending.sent:
                    await ended(None, start.reserved_cost, _CANCELLED)
                else:
                    usage_total.attempts -= 1
                    await self.recorder.record_unsent(start)
                raise
        call, end = await ended(reply.usage, reply.cost, None)
        return _Answered(reply=reply, call=call, end=end)

    def _publish_waiting(self, model: Model) -> OnLowered:
        def publish(pause: float | None) -> None:
            now, seconds = anyio.current_time(), pause or 0.0
            # While a rate is searched for it is lowered several times a second: one event is enough.
            if now + seconds <= self._waiting_published_until.get(model.name, -inf):
                return
            self._waiting_published_until[model.name] = now + max(seconds, _WAITING_EVENT_SECONDS)
            slower = f"no further calls for {round(seconds, 1):g} seconds" if pause else "calls are made more slowly"
            message = f"{model.name} is busy: {slower}."
            self._emitter.emit(RunWaiting(cause="gate", model=model.name, message=message, seconds=pause))

        return publish
