"""One database thread for all callers: requests that come while it is busy are executed together (group commit)."""

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
class _Request(Generic[A]):
    """Something that is asked for, and who waits for it."""

    asked: A
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[Any]
    result: object = None
    error: Exception | None = field(default=None)

    def resolve(self) -> None:
        """Wake who waits, in its own loop; it may have been cancelled."""
        if self.done.done():
            return
        if self.error is not None:
            self.done.set_exception(self.error)
        else:
            self.done.set_result(self.result)


class DatabaseThread(Generic[A, B]):
    """Serves any number of event loops, in request. What was asked for is done also when who asked is cancelled."""

    def __init__(self, name: str, place: str, do: Callable[[Sequence[A]], Sequence[B]]) -> None:
        """Take what does many things at once: all or none of them, and may be called again for some of them."""
        self._name = name
        self._place = place
        self._do = do
        # Each loop gathers what is asked for in one of its turns and hands it over in one piece: a busy loop would
        # else wake the thread for every request, and have as many commits as requests.
        self._collected: dict[asyncio.AbstractEventLoop, list[_Request[A]]] = {}
        self._queue: SimpleQueue[list[_Request[A]] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()
        self._lock = threading.Lock()

    async def ask(self, asked: A) -> B:
        """Return what came of it once it is done; raises `JournalError`."""
        loop = asyncio.get_running_loop()
        request = _Request(asked=asked, loop=loop, done=loop.create_future())
        with self._lock:
            if self._closed.is_set():
                raise JournalError(f"The journal {self._place} is closed.")
            if self._thread is None:
                # A daemon: a program that forgot to close its journal still ends; what was awaited is committed.
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            collected = self._collected.setdefault(loop, [])
            collected.append(request)
            if len(collected) == 1:
                loop.call_soon(self._enqueue, loop)
        return cast("B", await request.done)

    def _enqueue(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            if collected := self._collected.pop(loop, None):
                self._queue.put(collected)

    def close(self) -> None:
        """Do what was asked for and end the thread. Blocks."""
        with self._lock:
            self._closed.set()
            thread = self._thread
            for collected in self._collected.values():
                self._queue.put(collected)
            self._collected.clear()
            self._queue.put(None)
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            began = time.thread_time()
            requests, last = self._take(first)
            for start in range(0, len(requests), _GROUP):
                group = requests[start : start + _GROUP]
                self._execute(group)
                _resolve(group)
            if last:
                return
            if len(requests) > _MANY:
                self._closed.wait(min(_REST * (time.thread_time() - began), _LONGEST_REST))

    def _take(self, first: list[_Request[A]]) -> tuple[list[_Request[A]], bool]:
        """Return what waits already, and whether the end of it was reached."""
        requests = first
        with suppress(Empty):
            while len(requests) < _GROUP:
                batch = self._queue.get_nowait()
                if batch is None:
                    return requests, True
                requests += batch
        return requests, False

    def _execute(self, group: Sequence[_Request[A]]) -> None:
        try:
            results = self._do([request.asked for request in group])
        except Exception as error:
            if len(group) > 1 and not isinstance(error.__cause__, OperationalError):
                for request in group:  # One of them is at fault; the others are not to suffer for it.
                    self._execute([request])
                return
            for request in group:
                request.error = _copy(error)
        else:
            for request, result in zip(group, results, strict=True):
                request.result = result


def _copy(error: Exception) -> Exception:
    """Return an error for one of many who wait: each gives its own a traceback."""
    if not isinstance(error, JournalError):
        return error
    copy = JournalError(error.message, hint=error.hint)
    copy.__cause__ = error.__cause__
    return copy


def _resolve(group: Sequence[_Request[Any]]) -> None:
    by_loop: defaultdict[asyncio.AbstractEventLoop, list[_Request[Any]]] = defaultdict(list)
    for request in group:
        by_loop[request.loop].append(request)
    for loop, requests in by_loop.items():
        with suppress(RuntimeError):  # The loop is closed: nobody waits any more.
            loop.call_soon_threadsafe(_resolve_each, requests)


def _resolve_each(requests: Sequence[_Request[Any]]) -> None:
    for request in requests:
        request.resolve()
