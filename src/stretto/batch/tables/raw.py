"""What every reader of a table gives, and the rules for names and limits that they share. No I/O."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from stretto.core.errors import InputError

CELL_LIMIT = 10_000_000
"""Characters; a longer cell is a broken file, or nothing that a model could read."""

COLUMN_LIMIT = 16_384
"""What a sheet can have; more is a broken file."""


class RawRow(NamedTuple):
    """One row as the file has it."""

    number: int
    """As a spreadsheet shows it, the header being row 1; of JSON lines the line."""
    cells: Sequence[object]
    """The values with the types that the format knows: text alone in CSV."""
    shown: Sequence[str]
    """The values as people see them."""


class Opened(NamedTuple):
    """A table whose beginning was read."""

    columns: tuple[str, ...]
    notes: tuple[str, ...] = ()
    """What was assumed about the file, one sentence each."""
    delimiter: str = ","
    """Between two cells of a line; said of CSV alone."""


def broken(path: Path, number: int, what: str, *, hint: str = "") -> InputError:
    """Return the error for a row that cannot be read."""
    return InputError(f"Row {number} of {path} {what}.", hint=hint)


def column_names(path: Path, header: Sequence[str], *, open_end: bool = False) -> tuple[str, ...]:
    """Return a header's names; raises `InputError` unless each is there once.

    `open_end`: unnamed columns at the end are none, as a separator too much or a sheet's formatting makes them.
    """
    names = [name.strip() for name in header]
    while open_end and names and not names[-1]:
        names.pop()
    if not names:
        raise InputError(f"{path} has no column names.", hint="Its first row must name the columns.")
    if len(names) > COLUMN_LIMIT:
        raise InputError(f"{path} has {len(names):,} columns; at most {COLUMN_LIMIT:,} can be read.")
    first: dict[str, int] = {}
    for place, name in enumerate(names, 1):
        if not name:
            raise InputError(f"Column {place} of {path} has no name.", hint="Name it in the first row, or remove it.")
        if name in first:
            raise InputError(
                f"Columns {first[name]} and {place} of {path} are both named {name!r}.", hint="Rename one of them."
            )
        first[name] = place
    return tuple(names)


def body(path: Path, rows: Iterable[RawRow], columns: Sequence[str], *, padded: bool) -> Iterator[RawRow]:
    """Yield the rows after the header, each as wide as it; blank ones are left out.

    `padded` fills rows that are too short, in formats that do not write empty cells. Otherwise, and for rows that are
    too long, raises `InputError`.
    """
    width = len(columns)
    filled = (row for row in rows if any(row.shown))
    next(filled, None)
    for number, cells, shown in filled:
        if len(shown) != width:
            if any(shown[width:]) or (len(shown) < width and not padded):
                raise broken(
                    path,
                    number,
                    f"has {len(shown)} cells, but {width} columns have names",
                    hint="A separator or a line break inside a cell needs quotes around the cell.",
                )
            missing = ("",) * (width - len(shown))
            cells, shown = (*cells[:width], *missing), (*shown[:width], *missing)
        yield RawRow(number, cells, shown)
