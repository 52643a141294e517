"""The rows below a table's header: data, and headings and notes, which are skipped. No I/O."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from stretto.batch.tables.readers.header_row import Header
from stretto.batch.tables.readers.raw_rows import RawRow, broken

_HELD = 50
"""Rows that may stand below a table as notes; more are a part of it."""
_PHRASE = re.compile(r"\s|[:*†(：（。，；※]")
_TOTAL = re.compile(
    r"(?:(?:grand |sub)?total|sum|summe|gesamt|zwischensumme|somme|suma|合计|总计|小计)\b", re.IGNORECASE
)
_NAMED = 3
_QUOTED = 40


@dataclass(slots=True)
class SkippedRows:
    """Rows that are no data, as counted while the table is read."""

    path: Path
    headings: list[RawRow] = field(default_factory=list[RawRow])
    """Rows of one cell across the table."""
    below: list[RawRow] = field(default_factory=list[RawRow])
    """Notes below the table."""
    lone: list[RawRow] = field(default_factory=list[RawRow])
    """Rows of one cell after an empty row that are data all the same, because the table goes on."""
    merged: int = 0
    """Rows that took a value over from a merged cell."""
    counts: dict[str, int] = field(default_factory=dict[str, int])

    def clear(self) -> None:
        """Begin anew, as the reading does."""
        self.headings, self.below, self.lone, self.merged = [], [], [], 0
        self.counts = {}

    def add_heading(self, row: RawRow) -> None:
        """Count a heading; of many only the first are stored."""
        self.counts["headings"] = self.counts.get("headings", 0) + 1
        if len(self.headings) < _NAMED:
            self.headings.append(row)

    def notes(self) -> Iterator[str]:
        """Yield what must be named, one sentence each."""
        if self.headings:
            count = self.counts["headings"]
            yield f"Merged across {self.path}, and so no data: {_named(self.headings, count)}."
        if self.below:
            yield f"Below the table of {self.path}, and so left out: {_named(self.below, len(self.below))}."
        if self.lone:
            yield f"Alone after an empty row of {self.path}, but taken for data: {_named(self.lone, len(self.lone))}."
        if self.merged:
            rows = "1 row" if self.merged == 1 else f"{self.merged:,} rows"
            yield f"Merged cells of {self.path} were read as if each cell had the value ({rows})."


def body(rows: Iterable[RawRow], header: Header, skipped: SkippedRows, *, padded: bool) -> Iterator[RawRow]:
    """Yield the rows after the header, each as wide as it; blank ones and those that are no data are left out.

    `padded` fills rows that are too short, in formats that do not write empty cells. Otherwise, and for values in
    columns without a name, raises `InputError`.
    """
    skipped.clear()
    held: list[RawRow] = []
    wide = sparse = False
    last = header.row
    for row in rows:
        filled = sum(map(bool, row.shown)) if row.number > header.row else 0
        if not filled:
            continue
        if row.spanned and len(header.columns) > 1:
            skipped.add_heading(row)
            last = row.number
            continue
        alone = filled == 1 and len(header.columns) > 1
        partly = alone or (filled < len(header.columns) and bool(_TOTAL.match(_first(row))))
        apart = row.number > last + 1
        last = row.number
        # A note is apart from the table, and the table has no such rows of its own.
        if partly and wide and not sparse and (held or apart) and len(held) < _HELD and _is_note(row, header):
            held.append(row)
            continue
        if held:
            skipped.lone.extend(held[: _NAMED - len(skipped.lone)])
            yield from (_fitted(each, header, skipped.path, padded=padded) for each in held)
            held, sparse = [], True
        sparse |= alone
        wide |= not alone
        yield _fitted(row, header, skipped.path, padded=padded)
    skipped.below = held


def _is_note(row: RawRow, header: Header) -> bool:
    """Whether a row begins with a phrase or a sum; one with an article number is a row of the table."""
    text = row.shown[header.places[0]].strip() if header.places[0] < len(row.shown) else ""
    return bool(_PHRASE.search(text) or _TOTAL.match(text))


def _fitted(row: RawRow, header: Header, path: Path, *, padded: bool) -> RawRow:
    width = header.places[-1] + 1
    number, cells, shown, *_ = row
    if any(shown[width:]) or (len(shown) < width and not padded):
        raise broken(
            path,
            number,
            f"has {len(shown)} cells, but {len(header.columns)} columns have names",
            hint="A separator or a line break inside a cell needs quotes around the cell. "
            "Where the names stand in another row: --header-row N.",
        )
    if len(shown) != width:
        missing = width - len(shown)
        cells, shown = (*cells[:width], *[None] * missing), (*shown[:width], *[""] * missing)
    if len(header.places) == width:
        return RawRow(number, cells, shown)
    for place, text in enumerate(shown):
        if text.strip() and place not in header.places:
            raise broken(path, number, f"has {text[:_QUOTED]!r} in column {place + 1}, which has no name")
    return RawRow(number, [cells[place] for place in header.places], [shown[place] for place in header.places])


def _named(rows: list[RawRow], count: int) -> str:
    named = [f"row {row.number} ({_first(row)!r})" for row in rows[:_NAMED]]
    return ", ".join(named) + (f" and {count - len(named):,} more" if count > len(named) else "")


def _first(row: RawRow) -> str:
    return next((text.strip() for text in row.shown if text.strip()), "")[:_QUOTED]
