"""Two calls for one answer: waits until the first is slow, and lets the first whole answer win."""

from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

import anyio

from stretto.core.errors import ModelError
from stretto.engine.hedging.policy import HedgePolicy

T = TypeVar("T")


class Hedging:
    """Knows which calls of a run, or of all rows of a batch, are slow."""

    def __init__(self) -> None:
        self.policy = HedgePolicy()
        self._changed: anyio.Event | None = None

    async def change(self) -> None:
        """Wait until a call has started or ended, and it can be known which are slow."""
        if self._changed is None:
            self._changed = anyio.Event()
        await self._changed.wait()

    def tell(self, model: str) -> None:
        """A call to this model has started or ended."""
        if self._changed is not None and self.policy.slow_after(model) is not None:
            self._changed.set()
            self._changed = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Won(Generic[T]):
    """The answer that counts."""

    answer: T
    by_second: bool
    error: Exception | None
    """Why the first call gave none; None when it was merely slower, or is the one that answered."""


class HedgedCall(Generic[T]):
    """A call that gets a second one when it is slow."""

    def __init__(self, hedging: Hedging) -> None:
        self.second_made = False
        """Set by whoever makes the second call: from then on a first one that fails waits for it."""
        self._hedging = hedging
        self._call_id = ""
        self._has_begun: Callable[[], bool] = bool
        self._started = anyio.Event()

    @contextmanager
    def first(self, call_id: str, model: str, has_begun: Callable[[], bool]) -> Generator[None]:
        """Make the first call within this block.

        `has_begun` says whether somebody watches it and has seen its answer begin: then it gets no second one.
        """
        policy, answered = self._hedging.policy, False
        policy.started(call_id, model, anyio.current_time())
        self._hedging.tell(model)
        self._call_id, self._has_begun = call_id, has_begun
        self._started.set()
        try:
            yield
            answered = True
        finally:
            self._call_id = ""
            policy.ended(call_id, anyio.current_time(), answered=answered)
            self._hedging.tell(model)

    @contextmanager
    def second(self) -> Generator[None]:
        """Make the second call within this block, which the policy has allowed."""
        try:
            yield
        finally:
            if not self.second_made:
                self._hedging.policy.give_back()

    async def until_slow(self) -> None:
        """Wait until the first call is slow and a second one is allowed, which is then counted as made."""
        await self._started.wait()
        while self._call_id and not self._has_begun():
            slow_at = self._hedging.policy.slow_at(self._call_id)
            if slow_at is not None and slow_at > anyio.current_time():
                await anyio.sleep_until(slow_at)
            elif slow_at is not None and self._hedging.policy.claim():
                return
            else:
                await self.room()
        await anyio.sleep_forever()  # The race ends it.

    async def room(self) -> None:
        """Wait until it is worth trying again whether there is room for a second call."""
        await self._hedging.change()

    async def race(
        self,
        first: Callable[[], Awaitable[T]],
        second: Callable[[], Awaitable[T]],
        discard: Callable[[T], Awaitable[None]],
    ) -> Won[T]:
        """Return the first whole answer, and cancel the other call; one that comes all the same is discarded.

        Raises the error of the first call when neither brings an answer: a second one that fails changes nothing.
        """
        answers: list[tuple[T, bool]] = []
        failures: list[Exception] = []
        bugs: list[Exception] = []
        waiting = anyio.CancelScope()

        async def make_second() -> None:
            try:
                answers.append((await second(), True))
            except ModelError:
                return
            except Exception as error:
                bugs.append(error)
            waiting.cancel()

        try:
            async with anyio.create_task_group() as group:
                group.start_soon(make_second)
                with waiting:
                    try:
                        answers.append((await first(), False))
                    except Exception as error:
                        failures.append(error)
                if answers or not self.second_made:
                    group.cancel_scope.cancel()
            if bugs:
                raise bugs[0]
        except BaseException:
            for answer, _ in answers:
                await discard(answer)
            raise
        for answer, _ in answers[1:]:
            await discard(answer)
        if not answers:
            raise failures.pop()
        answer, by_second = answers[0]
        return Won(answer=answer, by_second=by_second, error=failures[0] if failures else None)
