"""Reads CSV as a stream: its encoding, its separator, quoted line breaks."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TextIO

from stretto.batch.tables.readers.encodings import detect_encoding
from stretto.batch.tables.readers.header_row import find_header, first_rows
from stretto.batch.tables.readers.raw_rows import CELL_LIMIT, Opened, RawRow, broken
from stretto.batch.tables.readers.table_body import SkippedRows, body
from stretto.core.errors import InputError

_SEPARATORS = (",", ";", "\t")
_LINE_LIMIT = 5 * CELL_LIMIT
_SAMPLE_ROWS = 50
_SAMPLE = 1 << 18
_TITLES = 12
"""Rows above the names of the columns among which the separator is looked for."""
_EVEN = 0.8
_SEPARATOR_LINE = re.compile(r"""\ufeff?"?sep=(\\t|tab|[^"\r\n])?"?[,;|\t ]*\r?\n?""", re.IGNORECASE)
"""What a spreadsheet writes before the table to say how it is cut."""
_SEPARATOR_LINE_LENGTH = 200


class CsvFile:
    """A CSV file; the separator and, unless it is given, the encoding are detected once."""

    def __init__(self, path: Path, *, encoding: str | None = None, header_row: int | None = None) -> None:
        self._path = path
        # The limit is the process's; it is only ever raised, and to no more than this reader can stand.
        csv.field_size_limit(max(csv.field_size_limit(), CELL_LIMIT))
        self._encoding, note = detect_encoding(path, given=encoding)
        with path.open(encoding=self._encoding, newline="") as file:
            separator_line = _SEPARATOR_LINE.fullmatch(file.readline(_SEPARATOR_LINE_LENGTH))
        self._has_separator_line = separator_line is not None
        self._separator = _separator(separator_line) if separator_line else ""
        if not self._separator:
            self._separator = "\t" if path.suffix.lower() == ".tsv" else self._find_separator(header_row)
        self._header = find_header(path, first_rows(self._rows(), least=header_row or 0), given=header_row)
        self._skipped = SkippedRows(path)
        notes = [note] if note else []
        if separator_line:
            name = {"\t": "a tab"}.get(self._separator, f"'{self._separator}'")
            notes.append(f"The first line of {path} only names the separator ({name}) and is skipped.")
        self.opened = Opened(self._header.columns, (*notes, *self._header.notes), self._separator)

    def read(self) -> Iterator[RawRow]:
        """Yield the rows, from the beginning; raises `InputError` that names a row which cannot be read."""
        return body(self._rows(), self._header, self._skipped, padded=False)

    def reading_notes(self) -> Sequence[str]:
        """Return notes on the last reading of all rows."""
        return tuple(self._skipped.notes())

    def _rows(self) -> Iterator[RawRow]:
        number = 0
        with self._path.open(encoding=self._encoding, newline="") as file:
            if self._has_separator_line:
                file.readline()
            reader = csv.reader(_lines(self._path, file), delimiter=self._separator, strict=True)
            try:
                for number, cells in enumerate(reader, 1):
                    yield RawRow(number, cells, cells)
            except csv.Error as error:
                raise broken(self._path, number + 1, *_explanation(str(error))) from None

    def _find_separator(self, header_row: int | None) -> str:
        """Return the separator that cuts the first rows into the most cells of the same number.

        A title has no separators in it: then the rows below decide, unless they could be one column of text.
        """
        with self._path.open(encoding=self._encoding, newline="") as file:
            if self._has_separator_line:
                file.readline()
            sample = file.read(_SAMPLE)
        cut = {separator: _cut(sample, separator) for separator in _SEPARATORS}
        first = (header_row or 1) - 1
        best = max(_SEPARATORS, key=lambda separator: _evenness(cut[separator][first:]))
        if header_row or _evenness(cut[best])[0]:
            return best
        for start in range(1, _TITLES):
            for separator in _SEPARATORS:
                rows = cut[separator][start:]
                if _evenness(rows)[1] > _EVEN and len(list(filter(None, rows))) > 1 and not _prose(rows):
                    return separator
        return best


def _separator(line: re.Match[str]) -> str:
    named = line[1] or ""
    return "\t" if named.lower() in ("\\t", "tab") else named


def _cut(sample: str, separator: str) -> list[list[str]]:
    rows = list(islice(csv.reader(io.StringIO(sample, newline=""), delimiter=separator), _SAMPLE_ROWS))
    return rows[:-1] if len(sample) == _SAMPLE and len(rows) > 1 else rows  # the end of a sample may be half a row


def _evenness(rows: Sequence[Sequence[str]]) -> tuple[float, float]:
    widths = [len(cells) for cells in rows if cells]
    if not widths:
        return 0.0, 0.0
    even = sum(width == widths[0] for width in widths[1:]) / len(widths[1:]) if widths[1:] else 1.0
    return even * (widths[0] - 1), even if widths[0] > 1 else 0.0


def _prose(rows: Sequence[Sequence[str]]) -> bool:
    """Whether what was cut looks like one column of text, with a blank after each comma or semicolon."""
    after = [cell for cells in rows for cell in cells[1:] if cell]
    return sum(cell[0] == " " for cell in after) * 2 > len(after)


def _lines(path: Path, file: TextIO) -> Iterator[str]:
    for line in iter(partial(file.readline, _LINE_LIMIT), ""):
        if len(line) == _LINE_LIMIT:
            raise InputError(f"A line of {path} has more than {_LINE_LIMIT:,} characters.", hint="Is it a table?")
        yield line


def _explanation(error: str) -> tuple[str]:
    if "field larger" in error:
        return (f"has a cell of more than {CELL_LIMIT:,} characters, or a quote that is never closed",)
    if "unexpected end" in error:
        return ("opens a quote that is never closed",)
    return ("has text after a closing quote; inside a quoted cell a quote is written twice",)
