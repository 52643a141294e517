"""Reads CSV as a stream: its encoding, its separator, quoted line breaks."""

import csv
import io
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TextIO

from stretto.batch.tables.encodings import detect_encoding
from stretto.batch.tables.raw import CELL_LIMIT, Opened, RawRow, body, broken, column_names
from stretto.core.errors import InputError

_SEPARATORS = (",", ";", "\t")
_LINE_LIMIT = 5 * CELL_LIMIT
_SAMPLE_ROWS = 50
_SAMPLE = 1 << 18


class CsvFile:
    """A CSV file; the separator and, unless it is told, the encoding are found out once."""

    def __init__(self, path: Path, *, encoding: str | None = None) -> None:
        self._path = path
        # The limit is the process's; it is only ever raised, and to no more than this reader can stand.
        csv.field_size_limit(max(csv.field_size_limit(), CELL_LIMIT))
        self._encoding, note = detect_encoding(path, told=encoding)
        self._separator = "\t" if path.suffix.lower() == ".tsv" else self._find_separator()
        header = next((row.shown for row in self._rows() if any(row.shown)), ())
        columns = column_names(path, header, open_end=True)
        self.opened = Opened(columns, (note,) if note else (), self._separator)

    def read(self) -> Iterator[RawRow]:
        """Yield the rows, from the beginning; raises `InputError` that names a row which cannot be read."""
        return body(self._path, self._rows(), self.opened.columns, padded=False)

    def _rows(self) -> Iterator[RawRow]:
        number = 0
        with self._path.open(encoding=self._encoding, newline="") as file:
            reader = csv.reader(_lines(self._path, file), delimiter=self._separator, strict=True)
            try:
                for number, cells in enumerate(reader, 1):
                    yield RawRow(number, cells, cells)
            except csv.Error as error:
                raise broken(self._path, number + 1, *_explained(str(error))) from None

    def _find_separator(self) -> str:
        """Return the separator that cuts the first rows into the most cells of the same number."""
        with self._path.open(encoding=self._encoding, newline="") as file:
            sample = file.read(_SAMPLE)
        return max(_SEPARATORS, key=partial(_evenness, sample))


def _evenness(sample: str, separator: str) -> tuple[float, float]:
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=separator)
    widths = [len(cells) for cells in islice(reader, _SAMPLE_ROWS) if cells]
    if not widths:
        return 0.0, 0.0
    rows = widths[1:-1] if len(sample) == _SAMPLE else widths[1:]  # the end of a sample may be half a row
    even = sum(width == widths[0] for width in rows) / len(rows) if rows else 1.0
    return even * (widths[0] - 1), even


def _lines(path: Path, file: TextIO) -> Iterator[str]:
    for line in iter(partial(file.readline, _LINE_LIMIT), ""):
        if len(line) == _LINE_LIMIT:
            raise InputError(f"A line of {path} has more than {_LINE_LIMIT:,} characters.", hint="Is it a table?")
        yield line


def _explained(error: str) -> tuple[str]:
    if "field larger" in error:
        return (f"has a cell of more than {CELL_LIMIT:,} characters, or a quote that is never closed",)
    if "unexpected end" in error:
        return ("opens a quote that is never closed",)
    return ("has text after a closing quote; inside a quoted cell a quote is written twice",)
