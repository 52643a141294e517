"""Draws frames over each other at the bottom of a terminal, and takes them away again."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

_HIDE_CURSOR, _SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
# Terminals that know it show the frame at once; the others ignore it.
_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"
_REST_OF_LINE, _REST_OF_SCREEN = "\x1b[K", "\x1b[J"


class Painter:
    """Owns the lines that were drawn last. Knows terminals that understand ANSI sequences only."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._widths: list[int] = []
        """Cells of each line that stands on the screen."""

    def paint(self, lines: Sequence[Text]) -> None:
        """Draw a frame in the place of the last one; a line must be narrower than the terminal."""
        start = _BEGIN + ("" if self._widths else _HIDE_CURSOR) + self._to_top()
        body = "\n".join(self._styled(line) + _REST_OF_LINE for line in lines)
        self._widths = [cell_len(line.plain) for line in lines]
        self._write(start + body + _REST_OF_SCREEN + _END)

    def clear(self) -> None:
        """Take the frame away and give the cursor back."""
        if self._widths:
            self._write(self._to_top() + _REST_OF_SCREEN + _SHOW_CURSOR)
            self._widths = []

    def _to_top(self) -> str:
        # Where the terminal was made narrower, it has wrapped our lines: they take more rows than were written.
        width = max(1, self._console.width)
        rows = sum(max(1, -(-cells // width)) for cells in self._widths)
        return "\r" + (f"\x1b[{rows - 1}A" if rows > 1 else "")

    def _styled(self, line: Text) -> str:
        with self._console.capture() as captured:
            self._console.print(line, end="", no_wrap=True, overflow="crop", crop=True)
        return captured.get()

    def _write(self, text: str) -> None:
        self._console.file.write(text)
        self._console.file.flush()
