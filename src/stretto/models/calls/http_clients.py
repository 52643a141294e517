"""Gives every event loop its own HTTP client, kept for as long as the loop and the model are there."""

import asyncio
import weakref
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import anyio
from pydantic_ai.models import Model as PydanticModel

from stretto.models.answers.single_answer import install_answer_hooks
from stretto.models.calls.google_streams import install_stream_hooks
from stretto.models.calls.http_hooks import install_http_hooks
from stretto.models.calls.plain_messages import send_plain_messages
from stretto.models.calls.resending import install_resending

_MOMENT = 1.0
_Keeper = AsyncGenerator[None]

_let_go: dict[_Keeper, asyncio.AbstractEventLoop] = {}
"""Keepers of models that are gone, until they are closed."""


@dataclass(slots=True, eq=False)
class _Held:
    """A model entered on one loop."""

    model: PydanticModel
    keeper: _Keeper
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
        weakref.finalize(self, _release, self._held).atexit = False

    async def enter(self) -> PydanticModel:
        """Return the running loop's model, entered."""
        loop = asyncio.get_running_loop()
        while (held := self._held.get(loop)) is not None:
            if held.entered:
                return held.model
            await held.settled.wait()
        self._forget_closed()
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

    def _forget_closed(self) -> None:
        for loop in [loop for loop in self._held if loop.is_closed()]:
            del self._held[loop]
        for keeper in [keeper for keeper, loop in _let_go.items() if loop.is_closed()]:
            del _let_go[keeper]

    def _take(self) -> PydanticModel:
        if self._build is None:
            return self._first
        return self._spare.pop() if self._spare else self._build()


async def _keep(model: PydanticModel, spare: list[PydanticModel]) -> _Keeper:
    # A loop that ends closes the async generators begun on it: the one hook there is to close connections then.
    try:
        async with model:
            install_http_hooks(model)  # Entering may have given it a new client.
            install_resending(model)
            install_stream_hooks(model)
            install_answer_hooks(model)
            send_plain_messages(model)
            yield
    finally:
        spare.append(model)


def _release(held: dict[asyncio.AbstractEventLoop, _Held]) -> None:
    # The model is gone. If its loop lives on, the connections are closed in a moment; if the loop is about to
    # end, as after the last line of a script, it closes the generator itself and must be the only one to do so.
    for loop, one in held.items():
        if not loop.is_closed():
            _let_go[one.keeper] = loop
            # It may close in another thread in this very moment.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(loop.call_later, _MOMENT, _close_soon, loop, one.keeper)


def _close_soon(loop: asyncio.AbstractEventLoop, keeper: _Keeper) -> None:
    loop.create_task(_close(keeper)).add_done_callback(lambda _: _let_go.pop(keeper, None))


async def _close(keeper: _Keeper) -> None:
    await keeper.aclose()
