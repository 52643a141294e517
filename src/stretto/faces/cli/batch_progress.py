"""Shows on stderr how far a batch is: one line that stays on a terminal, elsewhere a line now and then."""

import sys
from typing import Protocol

import anyio

from stretto.batch.tally import Tally
from stretto.engine import Books
from stretto.faces.cli.batch_words import progress
from stretto.faces.cli.terminals import live_console
from stretto.faces.cli.words import glyphs_for

FRAME = 0.5
"""Seconds between two frames on a terminal."""
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


class Lines:
    """A line every few seconds."""

    def __init__(self, tally: Tally, books: Books) -> None:
        self._tally = tally
        self._books = books
        self._closed = False

    async def keep_showing(self) -> None:
        """Print lines until cancelled."""
        while not self._closed:
            await anyio.sleep(EVERY)
            dot = glyphs_for(sys.stderr.encoding).dot
            print(progress(self._tally, self._books.total.cost, dot=dot), file=sys.stderr, flush=True)

    def close(self) -> None:
        """Print nothing any more."""
        self._closed = True


class OneLine:
    """A line on a terminal that is written over."""

    def __init__(self, tally: Tally, books: Books, width: int) -> None:
        self._tally = tally
        self._books = books
        self._width = width
        self._closed = False

    async def keep_showing(self) -> None:
        """Draw until cancelled."""
        while not self._closed:
            line = progress(self._tally, self._books.total.cost, dot=glyphs_for(sys.stderr.encoding).dot)
            # Clears to the end of the line, so that a shorter text leaves nothing of a longer one.
            sys.stderr.write(f"\r{line[: self._width - 1]}\x1b[K")
            sys.stderr.flush()
            await anyio.sleep(FRAME)

    def close(self) -> None:
        """Take the line away."""
        if not self._closed:
            self._closed = True
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def open_progress(tally: Tally, books: Books) -> Progress:
    """Return what suits the place where stderr goes."""
    console = live_console()
    return OneLine(tally, books, console.width) if console else Lines(tally, books)
