"""Concurrency limits: calls at a time for each caller, and a fair queue in which runs take turns."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from stretto.core.errors import ModelError
from stretto.core.models import RateLimits


@dataclass(slots=True, eq=False)
class ConcurrencyGroup:
    """One orchestrator, or one batch, at one model: all of its runs together keep to the number that it was given."""

    limit: int
    """Calls in flight at the most."""
    in_flight: int = 0


@dataclass(slots=True, eq=False)
class Slot:
    """One call, waiting or in flight."""

    run_id: str
    group: ConcurrencyGroup
    granted: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    started: float = 0.0
    """When it was granted; when its request left, as far as the model says when that is."""
    hold: Callable[[], Awaitable[None]] = field(init=False)
    """Waits until its request may leave, once it is prepared."""
    limits: RateLimits | None = None
    """The rate limits in the model's answer, set by whoever holds the slot; a `ModelError` carries its own."""


class FairQueue:
    """Calls that wait, served in turns: one of each run, and a run's own in the order in which they came."""

    def __init__(self) -> None:
        self._runs: dict[str, deque[Slot]] = {}

    def append(self, slot: Slot) -> None:
        """Put a call behind those of its run."""
        self._runs.setdefault(slot.run_id, deque()).append(slot)

    def first(self) -> Slot | None:
        """Return the call whose turn it is; a run whose group is at its limit is passed over, and keeps its turn."""
        for run_id, slots in tuple(self._runs.items()):
            while slots and slots[0].granted.done():  # It was cancelled while it waited.
                slots.popleft()
            if not slots:
                del self._runs[run_id]
            elif (group := slots[0].group).in_flight < group.limit:
                return slots[0]
        return None

    def pop(self, slot: Slot) -> None:
        """Take out the first call, and put its run behind the others."""
        slots = self._runs.pop(slot.run_id)
        slots.popleft()
        self._runs[slot.run_id] = slots

    def fail(self, error: ModelError, run_id: str | None = None) -> None:
        """Raise this error in the calls that wait: every run's, or one's."""
        for waiting in tuple(self._runs) if run_id is None else (run_id,):
            for slot in self._runs.pop(waiting, ()):
                if not slot.granted.done():
                    slot.granted.set_exception(error.copied())
