"""Writes a run's events into the journal for late readers, in the background and many at a time."""

import anyio

from stretto.core.events import CallEnded, Event
from stretto.core.journal import Journal


class EventRecorder:
    """An observer whose writing never holds the run up; the keyed records, not these, are the truth."""

    def __init__(self, journal: Journal, run_id: str) -> None:
        self._journal = journal
        self._run_id = run_id
        self._waiting: list[Event] = []
        self._news = anyio.Event()
        self._closed = False

    def observe(self, event: Event) -> None:
        """Note an event that is to be kept."""
        if self._journal.keeps(event):
            self._waiting.append(event)
            # What comes of a call follows at once, and takes it along: one trip for both.
            if not isinstance(event, CallEnded):
                self._news.set()

    def close(self) -> None:
        """No further event is going to come."""
        self._closed = True
        self._news.set()

    def forget(self) -> None:
        """The journal takes nothing any more: nobody waits for it again."""
        self._waiting.clear()

    async def write(self) -> None:
        """Write until closed."""
        while not self._closed:
            await self._news.wait()
            self._news = anyio.Event()
            await self.flush()

    async def flush(self) -> None:
        """Write what is left, even when the run is cancelled."""
        events, self._waiting = self._waiting, []
        if events:
            # Whoever leaves a run and looks into the journal finds everything that was told of it.
            with anyio.CancelScope(shield=True):
                await self._journal.log(self._run_id, events)
