"""Makes model calls: within the budget and the rate limit, in the journal before and after, again when it helps."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from inspect import isawaitable
from math import inf
from typing import Generic, TypeVar, cast
from uuid import uuid4

import anyio

from stretto.core.errors import ErrorKind, ModelError, PlanError
from stretto.core.events import CallEnded, RunWaiting
from stretto.core.journal import CallEnd, CallStart, Journal
from stretto.core.models import Model, ModelReply, ModelRequest, OnText, Turn
from stretto.core.result import Failure
from stretto.core.sending import holding
from stretto.core.usage import FREE, NO_USAGE, Cost, Usage
from stretto.engine.accounting.budget import BudgetTracker, UsageTotal
from stretto.engine.accounting.charges import AnswerListener, costs_nothing
from stretto.engine.calls.cache_warmup import CacheWarmup, WarmupCall
from stretto.engine.calls.exchange import Exchange
from stretto.engine.calls.hedged_call import HedgedCall, Hedging
from stretto.engine.calls.refusals import Refusals
from stretto.engine.calls.retry import retrying
from stretto.engine.events.emitter import EventEmitter
from stretto.engine.job import Job
from stretto.engine.limits.rate_limiter import OnLowered
from stretto.engine.limits.registry import LimiterRegistry

T = TypeVar("T")

# What a provider adds around the texts: role marks, separators, a system line.
_OVERHEAD_TOKENS = 64
# Beyond the model's own limits, so that the model room's error, which knows more, comes first.
_MOST_GRACE_SECONDS = 5.0
# For which a run that was told of a model's limits hears no more of them.
_CALM_SECONDS = 4.0
# Limits of the run, not faults of a model: another model meets them too.
_OF_THE_RUN: frozenset[ErrorKind] = frozenset({"budget", "deadline"})


# The end of a call that nobody waits for any longer: its run or its subtask was given up.
_CUT_SHORT = Failure(kind="interrupted", message="The call was left before its end.")
# Why an answer is a second call's.
_SLOW = Failure(kind="timeout", message="The call took much longer than the others; a second one was answered first.")


class _OverrunError(Exception):
    """By the time that a call gets its turn, the budget that it was reserved in is overrun."""


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
        self._limiters = limiters
        self._budget_tracker = budget_tracker
        self._emitter = emitter
        self._cache_warmup = CacheWarmup()
        self.remarks: dict[str, str] = {}
        """By model: the first thing that is worth knowing of how its calls were made."""
        # By model: until when a run has been told enough of its limits.
        self._said_until: dict[str, float] = {}
        self._deadline = anyio.current_time() + job.settings.deadline
        # Models that every further call would fail at: their error stands for all of those calls.
        self._closed: dict[str, ModelError] = {}
        self._refusals = Refusals()
        self._hedging = (job.hedging or Hedging()) if job.settings.hedge else None

    async def ask(self, exchange: Exchange[T], models: Sequence[Model], usage_total: UsageTotal) -> T:
        """Return the first answer that counts, from the first model that gives one; raises `ModelError`.

        The end of its call is left to whoever asked: it is kept with the outcome, or by `keep_end`.
        """
        with anyio.CancelScope(deadline=self._deadline):
            return await self._ask_in_turn(exchange, models, usage_total)
        settings = self._job.settings
        name = settings.deadline_name or f"The run's deadline of {settings.deadline:g} seconds"
        raise ModelError(
            f"{name} has passed.",
            kind="deadline",
            hint="Allow more time with deadline (--deadline).",
        )

    async def _ask_in_turn(self, exchange: Exchange[T], models: Sequence[Model], usage_total: UsageTotal) -> T:
        for model, successor in zip(models, (*models[1:], None), strict=True):
            try:
                return await self._persist(exchange, model, usage_total)
            except ModelError as error:
                if successor is None or error.kind in _OF_THE_RUN or not exchange.may_retry(error):
                    raise
                exchange.retrying(usage_total.attempts + 1, Failure.of(error), successor.name, 0.0)
        raise AssertionError("a role has at least one model")

    async def _persist(self, exchange: Exchange[T], model: Model, usage_total: UsageTotal) -> T:
        """Ask one model until it answers, its attempts are used up, or asking again is no use."""
        turns: list[Turn] = []

        def announce(error: ModelError, seconds: float) -> None:
            exchange.retrying(usage_total.attempts + 1, Failure.of(error), model.name, seconds)

        async for attempt in retrying(self._job.settings, exchange.may_retry, announce):
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
            answered = await self._call_in_turn(exchange, model, request, None, usage_total, hedged, second=True)
        else:
            answered = await self._call(exchange, model, tuple(turns), usage_total, hedged)
        try:
            return _Whole(answer=await exchange.read(answered.reply), answered=answered)
        except BaseException as error:
            known = isinstance(error, (ModelError, PlanError))
            await self._discard(answered, Failure.of(error) if known else _CUT_SHORT)
            if isinstance(error, ModelError):
                turns[:] = [Turn(answer=answered.reply.text, reply=exchange.mend(error))]
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
            lambda lost: self._discard(lost.answered, _CUT_SHORT),
        )
        if won.by_second:
            reason = Failure.of(won.error) if isinstance(won.error, ModelError) else _SLOW
            answered = won.answer.answered
            exchange.retrying(answered.call.attempt, reason, model.name, 0.0)
            if (on_text := exchange.begin(answered.call.attempt, model)) is not None:
                on_text(answered.reply.text)
        return won.answer

    async def _discard(self, answered: _Answered, failure: Failure) -> None:
        """Tell the end of a call whose answer does not count, and put it into the journal."""
        self._emitter.emit(replace(answered.call, error=failure))
        await self._keep(answered.end)

    async def _call(
        self,
        exchange: Exchange[T],
        model: Model,
        turns: tuple[Turn, ...],
        usage_total: UsageTotal,
        hedged: HedgedCall[_Whole[T]] | None,
    ) -> _Answered:
        """Make one call, as soon as there is money and a slot for it."""
        self._raise_if_closed(model)
        self._limiters.look(model.account, self._job.run_id, anyio.current_time())
        request = exchange.request(turns)
        async with self._cache_warmup.lead(model, request) as leader:
            while True:
                try:
                    return await self._call_in_turn(exchange, model, request, leader, usage_total, hedged)
                except _OverrunError:  # Its reservation is given back: it has to fit anew.
                    continue

    async def _call_in_turn(
        self,
        exchange: Exchange[T],
        model: Model,
        request: ModelRequest,
        leader: WarmupCall | None,
        usage_total: UsageTotal,
        hedged: HedgedCall[_Whole[T]] | None,
        *,
        second: bool = False,
    ) -> _Answered:
        """Make one call. A `second` one raises `anyio.WouldBlock` where it would have to wait for money or a slot."""
        reserved = reservation(request)
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
            self._limiters.slot(model, self._job.run_id, self._lowered(model), wait=not second) as slot,
        ):
            # It may have come to any of these in the meantime.
            self._raise_if_closed(model)
            self._raise_if_overrun()
            self._limiters.check(model.account, self._job.run_id, anyio.current_time())
            await self._start(start)

            def begin() -> OnText | None:
                if second:  # Nobody is shown two answers at a time.
                    return None
                on_text = exchange.begin(usage_total.attempts, model)
                return on_text if leader is None else leader.listen(on_text)

            first = None if second else hedged
            if second and hedged is not None:
                hedged.second_made = True
            try:
                answered = await self._recorded(start, model, request, begin, slot.hold, usage_total, first)
            except ModelError as error:
                self._close(model, error, request)
                raise
            slot.limits = answered.reply.limits
            for remark in answered.reply.remarks:
                self.remarks.setdefault(model.name, f"{model.name}: {remark}")
            self._succeeded(model)
            return answered

    async def _start(self, start: CallStart) -> None:
        """Put a call's start into the journal, right before it is made."""
        try:
            await self._journal.start_call(self._job.run_id, start)
            self._raise_if_overrun()
        except (anyio.get_cancelled_exc_class(), _OverrunError):  # Perhaps it was written all the same.
            await self._take_back(start)
            raise

    async def _take_back(self, start: CallStart) -> None:
        """Have the journal count nothing for a call whose request never left: it was none."""
        end = CallEnd(call_id=start.call_id, usage=NO_USAGE, cost=FREE, error="interrupted", sent=False)
        with anyio.CancelScope(shield=True):
            await self._journal.end_call(self._job.run_id, end)

    def _raise_if_overrun(self) -> None:
        if self._budget_tracker.overrun:
            raise _OverrunError

    def _succeeded(self, model: Model) -> None:
        self._limiters.succeeded(model)
        self._refusals.answered(model.name)
        closed = self._closed.get(model.name)
        if closed is not None and closed.kind == "unexplained":  # It was those calls after all.
            del self._closed[model.name]

    def _raise_if_closed(self, model: Model) -> None:
        if closed := self._closed.get(model.name):
            raise closed

    def _close(self, model: Model, error: ModelError, request: ModelRequest) -> None:
        """Stop further calls that would only fail in the same way: to the model, or to the whole account."""
        if error.kind == "billing":
            if self._limiters.trip(model.account, self._job.run_id, error, anyio.current_time()):
                message = f"No further calls: {error}"
                self._emitter.emit(RunWaiting(cause="breaker", model=model.name, message=message))
        elif error.run_wide or self._concerns_all(model, error, request):
            self._closed[model.name] = error
            self._limiters.limiter(model).turn_away(error, self._job.run_id)

    def _concerns_all(self, model: Model, error: ModelError, request: ModelRequest) -> bool:
        if error.kind != "unexplained":
            return False
        has_answered = self._limiters.has_answered(model)
        return self._refusals.concern_all(model.name, error, request, has_answered=has_answered)

    async def _recorded(
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
        hearing = AnswerListener(begin())

        async def ended(usage: Usage | None, cost: Cost, failure: Failure | None) -> tuple[CallEnded, CallEnd]:
            return await self._ended(start, usage, cost, failure, began, attempt, hearing, usage_total)

        def seen() -> bool:
            return self._job.deltas and hearing.begun

        with holding(hold) as sending:
            try:
                with nullcontext() if hedged is None else hedged.first(start.call_id, model.name, seen):
                    reply = await _in_time(model, request, hearing.on_text)
            except ModelError as error:
                free = costs_nothing(error, sent=sending.sent, begun=hearing.begun)
                usage, cost = (Usage(calls=1), FREE) if free else (None, start.reserved_cost)
                await ended(usage, cost, Failure.of(error))
                raise
            except BaseException:  # Nobody waits for it any longer.
                if sending.sent:
                    await ended(None, start.reserved_cost, _CUT_SHORT)
                else:
                    usage_total.attempts -= 1
                    await self._take_back(start)
                raise
        call, end = await ended(reply.usage, reply.cost, None)
        return _Answered(reply=reply, call=call, end=end)

    async def _ended(
        self,
        start: CallStart,
        usage: Usage | None,
        cost: Cost,
        failure: Failure | None,
        began: float,
        attempt: int,
        hearing: AnswerListener,
        usage_total: UsageTotal,
    ) -> tuple[CallEnded, CallEnd]:
        """Settle a call; one that failed is told and put into the journal at once."""
        end = CallEnd(call_id=start.call_id, usage=usage, cost=cost, error=failure.kind if failure else None)
        counted, counted_cost = self._budget_tracker.settle(start, end)
        usage_total.add(counted, counted_cost)
        call = CallEnded(
            role=start.role,
            subtask_id=start.subtask_id,
            attempt=attempt,
            model=start.model,
            streamed=hearing.on_text is not None,
            seconds=round(anyio.current_time() - began, 4),
            usage=counted,
            cost=counted_cost,
            reported=usage is not None,
            error=failure,
        )
        if failure is not None:
            self._emitter.emit(call)
            await self._keep(end)
        return call, end

    async def keep_end(self, usage_total: UsageTotal) -> None:
        """Put the end of the call that gave the answer into the journal, unless it is there."""
        if (end := usage_total.take_end()) is not None:
            await self._keep(end)

    async def _keep(self, end: CallEnd) -> None:
        with anyio.CancelScope(shield=True):
            await self._journal.end_call(self._job.run_id, end)

    def _lowered(self, model: Model) -> OnLowered:
        def say(pause: float | None) -> None:
            now, seconds = anyio.current_time(), pause or 0.0
            # While a rate is searched for it is lowered several times a second: who reads that once is not told more.
            if now + seconds <= self._said_until.get(model.name, -inf):
                return
            self._said_until[model.name] = now + max(seconds, _CALM_SECONDS)
            slower = f"no further calls for {round(seconds, 1):g} seconds" if pause else "calls are made more slowly"
            message = f"{model.name} is busy: {slower}."
            self._emitter.emit(RunWaiting(cause="gate", model=model.name, message=message, seconds=pause))

        return say


def reservation(request: ModelRequest) -> Usage:
    """Return the most a call can take: no text has more tokens than bytes."""
    texts = (request.system, request.prefix, request.prompt, *(t.answer + t.reply for t in request.turns))
    return Usage(
        input_tokens=sum(len(text.encode(errors="replace")) for text in texts) + _OVERHEAD_TOKENS,
        output_tokens=request.max_output_tokens,
        calls=1,
    )


async def _in_time(model: Model, request: ModelRequest, on_text: OnText | None) -> ModelReply:
    try:
        with anyio.fail_after(request.timeout + min(request.timeout, _MOST_GRACE_SECONDS)):
            answering: object = model.respond(request, on_text)
            return _checked(await answering if isawaitable(answering) else answering, model)
    except ModelError:
        raise
    except TimeoutError:
        raise ModelError(
            f"{model.name} did not answer within {request.timeout:g} seconds.", kind="timeout", model=model.name
        ) from None
    except Exception as error:  # A user's own model: its bug must not take the siblings.
        raise ModelError(f"{model.name} failed: {error!r}", kind="unexpected", model=model.name) from error


def _checked(reply: object, model: Model) -> ModelReply:
    # A user's own model: something else in a reply's place would end the run where it is read.
    if isinstance(reply, ModelReply) and isinstance(cast("object", reply.text), str):
        return reply
    said = f"a reply with the text {reply.text!r}" if isinstance(reply, ModelReply) else f"{reply!r}"
    raise ModelError(
        f"{model.name} must answer with a ModelReply that has text, got {said[:80]}.",
        kind="unexpected",
        model=model.name,
    )
