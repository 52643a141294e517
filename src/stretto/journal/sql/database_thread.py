"""One thread for all who ask: what is asked for while it is at work is done together in the next go."""

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar, cast

from sqlalchemy.exc import OperationalError

from stretto.core.errors import JournalError

A = TypeVar("A")
B = TypeVar("B")

# More would let the first of them wait for too long.
_GROUP = 500
# A busy loop and this thread take the interpreter from each other with every statement, which costs both of them more
# than the statement. So where many ask, it rests for so many times as long as it was at work: fewer and larger goes.
# Work is its CPU, not what it waited for: a slow disk gathers enough by itself.
_MANY = 3
_REST = 24.0
_LONGEST_REST = 0.25  # seconds


@dataclass(kw_only=True, slots=True, eq=False)
class _Order(Generic[A]):
    """Something that is asked for, and who waits for it."""

    asked: A
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[Any]
    result: object = None
    error: Exception | None = field(default=None)

    def tell(self) -> None:
        """Wake who waits, in its own loop; it may have been cancelled."""
        if self.done.done():
            return
        if self.error is not None:
            self.done.set_exception(self.error)
        else:
            self.done.set_result(self.result)


class DatabaseThread(Generic[A, B]):
    """Serves any number of event loops, in order. What was asked for is done also when who asked is cancelled."""

    def __init__(self, name: str, place: str, do: Callable[[Sequence[A]], Sequence[B]]) -> None:
        """Take what does many things at once: all or none of them, and may be called again for some of them."""
        self._name = name
        self._place = place
        self._do = do
        # Each loop gathers what is asked for in one of its turns and hands it over in one piece: a busy loop would
        # else wake the thread for every order, and have as many commits as orders.
        self._gathered: dict[asyncio.AbstractEventLoop, list[_Order[A]]] = {}
        self._handed: SimpleQueue[list[_Order[A]] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()
        self._lock = threading.Lock()

    async def ask(self, asked: A) -> B:
        """Return what came of it once it is done; raises `JournalError`."""
        loop = asyncio.get_running_loop()
        order = _Order(asked=asked, loop=loop, done=loop.create_future())
        with self._lock:
            if self._closed.is_set():
                raise JournalError(f"The journal {self._place} is closed.")
            if self._thread is None:
                # A daemon: a program that forgot to close its journal still ends; what was awaited is committed.
                self._thread = threading.Thread(target=self._work_off, name=self._name, daemon=True)
                self._thread.start()
            gathered = self._gathered.setdefault(loop, [])
            gathered.append(order)
            if len(gathered) == 1:
                loop.call_soon(self._hand_over, loop)
        return cast("B", await order.done)

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            if gathered := self._gathered.pop(loop, None):
                self._handed.put(gathered)

    def close(self) -> None:
        """Do what was asked for and end the thread. Blocks."""
        with self._lock:
            self._closed.set()
            thread = self._thread
            for gathered in self._gathered.values():
                self._handed.put(gathered)
            self._gathered.clear()
            self._handed.put(None)
        if thread is not None:
            thread.join()

    def _work_off(self) -> None:
        while (first := self._handed.get()) is not None:
            began = time.thread_time()
            orders, last = self._take(first)
            for start in range(0, len(orders), _GROUP):
                group = orders[start : start + _GROUP]
                self._carry_out(group)
                _tell(group)
            if last:
                return
            if len(orders) > _MANY:
                self._closed.wait(min(_REST * (time.thread_time() - began), _LONGEST_REST))

    def _take(self, first: list[_Order[A]]) -> tuple[list[_Order[A]], bool]:
        """Return what waits already, and whether the end of it was reached."""
        orders = first
        with suppress(Empty):
            while len(orders) < _GROUP:
                handed = self._handed.get_nowait()
                if handed is None:
                    return orders, True
                orders += handed
        return orders, False

    def _carry_out(self, group: Sequence[_Order[A]]) -> None:
        try:
            results = self._do([order.asked for order in group])
        except Exception as error:
            if len(group) > 1 and not isinstance(error.__cause__, OperationalError):
                for order in group:  # One of them is at fault; the others are not to suffer for it.
                    self._carry_out([order])
                return
            for order in group:
                order.error = _copy(error)
        else:
            for order, result in zip(group, results, strict=True):
                order.result = result


def _copy(error: Exception) -> Exception:
    """Return an error for one of many who wait: each gives its own a traceback."""
    if not isinstance(error, JournalError):
        return error
    copy = JournalError(error.message, hint=error.hint)
    copy.__cause__ = error.__cause__
    return copy


def _tell(group: Sequence[_Order[Any]]) -> None:
    by_loop: defaultdict[asyncio.AbstractEventLoop, list[_Order[Any]]] = defaultdict(list)
    for order in group:
        by_loop[order.loop].append(order)
    for loop, orders in by_loop.items():
        with suppress(RuntimeError):  # The loop is closed: nobody waits any more.
            loop.call_soon_threadsafe(_tell_each, orders)


def _tell_each(orders: Sequence[_Order[Any]]) -> None:
    for order in orders:
        order.tell()
