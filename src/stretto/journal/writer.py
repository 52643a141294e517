"""One thread that writes: what is asked for while it commits goes into the next transaction together."""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, TypeVar, cast

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from stretto.core.errors import JournalError
from stretto.journal.database import Database

T = TypeVar("T")

# More would let the first of them wait for too long.
_GROUP = 500


@dataclass(kw_only=True, slots=True, eq=False)
class _Order:
    """Something to be written, and who waits for it."""

    work: Callable[[Connection], object]
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


class Writer:
    """Writes for any number of event loops. What was asked for is written also when who asked is cancelled."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._orders: SimpleQueue[_Order | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._lock = threading.Lock()

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` returns, once it is committed; raises `JournalError`."""
        loop = asyncio.get_running_loop()
        order = _Order(work=work, loop=loop, done=loop.create_future())
        with self._lock:
            if self._closed:
                raise JournalError(f"The journal {self._database.place} is closed.")
            if self._thread is None:
                # A daemon: a program that forgot to close its journal still ends; what was awaited is committed.
                self._thread = threading.Thread(target=self._work_off, name="stretto-journal", daemon=True)
                self._thread.start()
            self._orders.put(order)
        return cast("T", await order.done)

    def close(self) -> None:
        """Write what was asked for and end the thread. Blocks."""
        with self._lock:
            self._closed = True
            thread = self._thread
            self._orders.put(None)
        if thread is not None:
            thread.join()

    def _work_off(self) -> None:
        while (first := self._orders.get()) is not None:
            group, last = self._gather(first)
            self._carry_out(group)
            _tell(group)
            if last:
                return

    def _gather(self, first: _Order) -> tuple[list[_Order], bool]:
        """Return what waits already, and whether the end of it was reached."""
        group = [first]
        with suppress(Empty):
            while len(group) < _GROUP:
                order = self._orders.get_nowait()
                if order is None:
                    return group, True
                group.append(order)
        return group, False

    def _carry_out(self, group: Sequence[_Order]) -> None:
        try:
            results = self._database.write([order.work for order in group])
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


def _tell(group: Sequence[_Order]) -> None:
    by_loop: defaultdict[asyncio.AbstractEventLoop, list[_Order]] = defaultdict(list)
    for order in group:
        by_loop[order.loop].append(order)
    for loop, orders in by_loop.items():
        with suppress(RuntimeError):  # The loop is closed: nobody waits any more.
            loop.call_soon_threadsafe(_tell_each, orders)


def _tell_each(orders: Sequence[_Order]) -> None:
    for order in orders:
        order.tell()
