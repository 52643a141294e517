"""When a request is sent: the rate limiter may hold it until then, and a model may report the moment. No I/O."""

from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar

_sending: ContextVar["Sending | None"] = ContextVar("stretto_sending", default=None)


class Sending:
    """One call on its way to the provider."""

    def __init__(self, hold: Callable[[], Awaitable[None]]) -> None:
        self.hold = hold
        """Awaited right before the request leaves, as far as its model says when."""
        self.sent = True
        """Whether the provider may have got the request. Of a model that does not say: whether it was called."""


@contextmanager
def holding(hold: Callable[[], Awaitable[None]]) -> Generator[Sending]:
    """Have every request that is made inside wait for `hold` right before it leaves, as far as its model says when.

    To be entered right before a model is called; what it yields knows whether the call was sent.
    """
    sending = Sending(hold)
    token = _sending.set(sending)
    try:
        yield sending
    finally:
        _sending.reset(token)


def will_report_sent() -> None:
    """Promise to call `has_left`: until then nothing was sent. For models, before anything else."""
    if sending := _sending.get():
        sending.sent = False


async def before_sending() -> None:
    """Wait until a request may leave: for models, when nothing is left to be done but to send it."""
    if sending := _sending.get():
        await sending.hold()


def has_left() -> None:
    """Report that the request is handed to the network now, so that it may be answered."""
    if sending := _sending.get():
        sending.sent = True
