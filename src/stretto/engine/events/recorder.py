"""Writes a run's events into the journal for late readers, in the background and many at a time."""

import anyio

from stretto.core.events import CallEnded, Event
from stretto.core.journal import Journal


class EventRecorder:
    """An observer whose writing never holds the run up; the keyed records, not these, are the truth."""

    def __init__(self, journal: Journal, run_id: str) -> None:
        self._journal = journal
        self._run_id = run_id
        self._pending: list[Event] = []
        self._wake = anyio.Event()
        self._closed = False

    def observe(self, event: Event) -> None:
        """Note an event that is to be kept."""
        if self._journal.keeps(event):
            self._pending.append(event)
            # The event with the outcome follows at once: one write for both.
            if not isinstance(event, CallEnded):
                self._wake.set()

    def close(self) -> None:
        """No further event is going to come."""
        self._closed = True
        self._wake.set()

    def forget(self) -> None:
        """Drop what is pending: the journal has failed."""
        self._pending.clear()

    async def write(self) -> None:
        """Write until closed."""
        while not self._closed:
            await self._wake.wait()
            self._wake = anyio.Event()
            await self.flush()

    async def flush(self) -> None:
        """Write what is left, even when the run is cancelled."""
        events, self._pending = self._pending, []
        if events:
            # After a run was left, every event that was published is in the journal.
            with anyio.CancelScope(shield=True):
                await self._journal.log(self._run_id, events)
