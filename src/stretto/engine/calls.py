"""Makes model calls: within the budget, through the gate, in the journal before and after, again when that helps."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import TypeVar
from uuid import uuid4

import anyio

from stretto.core.errors import ErrorKind, ModelError, PlanError
from stretto.core.events import CallEnded, RunWaiting
from stretto.core.journal import CallEnd, CallStart, Journal
from stretto.core.models import Model, ModelReply, ModelRequest, OnText, Turn
from stretto.core.result import Failure
from stretto.core.sending import holding
from stretto.core.usage import FREE, Cost, Usage
from stretto.engine.books import Books, Tally
from stretto.engine.emitter import Emitter
from stretto.engine.exchange import Exchange
from stretto.engine.gate import OnLowered
from stretto.engine.gates import Gates
from stretto.engine.job import Job
from stretto.engine.refusals import Refusals
from stretto.engine.retry import retrying
from stretto.engine.warmth import Warmth

T = TypeVar("T")

# What a provider adds around the texts: role marks, separators, a system line.
_OVERHEAD_TOKENS = 64
# Beyond the model's own limits, so that the model room's error, which knows more, comes first.
_MOST_GRACE_SECONDS = 5.0
# For which a run that was told of a model's limits hears no more of them.
_CALM_SECONDS = 4.0
# The provider turned the call away before it did any work: nothing is billed.
_UNBILLED: frozenset[ErrorKind] = frozenset(
    {"rate_limit", "overloaded", "authentication", "permission", "billing", "not_found", "unexplained", "bad_request"}
)
# Limits of the run, not faults of a model: another model meets them too.
_OF_THE_RUN: frozenset[ErrorKind] = frozenset({"budget", "deadline"})


# The end of a call that nobody waits for any longer: its run or its subtask was given up.
_CUT_SHORT = Failure(kind="interrupted", message="The call was left before its end.")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answered:
    """A call that was answered; whether the answer counts is for its role to say."""

    reply: ModelReply
    call: CallEnded


class Caller:
    """Makes the calls of one run."""

    def __init__(self, job: Job, journal: Journal, gates: Gates, books: Books, emitter: Emitter) -> None:
        self._job = job
        self._journal = journal
        self._gates = gates
        self._books = books
        self._emitter = emitter
        self._warmth = Warmth()
        # By model: until when a run has been told enough of its limits.
        self._said_until: dict[str, float] = {}
        self._deadline = anyio.current_time() + job.settings.deadline
        # Models that every further call would fail at: their error stands for all of those calls.
        self._closed: dict[str, ModelError] = {}
        self._refusals = Refusals()

    async def ask(self, exchange: Exchange[T], models: Sequence[Model], tally: Tally) -> T:
        """Return the first answer that counts, from the first model that gives one; raises `ModelError`.

        The end of its call is left to whoever asked: it is kept with the outcome, or by `keep_end`.
        """
        with anyio.CancelScope(deadline=self._deadline):
            return await self._ask_in_turn(exchange, models, tally)
        raise ModelError(
            f"The run's deadline of {self._job.settings.deadline:g} seconds has passed.",
            kind="deadline",
            hint="Allow more time with deadline (--deadline).",
        )

    async def _ask_in_turn(self, exchange: Exchange[T], models: Sequence[Model], tally: Tally) -> T:
        for model, successor in zip(models, (*models[1:], None), strict=True):
            try:
                return await self._persist(exchange, model, tally)
            except ModelError as error:
                if successor is None or error.kind in _OF_THE_RUN or not exchange.may_retry(error):
                    raise
                exchange.retrying(tally.attempts + 1, Failure.of(error), successor.name, 0.0)
        raise AssertionError("a role has at least one model")

    async def _persist(self, exchange: Exchange[T], model: Model, tally: Tally) -> T:
        """Ask one model until it answers, its attempts are used up, or asking again is no use."""
        turns: tuple[Turn, ...] = ()

        def announce(error: ModelError, seconds: float) -> None:
            exchange.retrying(tally.attempts + 1, Failure.of(error), model.name, seconds)

        async for attempt in retrying(self._job.settings, exchange.may_retry, announce):
            with attempt:
                answered = await self._call(exchange, model, turns, tally)
                try:
                    answer = exchange.read(answered.reply)
                except BaseException as error:
                    if isinstance(error, (ModelError, PlanError)):
                        self._emitter.emit(replace(answered.call, error=Failure.of(error)))
                    if isinstance(error, ModelError):
                        turns = (Turn(answer=answered.reply.text, reply=exchange.mend(error)),)
                    await self.keep_end(tally)
                    raise
                self._emitter.emit(answered.call)
                return answer
        raise AssertionError("tenacity re-raises the last error")

    async def _call(self, exchange: Exchange[T], model: Model, turns: tuple[Turn, ...], tally: Tally) -> _Answered:
        """Make one call, as soon as there is money and a place for it."""
        self._raise_if_closed(model)
        self._gates.look(model.account, self._job.run_id, anyio.current_time())
        request = exchange.request(turns)
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
        async with (
            self._warmth.lead(model, request) as leader,
            self._books.reserve(start),
            self._gates.place(model, self._job.run_id, self._lowered(model)) as place,
        ):
            self._raise_if_closed(model)  # It may have come to that in the meantime.
            self._gates.check(model.account, self._job.run_id, anyio.current_time())
            if tally.began is None:
                tally.began = anyio.current_time()
            tally.attempts += 1
            tally.model = model.name
            on_text = exchange.begin(tally.attempts, model)
            if leader is not None:
                on_text = leader.listen(on_text)
            try:
                with holding(place.sending):
                    answered = await self._recorded(start, model, request, on_text, tally)
            except ModelError as error:
                self._close(model, error, request)
                raise
            place.limits = answered.reply.limits
            self._succeeded(model)
            return answered

    def _succeeded(self, model: Model) -> None:
        self._gates.succeeded(model)
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
            if self._gates.trip(model.account, self._job.run_id, error, anyio.current_time()):
                message = f"No further calls: {error}"
                self._emitter.emit(RunWaiting(cause="breaker", model=model.name, message=message))
        elif error.run_wide or self._concerns_all(model, error, request):
            self._closed[model.name] = error
            self._gates.of(model).turn_away(error, self._job.run_id)

    def _concerns_all(self, model: Model, error: ModelError, request: ModelRequest) -> bool:
        if error.kind != "unexplained":
            return False
        has_answered = self._gates.has_answered(model)
        return self._refusals.concern_all(model.name, error, request, has_answered=has_answered)

    async def _recorded(
        self, start: CallStart, model: Model, request: ModelRequest, on_text: OnText | None, tally: Tally
    ) -> _Answered:
        """Make one call with its start in the journal, and its end too unless it brought a whole answer."""
        await self._journal.start_call(self._job.run_id, start)
        began = anyio.current_time()
        reply: ModelReply | None = None
        usage: Usage | None = None
        cost: Cost = start.reserved_cost
        failure: Failure | None = _CUT_SHORT
        try:
            reply = await _in_time(model, request, on_text)
            usage, cost, failure = reply.usage, reply.cost, None
        except ModelError as error:
            failure = Failure.of(error)
            if _turned_away(error):
                usage, cost = Usage(calls=1), FREE
            raise
        finally:
            end = CallEnd(call_id=start.call_id, usage=usage, cost=cost, error=failure.kind if failure else None)
            counted, counted_cost = self._books.settle(start, end)
            tally.add(counted, counted_cost)
            tally.ended = end
            call = CallEnded(
                role=start.role,
                subtask_id=start.subtask_id,
                attempt=tally.attempts,
                model=model.name,
                streamed=on_text is not None,
                seconds=round(anyio.current_time() - began, 4),
                usage=counted,
                cost=counted_cost,
                reported=usage is not None,
                error=failure,
            )
            if failure is not None:
                self._emitter.emit(call)
                await self.keep_end(tally)
        return _Answered(reply=reply, call=call)

    async def keep_end(self, tally: Tally) -> None:
        """Put the end of the last call into the journal, unless it is there."""
        if (end := tally.take_end()) is not None:
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


def _turned_away(error: ModelError) -> bool:
    return not error.sent or error.kind in _UNBILLED or (error.status or 0) >= 400


async def _in_time(model: Model, request: ModelRequest, on_text: OnText | None) -> ModelReply:
    try:
        with anyio.fail_after(request.timeout + min(request.timeout, _MOST_GRACE_SECONDS)):
            return await model.respond(request, on_text)
    except ModelError:
        raise
    except TimeoutError:
        raise ModelError(
            f"{model.name} did not answer within {request.timeout:g} seconds.", kind="timeout", model=model.name
        ) from None
    except Exception as error:  # A user's own model: its bug must not take the siblings.
        raise ModelError(f"{model.name} failed: {error!r}", kind="unexpected", model=model.name) from error
