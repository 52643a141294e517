"""Finds the header row of a table: below titles, above the data, or where it is given. No I/O."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from stretto.batch.tables.readers.raw_rows import COLUMN_LIMIT, RawRow, unique_names
from stretto.core.errors import InputError

SAMPLE = 40
"""Rows with something in them that are looked at to find the beginning."""

_NUMBER = re.compile(r"[-+(]?\s*[^\w\s]?\s*[0-9][0-9.,:/\s-]*\s*\W{0,3}\)?")
_TECHNICAL = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[_.:#\[\]]+[A-Za-z0-9]+)+\]?")
_WORD = re.compile(r"[^\W\d_]{3,}")
_NAME_LENGTH = 60
"""Characters; what is longer is a text, and no column's name."""
_SHOWN = 3


class Header(NamedTuple):
    """The header of a table."""

    row: int
    """The number of the last row that names columns; data are below it."""
    columns: tuple[str, ...]
    places: tuple[int, ...]
    """Where in a row each column stands, from 0."""
    notes: tuple[str, ...] = ()
    """What was assumed, one sentence each."""


@dataclass(frozen=True, slots=True)
class _Line:
    row: RawRow
    filled: frozenset[int]

    @property
    def number(self) -> int:
        return self.row.number

    def texts(self) -> list[str]:
        return [self.row.shown[place].strip() for place in sorted(self.filled)]

    def at(self, place: int) -> str:
        return self.row.shown[place].strip() if place < len(self.row.shown) else ""


def first_rows(rows: Iterable[RawRow], *, least: int = 0) -> list[RawRow]:
    """Return the first rows that have something in them, as far as they tell where the table begins.

    At `least` those up to the row of that number, and as many below it.
    """
    filled = (row for row in rows if any(text.strip() for text in row.shown))
    sample: list[RawRow] = []
    for row in filled:
        sample.append(row)
        if row.number >= least:
            break
    return sample + list(islice(filled, SAMPLE))


def looks_like_table(sample: Sequence[RawRow]) -> bool:
    """Whether a sheet's first rows have columns beside each other."""
    return sum(sum(bool(text.strip()) for text in row.shown) > 1 for row in sample) > 1


def find_header(path: Path, sample: Sequence[RawRow], *, given: int | None = None) -> Header:
    """Return the table's header; `given` is the number of the row that names the columns.

    Titles above are passed over where nothing else makes sense, and that is noted. Raises `InputError` that names the
    rows when it is not clear, and unless each column has one name.
    """
    lines = [_line(row) for row in sample]
    if not lines:
        raise InputError(f"{path} has no column names.", hint="Its first row must name the columns.")
    if given is not None:
        place = next((place for place, line in enumerate(lines) if line.number == given), None)
        if place is None:
            there = ", ".join(str(line.number) for line in lines[:_SHOWN])
            raise InputError(
                f"Row {given} of {path} has nothing in it, so it names no columns.",
                hint=f"Name another one with --header-row; the first rows with cells are {there}.",
            )
        return _header_at(path, lines, place, ())
    place = _after_titles(lines)
    notes: tuple[str, ...] = ()
    if place:
        if not _sure_of(lines, place):
            raise _unclear(path, lines[place - 1], lines[place])
        titles = _quoted_rows(lines[:place])
        number = lines[place].number
        notes = (f"Row {number} of {path} names the columns; above it is a title, {titles} (--header-row N).",)
    if place + 1 < len(lines) and _names_too(lines, place):
        raise _unclear(path, lines[place], lines[place + 1])
    return _header_at(path, lines, place, notes)


def _line(row: RawRow) -> _Line:
    return _Line(row, frozenset(place for place, text in enumerate(row.shown) if text.strip()))


def _after_titles(lines: Sequence[_Line]) -> int:
    """Return the place of the first line that is about as wide as the table is."""
    later = sorted(len(line.filled) for line in lines[len(lines) // 2 :])
    all_of_them = sorted(len(line.filled) for line in lines)
    width = max(later[len(later) // 2], all_of_them[len(lines) // 2])
    for place, line in enumerate(lines):
        if len(line.filled) > max(1, width // 2) or width < 2:
            return place
    return 0


def _sure_of(lines: Sequence[_Line], place: int) -> bool:
    """Whether a line can only be the header, with the lines above it as titles."""
    line, below = lines[place], lines[place + 1 :]
    if not _could_name(line) or not below:
        return False
    apart = line.number > lines[place - 1].number + 1 or any(above.row.spanned for above in lines[:place])
    lone = len(line.filled) > 2 and all(len(above.filled) == 1 for above in lines[:place])
    return apart or lone or _numbers_below(line, below)


def _could_name(line: _Line) -> bool:
    texts = line.texts()
    short = all(len(text) <= _NAME_LENGTH and not _is_number(text) for text in texts)
    return short and len(set(texts)) == len(texts)


def _is_number(text: str) -> bool:
    """Whether a text is a number, an amount or a date."""
    return len(text) <= _NAME_LENGTH and _NUMBER.fullmatch(text) is not None


def _numbers_below(line: _Line, below: Sequence[_Line]) -> bool:
    """Whether a column has numbers alone below a word."""
    for place in line.filled:
        values = [each.at(place) for each in below if each.at(place)]
        if values and all(map(_is_number, values)):
            return True
    return False


def _names_too(lines: Sequence[_Line], place: int) -> bool:
    """Whether the line below the header looks like names of the same columns once more: technical, translated."""
    line, after, below = lines[place], lines[place + 1], lines[place + 2 :]
    if len(line.filled) < 2 or after.filled != line.filled or not (_could_name(line) and _could_name(after)):
        return False
    if len(after.filled) < len(after.row.shown) and any(each.filled - after.filled for each in below):
        return False
    alike = sum(bool(_words(line.at(column)) & _words(after.at(column))) for column in line.filled)
    if alike * 2 >= len(line.filled) and below:
        return True
    if not _numbers_below(after, below):
        return False
    return _technical(line) != _technical(after) or not any(re.search("[0-9]", text) for text in after.texts())


def _words(name: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(name.replace("_", " "))}


def _technical(line: _Line) -> bool:
    texts = line.texts()
    return sum(bool(_TECHNICAL.fullmatch(text)) for text in texts) * 2 >= len(texts)


def _header_at(path: Path, lines: Sequence[_Line], place: int, notes: tuple[str, ...]) -> Header:
    line, below = lines[place], lines[place + 1 :]
    names = {column: text for column in sorted(line.filled) if (text := line.at(column))}
    row = line.number
    if (
        line.row.merged_across
        and below
        and below[0].filled >= line.filled - {min(line.filled)}
        and _could_name(below[0])
    ):
        # Names of groups over their columns' own: each column has both.
        under = below[0]
        names = {
            column: " ".join(dict.fromkeys(filter(None, (line.at(column), under.at(column)))))
            for column in sorted(line.filled | under.filled)
        }
        notes = (*notes, f"Rows {row} and {under.number} of {path} name the columns together.")
        row, below = under.number, below[1:]
    used = frozenset[int]().union(*(each.filled for each in below if not each.row.spanned))
    for column in range(max(names, default=0)):
        if column not in names and column in used:
            raise InputError(
                f"Column {column + 1} of {path} has no name.",
                hint=f"Name it in row {row}, or remove it, or say with --header-row N which row names the columns.",
            )
    if len(names) > COLUMN_LIMIT:
        raise InputError(f"{path} has {len(names):,} columns; at most {COLUMN_LIMIT:,} can be read.")
    columns = unique_names(path, names, row)
    if number := next(filter(_is_number, columns), ""):
        notes = (*notes, f"Row {row} of {path} names the columns, though one of them is {number!r} (--header-row N).")
    return Header(row, columns, tuple(names), notes)


def _unclear(path: Path, first: _Line, second: _Line) -> InputError:
    return InputError(
        f"It is not clear which row of {path} names the columns: row {first.number} ({_quoted(first)}) "
        f"or row {second.number} ({_quoted(second)}).",
        hint=f"Say it: --header-row {second.number}, or --header-row {first.number}. The rows below it are data.",
    )


def _quoted(line: _Line) -> str:
    texts = [repr(text[:40]) for text in line.texts()]
    return ", ".join(texts[:_SHOWN]) + (", …" if len(texts) > _SHOWN else "")


def _quoted_rows(lines: Sequence[_Line]) -> str:
    first, last = lines[0].number, lines[-1].number
    return f"row {first} ({_quoted(lines[0])})" if first == last else f"rows {first} ({_quoted(lines[0])}) to {last}"
