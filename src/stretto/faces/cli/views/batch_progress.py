"""Shows on stderr how far a batch is: one line that stays on a terminal, elsewhere a line now and then."""

import sys
from collections.abc import Callable
from typing import Protocol

import anyio

from stretto.faces.cli.process.terminals import live_console

FRAME = 0.5
"""Seconds between two frames on a terminal."""
FIRST = 1.0
"""Seconds until the first line elsewhere."""
EVERY = 10.0
"""Seconds between two lines elsewhere."""


class Progress(Protocol):
    """Shows a batch while it goes on."""

    async def keep_showing(self) -> None:
        """Show it until cancelled."""
        ...

    def close(self) -> None:
        """Leave stderr to others; may be called twice."""
        ...


class ProgressLines:
    """A line every few seconds."""

    def __init__(self, line: Callable[[], str]) -> None:
        self._line = line
        self._closed = False

    async def keep_showing(self) -> None:
        """Print lines until cancelled."""
        wait = FIRST
        while not self._closed:
            await anyio.sleep(wait)
            print(self._line(), file=sys.stderr, flush=True)
            wait = EVERY

    def close(self) -> None:
        """Print nothing any more."""
        self._closed = True


class ProgressOneLine:
    """A line on a terminal that is written over."""

    def __init__(self, line: Callable[[], str], width: int) -> None:
        self._line = line
        self._width = width
        self._closed = False

    async def keep_showing(self) -> None:
        """Draw until cancelled."""
        while not self._closed:
            # Clears to the end of the line, so that a shorter text leaves nothing of a longer one.
            sys.stderr.write(f"\r{self._line()[: self._width - 1]}\x1b[K")
            sys.stderr.flush()
            await anyio.sleep(FRAME)

    def close(self) -> None:
        """Take the line away."""
        if not self._closed:
            self._closed = True
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def open_progress(line: Callable[[], str]) -> Progress:
    """Return what suits the place where stderr goes; `line` says how far the batch is."""
    console = live_console()
    return ProgressOneLine(line, console.width) if console else ProgressLines(line)
