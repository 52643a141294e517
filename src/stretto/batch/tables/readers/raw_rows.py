"""What every reader of a table gives, and the rules for names and limits that they share. No I/O."""

from collections.abc import Mapping, Sequence
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
    spanned: bool = False
    """Whether all it has is one cell that is merged across several columns: a title, a heading, a note."""
    merged_across: bool = False
    """Whether some of its cells are merged across several columns."""


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


def column_names(path: Path, header: Sequence[str]) -> tuple[str, ...]:
    """Return the names that a format has for its columns; raises `InputError` unless each is there once."""
    names = [name.strip() for name in header]
    if not names:
        raise InputError(f"{path} has no column names.", hint="Its first row must name the columns.")
    if len(names) > COLUMN_LIMIT:
        raise InputError(f"{path} has {len(names):,} columns; at most {COLUMN_LIMIT:,} can be read.")
    for place, name in enumerate(names, 1):
        if not name:
            raise InputError(f"Column {place} of {path} has no name.", hint="Name it in the first row, or remove it.")
    return unique_names(path, dict(enumerate(names)), 1)


def unique_names(path: Path, names: Mapping[int, str], row: int) -> tuple[str, ...]:
    """Return names of columns by their place; raises `InputError` for one that comes twice."""
    first: dict[str, int] = {}
    for place, name in names.items():
        if name in first:
            hint = "Rename one of them" + (
                f", or say with --header-row {row + 1} that the names are below." if row else "."
            )
            raise InputError(f"Columns {first[name]} and {place + 1} of {path} are both named {name!r}.", hint=hint)
        first[name] = place + 1
    return tuple(first)
