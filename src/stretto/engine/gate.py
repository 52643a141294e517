"""The shared limiter in front of one model: bounds the calls in flight, fair between runs."""

from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
from anyio.lowlevel import RunVar


class Gate:
    """Lets at most `limit` calls through at a time; runs that wait take turns."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.in_flight = 0
        # By run, in the order in which they are served next; a run is here only while it waits.
        self._waiting: dict[str, deque[anyio.Event]] = {}

    @asynccontextmanager
    async def place(self, run_id: str) -> AsyncGenerator[None]:
        """Wait for a place, and hold it until the block is left."""
        await self._enter(run_id)
        try:
            yield
        finally:
            self.in_flight -= 1
            self._admit()

    async def _enter(self, run_id: str) -> None:
        if self.in_flight < self.limit and not self._waiting:
            self.in_flight += 1
            return
        turn = anyio.Event()
        queue = self._waiting.setdefault(run_id, deque())
        queue.append(turn)
        try:
            await turn.wait()
        except BaseException:
            if turn.is_set():  # Admitted in the moment of being cancelled: pass the place on.
                self.in_flight -= 1
                self._admit()
            else:
                queue.remove(turn)
                if not queue and self._waiting.get(run_id) is queue:
                    del self._waiting[run_id]
            raise

    def _admit(self) -> None:
        while self._waiting and self.in_flight < self.limit:
            run_id, queue = next(iter(self._waiting.items()))
            turn = queue.popleft()
            del self._waiting[run_id]
            if queue:
                self._waiting[run_id] = queue  # Back to the end: the next place is another run's.
            self.in_flight += 1
            turn.set()


_gates: RunVar[dict[str, Gate]] = RunVar("stretto_gates")


class Gates:
    """One gate per model for the whole process (per event loop: a gate's waiters live in one)."""

    def __init__(self, limit: int) -> None:
        self._limit = limit

    def of(self, model: str) -> Gate:
        """Return the gate in front of a model; the first who asks sets its limit."""
        try:
            gates = _gates.get()
        except LookupError:
            gates = dict[str, Gate]()
            _gates.set(gates)
        return gates.setdefault(model, Gate(self._limit))
