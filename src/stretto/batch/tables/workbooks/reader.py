"""Reads a sheet of an XLSX workbook as a stream. Standard library only.

openpyxl keeps all shared strings in memory, and a formula whose value was never saved is an empty cell to it.
"""

import re
import struct
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from stretto.batch.tables.readers.cell_formatting import format_number, format_time
from stretto.batch.tables.readers.header_row import find_header, first_rows
from stretto.batch.tables.readers.raw_rows import CELL_LIMIT, COLUMN_LIMIT, Opened, RawRow
from stretto.batch.tables.readers.table_body import SkippedRows, body
from stretto.batch.tables.workbooks.format_codes import Section
from stretto.batch.tables.workbooks.merged_cells import MergedRows, column_number, find_merged
from stretto.batch.tables.workbooks.number_formats import read_format
from stretto.batch.tables.workbooks.parts import (
    SharedStrings,
    Sheet,
    Workbook,
    WorkbookError,
    local,
    parse,
    read_workbook,
    unescape,
)
from stretto.batch.tables.workbooks.sheet_choice import choose_sheet
from stretto.batch.tables.workbooks.time_formats import elapsed, shows_time_alone
from stretto.core.errors import InputError

_LETTERS = re.compile("[A-Z]{1,4}")
_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:E[+-]?[0-9]+)?")


class XlsxFile:
    """One sheet of a workbook: the one that is given, else the only visible one that can be a table."""

    def __init__(self, path: Path, *, sheet: str | None = None, header_row: int | None = None) -> None:
        self._path = path
        with self._opened() as archive:
            self._workbook = read_workbook(archive)
            with closing(SharedStrings(archive, self._workbook.strings)) as strings:
                look = partial(self._sample, archive, strings)
                self._sheet, notes = choose_sheet(path, self._workbook.sheets, look, given=sheet)
            with archive.open(self._sheet.part) as stream:
                self._merged = find_merged(stream)
        sample = first_rows(self._rows(MergedRows(self._merged)), least=header_row or 0)
        self._header = find_header(path, sample, given=header_row)
        self._skipped = SkippedRows(path)
        self.opened = Opened(self._header.columns, (*notes, *self._header.notes))

    def read(self) -> Iterator[RawRow]:
        """Yield the rows, from the beginning; raises `InputError` for a cell that cannot be read."""
        merged = MergedRows(self._merged)
        yield from body(self._rows(merged), self._header, self._skipped, padded=True)
        self._skipped.merged = merged.taken

    def reading_notes(self) -> Sequence[str]:
        """Return notes on the last reading of all rows."""
        return tuple(self._skipped.notes())

    def _sample(self, archive: ZipFile, strings: SharedStrings, sheet: Sheet) -> Sequence[RawRow] | None:
        try:
            return first_rows(self._cells_of(archive, sheet, strings))
        except WorkbookError:  # It has cells; what is wrong with them is said when it is the one that is read.
            return None

    def _rows(self, merged: MergedRows) -> Iterator[RawRow]:
        with self._opened() as archive, closing(SharedStrings(archive, self._workbook.strings)) as strings:
            yield from merged.filled(self._cells_of(archive, self._sheet, strings))

    def _cells_of(self, archive: ZipFile, sheet: Sheet, strings: SharedStrings) -> Iterator[RawRow]:
        with archive.open(sheet.part) as stream:
            parser = expat.ParserCreate(namespace_separator="}")
            cells = _Cells(parser, self._workbook, strings)
            for _ in parse(stream, parser):
                yield from cells.rows
                cells.rows.clear()

    @contextmanager
    def _opened(self) -> Generator[ZipFile]:
        try:
            with ZipFile(self._path) as archive:
                yield archive
        except InputError:  # one of the errors below, but it has words
            raise
        except WorkbookError as error:
            raise InputError(f"{self._path} cannot be read as a workbook: {error}.") from None
        except (BadZipFile, zlib.error, expat.ExpatError, NotImplementedError, RuntimeError) as error:
            raise InputError(f"{self._path} cannot be read as a workbook: {error}.") from error
        except (EOFError, ValueError, LookupError, struct.error) as error:  # what unpacking damaged bytes ends in
            raise InputError(f"{self._path} cannot be read as a workbook: it is damaged.") from error


class _Cells:
    """Takes what the parser meets in a sheet and puts rows together; `rows` holds those that are whole."""

    def __init__(self, parser: expat.XMLParserType, workbook: Workbook, strings: SharedStrings) -> None:
        self.rows: list[RawRow] = []
        self._strings = strings
        self._formats = workbook.formats
        self._epoch = datetime(1904, 1, 1) if workbook.from_1904 else datetime(1899, 12, 30)
        self._number = 0
        self._cells: list[object] = []
        self._shown: list[str] = []
        self._column = 0
        self._kind = ""
        self._style = 0
        self._formula = False
        self._value: list[str] | None = None
        self._size = 0
        self._reading = self._phonetic = False
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        match local(name):
            case "c":
                self._column = _column(attributes.get("r", "")) or self._column + 1
                if self._column > COLUMN_LIMIT:
                    raise WorkbookError(f"its row {self._number} has more than {COLUMN_LIMIT:,} columns")
                self._kind = attributes.get("t", "n")
                self._style = int(attributes.get("s", "0"))
                self._formula, self._value, self._size = False, None, 0
            case "v":
                self._value, self._reading = [], True
            case "t":
                self._value = self._value or []
                self._reading = not self._phonetic
            case "rPh":
                self._phonetic = True
            case "f":
                self._formula = True
            case "row":
                given = attributes.get("r", "")
                self._number = int(given) if given.isdecimal() else self._number + 1
                self._column, self._cells, self._shown = 0, [], []
            case _:
                pass

    def _end(self, name: str) -> None:
        match local(name):
            case "v" | "t":
                self._reading = False
            case "rPh":
                self._phonetic = False
            case "c":
                self._finish_cell()
            case "row":
                self.rows.append(RawRow(self._number, self._cells, self._shown))
            case _:
                pass

    def _data(self, data: str) -> None:
        if self._reading and self._value is not None:
            self._size += len(data)
            if self._size > CELL_LIMIT:
                raise WorkbookError(f"row {self._number} has a cell of more than {CELL_LIMIT:,} characters")
            self._value.append(data)

    def _finish_cell(self) -> None:
        text = "".join(self._value or ())
        if self._formula and not text and self._kind != "str":
            raise WorkbookError(
                f"the formula in row {self._number}, column {self._column} was saved without its value; "
                "open the file in a spreadsheet and save it again"
            )
        cell, shown = self._converted(text) if text else (None, "")
        missing = self._column - 1 - len(self._cells)
        self._cells.extend([None] * missing)
        self._shown.extend([""] * missing)
        self._cells.append(cell)
        self._shown.append(shown)

    def _converted(self, text: str) -> tuple[object, str]:
        try:
            match self._kind:
                case "s":
                    text = self._strings[int(text)]
                case "inlineStr" | "str":
                    text = unescape(text)
                case "n":
                    return self._number_cell(text)
                case "b":
                    return text == "1", "TRUE" if text == "1" else "FALSE"
                case "d":
                    moment = datetime.fromisoformat(text)
                    return moment, format_time(moment)
                case _:  # an error such as #N/A is what people see
                    pass
        except (ValueError, OverflowError):
            raise WorkbookError(f"row {self._number}, column {self._column} holds {text[:40]!r}") from None
        shown = read_format(self._code).show_text(text) if self._kind != "e" else text
        return shown or text, shown

    def _number_cell(self, text: str) -> tuple[object, str]:
        value = int(text) if text.lstrip("-").isdecimal() else float(text)
        form = read_format(self._code)
        section, _ = form.section(value)
        if section.is_time:
            if section.has("elapsed"):
                shown = elapsed(section, _seconds(value))
                return shown, shown
            return self._moment(value, text, section)
        shown = form.show(value)
        if shown is None:
            shown = format_number(value)
        # What looks like the number stays one; of 15% or 00123 only the text would tell another program the same.
        # A number that the format hides is not lost to an output.
        return (value if not shown or _is_plain(shown, value) else shown), shown

    @property
    def _code(self) -> str:
        return self._formats[self._style] if self._style < len(self._formats) else "General"

    def _moment(self, value: float, text: str, section: Section) -> tuple[object, str]:
        if not 0 <= value < 2_958_466:  # the year 10000
            return text, text
        if shows_time_alone(section):
            moment = (datetime.min + _seconds(value % 1)).time()
            return moment, format_time(moment)
        if value < 60 and self._epoch.year == 1899:
            value += 1  # the first days of 1900: a leap day is counted that never was
            if value < 2:
                moment = (datetime(1900, 1, 1) + _seconds(value - 1)).time()
                return moment, format_time(moment)
        moment = self._epoch + _seconds(value)
        return moment, format_time(moment)


def _seconds(days: float) -> timedelta:
    return timedelta(seconds=round(days * 86_400))


def _is_plain(shown: str, value: float) -> bool:
    return bool(_PLAIN.fullmatch(shown)) and float(shown) == value


def _column(reference: str) -> int:
    """Return the number from 1 of the column that a reference such as "AB12" names; 0 when it names none."""
    letters = _LETTERS.match(reference)
    return column_number(letters[0]) + 1 if letters else 0
