"""A table to read, whatever its format: by the ending of its name, which its first bytes must match."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from stretto.batch.tables.columns import Earlier, find_earlier
from stretto.batch.tables.readers.csv import CsvFile
from stretto.batch.tables.readers.json_lines import JsonLinesFile
from stretto.batch.tables.readers.parquet import ParquetFile
from stretto.batch.tables.readers.raw_rows import Opened, RawRow
from stretto.batch.tables.workbooks.reader import XlsxFile
from stretto.core.errors import InputError


class Source(Protocol):
    """One file of rows."""

    opened: Opened

    def read(self) -> Iterator[RawRow]:
        """Yield its rows, from the beginning each time."""
        ...

    def reading_notes(self) -> Sequence[str]:
        """Return notes on the last reading of all rows, one sentence each."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadOptions:
    """How to read a file; whatever is None is detected."""

    encoding: str | None = None
    sheet: str | None = None
    """Name of a workbook's sheet, or its number among the visible ones."""
    header_row: int | None = None
    """The number of the row that names the columns, as a spreadsheet shows it."""


_READERS: Mapping[str, Callable[[Path, ReadOptions], Source]] = MappingProxyType(
    {
        ".csv": lambda path, options: CsvFile(path, encoding=options.encoding, header_row=options.header_row),
        ".tsv": lambda path, options: CsvFile(path, encoding=options.encoding, header_row=options.header_row),
        ".jsonl": lambda path, options: JsonLinesFile(path, encoding=options.encoding),
        ".ndjson": lambda path, options: JsonLinesFile(path, encoding=options.encoding),
        ".xlsx": lambda path, options: XlsxFile(path, sheet=options.sheet, header_row=options.header_row),
        ".parquet": lambda path, _: ParquetFile(path),
    }
)

_SIGNS = (
    (b"PK\x03\x04", "an XLSX workbook or another zip archive", (".xlsx",)),
    (b"PAR1", "a Parquet file", (".parquet",)),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls) or one with a password", ()),
    (b"%PDF", "a PDF", ()),
    (b"\x1f\x8b", "a compressed file", ()),
)
_TEXT = (".csv", ".tsv", ".jsonl", ".ndjson")


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A table that can be read from its beginning as often as needed."""

    path: Path
    columns: tuple[str, ...]
    """Its own columns, without those of an earlier output."""
    all_columns: tuple[str, ...]
    delimiter: str
    """Between two cells of a line; a comma where the format has none."""
    earlier: Earlier | None
    """Where the texts of an earlier output are; None unless the table was opened to fill them up."""
    source: Source = field(repr=False)
    stamp: tuple[int, int] = field(repr=False)
    """Size and time of the file when it was opened."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed about the file, one sentence each; all of it is known once the rows were read."""
        return (*self.source.opened.notes, *self.source.reading_notes())

    def read(self) -> Generator[RawRow]:
        """Yield all rows; raises `InputError` for one that cannot be read, and when the file has changed meanwhile."""
        try:
            if _stamp(self.path) != self.stamp:
                raise InputError(f"{self.path} was changed while it was in use.", hint="Start again.")
            yield from self.source.read()
        except OSError as error:
            raise _cannot_read(self.path, error) from None


def open_table(
    path: Path,
    *,
    encoding: str | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
    only_empty: bool = False,
) -> Table:
    """Open a table to read it; the columns are known afterwards.

    `encoding`, `sheet` and `header_row` are detected unless they are given (see `ReadOptions`). With `only_empty` the
    table is an earlier output, or has a column `text`, whose empty cells are to be filled. Raises `InputError` that
    says what is wrong with the file.
    """
    reader = _reader(path)
    _refuse_idle(path, sheet=sheet, header_row=header_row)
    try:
        _refuse_misnamed(path)
        stamp = _stamp(path)
        source = reader(path, ReadOptions(encoding=encoding, sheet=sheet, header_row=header_row))
    except OSError as error:
        raise _cannot_read(path, error) from None
    opened = source.opened
    earlier = find_earlier(opened.columns)
    if only_empty and earlier is None:
        raise InputError(f"{path} has no column for texts that could be empty.", hint="Leave --only-empty out.")
    if earlier and earlier.whole and not only_empty:
        raise InputError(
            f"{path} is already an output: it has texts in it.", hint="Fill what is missing with --only-empty."
        )
    earlier = earlier if only_empty else None
    taken = earlier.columns if earlier else frozenset[str]()
    return Table(
        path=path,
        columns=tuple(name for name in opened.columns if name not in taken),
        all_columns=opened.columns,
        delimiter=opened.delimiter,
        earlier=earlier,
        source=source,
        stamp=stamp,
    )


def _reader(path: Path) -> Callable[[Path, ReadOptions], Source]:
    ending = path.suffix.lower()
    if ending in _READERS:
        return _READERS[ending]
    if ending in (".xls", ".xlsm", ".ods", ".numbers"):
        raise InputError(f"{path} is a workbook of a kind that is not read.", hint="Save it as .xlsx.")
    raise InputError(f"Cannot tell the format of {path} by its name.", hint=f"Known: {', '.join(_READERS)}.")


def _refuse_idle(path: Path, *, sheet: str | None, header_row: int | None) -> None:
    """Refuse what says nothing about a file of this kind."""
    ending = path.suffix.lower()
    if sheet is not None and ending != ".xlsx":
        raise InputError(f"{path} has no sheets.", hint="Leave --sheet out.")
    if header_row is not None and ending not in (".xlsx", ".csv", ".tsv"):
        raise InputError(f"{path} has no row that names its columns.", hint="Leave --header-row out.")
    if header_row is not None and header_row < 1:
        raise InputError(f"--header-row must be 1 or more, got {header_row}.")


def _refuse_misnamed(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(8)
    if not head:
        raise InputError(f"{path} is empty.", hint="Its first row must name the columns.")
    ending = path.suffix.lower()
    for sign, what, endings in _SIGNS:
        if head.startswith(sign) and ending not in endings:
            way_out = f"Rename it to {endings[0]}." if endings else "Save it as .csv or .xlsx."
            raise InputError(f"{path} is not what its name says: it is {what}.", hint=way_out)
    if ending not in _TEXT and not any(head.startswith(sign) for sign, _, endings in _SIGNS if ending in endings):
        raise InputError(f"{path} is not what its name says.", hint="Is it a text? Then rename it to .csv.")


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _cannot_read(path: Path, error: OSError) -> InputError:
    return InputError(f"Cannot read {path}: {error.strerror or error}.")
