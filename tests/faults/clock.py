"""An event loop that does not wait: where nothing happens, its clock jumps to when something will."""

import asyncio
import selectors
import time
from collections.abc import Callable
from typing import Any

_QUIET = 0.003
"""Real seconds without any I/O after which nothing is under way: both ends of every connection are in this loop."""


class _Selector(selectors.DefaultSelector):
    """Looks for I/O; finding none, it moves the clock on by the time that it was to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.skipped = 0.0
        self.in_threads = 0
        """Jobs in threads, such as looking up a name: while there are any, time takes its time."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if not timeout or self.in_threads:
            return super().select(timeout)
        began = time.monotonic()
        ready = super().select(min(timeout, _QUIET))
        if not ready:
            self.skipped += max(0.0, timeout - (time.monotonic() - began))
        return ready


class LeapingLoop(asyncio.SelectorEventLoop):
    """Sockets are real, and so is the work; only waiting is skipped: an hour takes three milliseconds.

    A machine under load cannot make a deadline pass too soon, for while there is work the clock runs as always.
    """

    def __init__(self) -> None:
        self._leaping = _Selector()
        super().__init__(self._leaping)

    def time(self) -> float:
        """Return the loop's seconds, those that were skipped included."""
        return time.monotonic() + self._leaping.skipped

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> "asyncio.Future[Any]":
        """Run something in a thread, and wait for it in real time."""
        future = super().run_in_executor(executor, func, *args)
        self._leaping.in_threads += 1
        future.add_done_callback(self._back)
        return future

    def _back(self, _: object) -> None:
        self._leaping.in_threads -= 1
