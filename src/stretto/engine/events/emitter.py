"""Numbers and times events, and hands them on without ever waiting for a reader."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import anyio
from anyio.streams.memory import MemoryObjectSendStream

from stretto.core.events import Event

Emit = Callable[[Event], None]


class EventEmitter:
    """Sends the events of one run, in order."""

    def __init__(self, stream: MemoryObjectSendStream[Event], observers: Sequence[Emit]) -> None:
        self._stream = stream
        self._observers = observers
        self._seq = 0
        self._began = anyio.current_time()

    def continue_after(self, seq: int) -> None:
        """Number the next event after `seq`, the last one before a resume."""
        self._seq = seq

    @property
    def elapsed(self) -> float:
        """Seconds since the run began."""
        return anyio.current_time() - self._began

    def emit(self, event: Event) -> None:
        """Stamp an event and send it; a slow reader only lets the buffer grow."""
        self._seq += 1
        stamped = replace(event, seq=self._seq, at=round(self.elapsed, 4))
        for observe in self._observers:
            observe(stamped)
        self._stream.send_nowait(stamped)
