"""Gives every event loop its own HTTP client, kept for as long as the loop lives."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

import anyio
from pydantic_ai.models import Model as PydanticModel


@dataclass(slots=True, eq=False)
class _Held:
    """A model entered on one loop."""

    model: PydanticModel
    keeper: AsyncGenerator[None]
    settled: anyio.Event = field(default_factory=anyio.Event)
    entered: bool = False


class ClientPerLoop:
    """Hands out the model whose connections belong to the running loop.

    A connection is of use only on the loop that opened it, and a script may have several: one after the other
    (`run_sync` twice) or at once (in threads). Entering and leaving the model around every call would be right
    too, but would open a new connection for each.
    """

    def __init__(self, model: PydanticModel, build: Callable[[], PydanticModel] | None) -> None:
        self._first = model
        # None for a model that the user made: it cannot be made again, so all loops share it.
        self._build = build
        self._spare = [model]
        self._held: dict[asyncio.AbstractEventLoop, _Held] = {}

    async def enter(self) -> PydanticModel:
        """Return the running loop's model, entered."""
        loop = asyncio.get_running_loop()
        while (held := self._held.get(loop)) is not None:
            if held.entered:
                return held.model
            await held.settled.wait()
        for other in list(self._held):
            if other.is_closed():
                del self._held[other]
        model = self._take()
        held = self._held[loop] = _Held(model=model, keeper=_keep(model, self._spare))
        try:
            await anext(held.keeper)
            held.entered = True
        finally:
            if not held.entered:
                del self._held[loop]
            held.settled.set()
        return model

    def _take(self) -> PydanticModel:
        if self._build is None:
            return self._first
        return self._spare.pop() if self._spare else self._build()


async def _keep(model: PydanticModel, spare: list[PydanticModel]) -> AsyncGenerator[None]:
    # A loop that ends, or whose generator is dropped, closes it: the one hook there is to close connections then.
    # It must not refer to who holds it, or dropping would wait for the cycle collector, which drops sockets too.
    try:
        async with model:
            yield
    finally:
        spare.append(model)
