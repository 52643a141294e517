"""Merged cells of a sheet: which there are, and their value in each cell of theirs. Standard library only."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, NamedTuple

from stretto.batch.tables.readers.raw_rows import RawRow

_BLOCK = 1 << 20
_LONGEST = 200
"""Bytes of one element; so much of a block is looked at again with the next."""
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\b[^>]*?\bref=[\"']([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})[\"']")


class Merged(NamedTuple):
    """Cells that are one; rows from 1, columns from 0, all inclusive."""

    top: int
    left: int
    bottom: int
    right: int


def find_merged(stream: IO[bytes]) -> Sequence[Merged]:
    """Return a sheet's merged cells from top to bottom.

    They are named behind all rows, so they are looked for in the bytes before the rows are parsed.
    """
    found: set[Merged] = set()
    kept = b""
    while block := stream.read(_BLOCK):
        for match in _MERGED.finditer(kept + block):
            left, top, right, bottom = match.groups()
            found.add(Merged(int(top), column_number(left.decode()), int(bottom), column_number(right.decode())))
        kept = (kept + block)[-_LONGEST:]
    return sorted(found)


def column_number(letters: str) -> int:
    """Return the number of a column from 0, such as 27 of "AB"."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


class MergedRows:
    """Puts the value of merged cells into each of their cells, as rows go by."""

    def __init__(self, merged: Sequence[Merged]) -> None:
        self._waiting = merged
        self._next = 0
        self._open: list[tuple[Merged, object, str]] = []
        self.taken = 0
        """Rows that got a value from above."""

    def filled(self, rows: Iterable[RawRow]) -> Iterator[RawRow]:
        """Yield the rows; one whose only content is merged across is not filled but marked as spanned."""
        return map(self._fill, rows) if self._waiting else iter(rows)

    def _fill(self, row: RawRow) -> RawRow:
        self._open = [each for each in self._open if each[0].bottom >= row.number]
        while self._next < len(self._waiting) and self._waiting[self._next].top < row.number:
            self._next += 1  # its first row has no cells
        own = [place for place, text in enumerate(row.shown) if text.strip()]
        across: list[tuple[Merged, object, str]] = []
        while self._next < len(self._waiting) and self._waiting[self._next].top == row.number:
            merged = self._waiting[self._next]
            self._next += 1
            if merged.left not in own:
                continue
            if merged.right > merged.left and own == [merged.left]:
                return row._replace(spanned=True)
            across.append((merged, row.cells[merged.left], row.shown[merged.left]))
        if not own:
            return row
        cells, shown = list(row.cells), list(row.shown)
        carried = [_put(cells, shown, each) for each in self._open]
        if any(carried):
            self.taken += 1
        wide = [_put(cells, shown, each) for each in across]
        self._open += [each for each in across if each[0].bottom > row.number]
        return RawRow(row.number, cells, shown, merged_across=any(wide))


def _put(cells: list[object], shown: list[str], value: tuple[Merged, object, str]) -> bool:
    """Put a value into the empty cells of its row; return whether there was one."""
    merged, cell, text = value
    missing = merged.right + 1 - len(shown)
    cells.extend([None] * missing)
    shown.extend([""] * missing)
    empty = [place for place in range(merged.left, merged.right + 1) if not shown[place].strip()]
    for place in empty:
        cells[place], shown[place] = cell, text
    return bool(empty)
