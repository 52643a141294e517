"""Makes model calls: one retry loop for every role, each call in the journal before and after."""

from collections.abc import Sequence
from typing import Protocol, TypeVar
from uuid import uuid4

import anyio
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, wait_random_exponential

from stretto.core.errors import ErrorKind, ModelError
from stretto.core.journal import CallEnd, CallStart, Journal
from stretto.core.models import Model, ModelReply, ModelRequest, OnText, Turn
from stretto.core.result import Failure
from stretto.core.usage import FREE, Cost, Usage
from stretto.engine.books import Books, Tally
from stretto.engine.gate import Gates
from stretto.engine.job import Job
from stretto.recipes import mend_answer

T = TypeVar("T", covariant=True)

# What a provider adds around the texts: role marks, separators, a system line.
_OVERHEAD_TOKENS = 64
# Beyond the model's own limits, so that the model room's error, which knows more, comes first.
_MOST_GRACE_SECONDS = 5.0

_UNBILLED: frozenset[ErrorKind] = frozenset(
    {"rate_limit", "overloaded", "authentication", "permission", "billing", "not_found", "bad_request"}
)


class Exchange(Protocol[T]):
    """One role's side of the calls for one answer."""

    subtask_id: str
    revision: int

    def request(self, turns: tuple[Turn, ...]) -> ModelRequest:
        """Return what is asked, `turns` being what was said since."""
        ...

    def begin(self, attempt: int, model: Model) -> OnText | None:
        """An attempt starts, and what an earlier one wrote is void; return who listens, None for nobody."""
        ...

    def read(self, reply: ModelReply) -> T:
        """Return what a whole reply says; raises `ModelError` when it cannot count as an answer."""
        ...

    def may_retry(self, error: ModelError) -> bool:
        """Whether asking again from the start is right after a retryable error."""
        ...

    def retrying(self, attempt: int, reason: Failure, model: str, seconds: float) -> None:
        """Attempt number `attempt` is going to be made."""
        ...


class Caller:
    """Makes the calls of one run."""

    def __init__(self, job: Job, journal: Journal, gates: Gates, books: Books) -> None:
        self._job = job
        self._journal = journal
        self._gates = gates
        self._books = books
        # Models that every further call would fail at: their error stands for all of those calls.
        self._closed: dict[str, ModelError] = {}

    async def ask(self, exchange: Exchange[T], models: Sequence[Model], tally: Tally) -> T:
        """Return the first answer that counts, from the first model that gives one; raises `ModelError`."""
        for model, successor in zip(models, (*models[1:], None), strict=True):
            try:
                return await self._persist(exchange, model, tally)
            except ModelError as error:
                if successor is None or not exchange.may_retry(error):
                    raise
                exchange.retrying(tally.attempts + 1, Failure.of(error), successor.name, 0.0)
        raise AssertionError("a role has at least one model")

    async def _persist(self, exchange: Exchange[T], model: Model, tally: Tally) -> T:
        """Ask one model until it answers, its attempts are used up, or asking again is no use."""
        turns: tuple[Turn, ...] = ()
        settings = self._job.settings
        backoff = wait_random_exponential(multiplier=settings.backoff, max=settings.max_backoff)

        def wait(state: RetryCallState) -> float:
            error = _error_of(state)
            return max(backoff(state), error.retry_after or 0.0) if error else 0.0

        def announce(state: RetryCallState) -> None:
            if error := _error_of(state):
                exchange.retrying(tally.attempts + 1, Failure.of(error), model.name, state.upcoming_sleep)

        retrying = AsyncRetrying(
            stop=stop_after_attempt(settings.attempts),
            wait=wait,
            retry=retry_if_exception(
                lambda error: isinstance(error, ModelError) and error.retryable and exchange.may_retry(error)
            ),
            before_sleep=announce,
            sleep=anyio.sleep,
            reraise=True,
        )
        async for attempt in retrying:
            with attempt:
                reply = await self._call(exchange, model, turns, tally)
                try:
                    return exchange.read(reply)
                except ModelError as error:
                    turns = (Turn(answer=reply.text, reply=mend_answer(error.message)),)
                    raise
        raise AssertionError("tenacity re-raises the last error")

    async def _call(self, exchange: Exchange[T], model: Model, turns: tuple[Turn, ...], tally: Tally) -> ModelReply:
        request = exchange.request(turns)
        async with self._gates.of(model.name).place(self._job.run_id):
            if closed := self._closed.get(model.name):
                raise closed
            if tally.began is None:
                tally.began = anyio.current_time()
            tally.attempts += 1
            tally.model = model.name
            on_text = exchange.begin(tally.attempts, model)
            try:
                return await self._recorded(exchange, model, request, on_text, tally)
            except ModelError as error:
                if error.run_wide:
                    self._closed[model.name] = error
                raise

    async def _recorded(
        self, exchange: Exchange[T], model: Model, request: ModelRequest, on_text: OnText | None, tally: Tally
    ) -> ModelReply:
        """Make one call with its start and its end in the journal, however it ends."""
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
        await self._journal.start_call(self._job.run_id, start)
        usage: Usage | None = None
        cost: Cost = start.reserved_cost
        failure: ErrorKind | None = "interrupted"
        try:
            reply = await _in_time(model, request, on_text)
            usage, cost, failure = reply.usage, reply.cost, None
            return reply
        except ModelError as error:
            failure = error.kind
            if _turned_away(error):
                usage, cost = Usage(calls=1), FREE
            raise
        finally:
            end = CallEnd(call_id=start.call_id, usage=usage, cost=cost, error=failure)
            tally.add(*self._books.settle(start, end))
            with anyio.CancelScope(shield=True):
                await self._journal.end_call(self._job.run_id, end)


def reservation(request: ModelRequest) -> Usage:
    """Return the most a call can take: no text has more tokens than bytes."""
    texts = (request.system, request.prefix, request.prompt, *(t.answer + t.reply for t in request.turns))
    return Usage(
        input_tokens=sum(len(text.encode(errors="replace")) for text in texts) + _OVERHEAD_TOKENS,
        output_tokens=request.max_output_tokens,
        calls=1,
    )


def _turned_away(error: ModelError) -> bool:
    """Whether the provider refused the call before it did any work: nothing is billed then."""
    return error.kind in _UNBILLED or (error.status or 0) >= 400


async def _in_time(model: Model, request: ModelRequest, on_text: OnText | None) -> ModelReply:
    try:
        with anyio.fail_after(request.timeout + min(request.timeout, _MOST_GRACE_SECONDS)):
            return await model.respond(request, on_text)
    except TimeoutError:
        raise ModelError(
            f"{model.name} did not answer within {request.timeout:g} seconds.", kind="timeout", model=model.name
        ) from None


def _error_of(state: RetryCallState) -> ModelError | None:
    error = state.outcome.exception() if state.outcome else None
    return error if isinstance(error, ModelError) else None
