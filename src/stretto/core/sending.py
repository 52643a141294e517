"""The moment in which a request leaves: who limits calls may hold it there, and a model that can says when. No I/O."""

from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar

_hold: ContextVar[Callable[[], Awaitable[None]] | None] = ContextVar("stretto_hold", default=None)


@contextmanager
def holding(hold: Callable[[], Awaitable[None]]) -> Generator[None]:
    """Have every request that is made inside wait for `hold` right before it leaves, as far as its model says when."""
    token = _hold.set(hold)
    try:
        yield
    finally:
        _hold.reset(token)


async def before_sending() -> None:
    """Wait until a request may leave: for models, when nothing is left to be done but to send it."""
    if hold := _hold.get():
        await hold()
