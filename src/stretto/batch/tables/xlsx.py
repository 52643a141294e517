"""Reads a sheet of an XLSX workbook as a stream. Standard library only.

openpyxl keeps all shared strings in memory, and a formula whose value was never saved is an empty cell to it.
"""

import re
import struct
import zlib
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from stretto.batch.tables.number_formats import Section, read_format
from stretto.batch.tables.raw import CELL_LIMIT, COLUMN_LIMIT, Opened, RawRow, body, column_names
from stretto.batch.tables.shown import shown_number, shown_time
from stretto.batch.tables.time_formats import elapsed, shows_time_alone
from stretto.batch.tables.xlsx_parts import SharedStrings, Sheet, WorkbookError, find_sheet, local, parse, unescape
from stretto.core.errors import InputError

_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:E[+-]?[0-9]+)?")


class XlsxFile:
    """The first visible sheet of a workbook."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._opened() as archive:
            self._sheet = find_sheet(archive)
        header = next((row.shown for row in self._rows() if any(row.shown)), ())
        notes = (f"Of {path} only the sheet {self._sheet.name!r} is read.",) if self._sheet.others else ()
        self.opened = Opened(column_names(path, header, open_end=True), notes)

    def read(self) -> Iterator[RawRow]:
        """Yield the rows, from the beginning; raises `InputError` for a cell that cannot be read."""
        return body(self._path, self._rows(), self.opened.columns, padded=True)

    def _rows(self) -> Iterator[RawRow]:
        with self._opened() as archive, closing(SharedStrings(archive, self._sheet.strings)) as strings:
            parser = expat.ParserCreate(namespace_separator="}")
            cells = _Cells(parser, self._sheet, strings)
            with archive.open(self._sheet.part) as stream:
                for _ in parse(stream, parser):
                    yield from cells.rows
                    cells.rows.clear()

    @contextmanager
    def _opened(self) -> Generator[ZipFile]:
        try:
            with ZipFile(self._path) as archive:
                yield archive
        except WorkbookError as error:
            raise InputError(f"{self._path} cannot be read as a workbook: {error}.") from None
        except (BadZipFile, zlib.error, expat.ExpatError, NotImplementedError, RuntimeError) as error:
            raise InputError(f"{self._path} cannot be read as a workbook: {error}.") from error
        except (EOFError, ValueError, LookupError, struct.error) as error:  # what unpacking damaged bytes ends in
            raise InputError(f"{self._path} cannot be read as a workbook: it is damaged.") from error


class _Cells:
    """Takes what the parser meets in a sheet and puts rows together; `rows` holds those that are whole."""

    def __init__(self, parser: expat.XMLParserType, sheet: Sheet, strings: SharedStrings) -> None:
        self.rows: list[RawRow] = []
        self._strings = strings
        self._formats = sheet.formats
        self._epoch = datetime(1904, 1, 1) if sheet.from_1904 else datetime(1899, 12, 30)
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
                    return moment, shown_time(moment)
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
            shown = shown_number(value)
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
            return moment, shown_time(moment)
        if value < 60 and self._epoch.year == 1899:
            value += 1  # the first days of 1900: a leap day is counted that never was
            if value < 2:
                moment = (datetime(1900, 1, 1) + _seconds(value - 1)).time()
                return moment, shown_time(moment)
        moment = self._epoch + _seconds(value)
        return moment, shown_time(moment)


def _seconds(days: float) -> timedelta:
    return timedelta(seconds=round(days * 86_400))


def _is_plain(shown: str, value: float) -> bool:
    return bool(_PLAIN.fullmatch(shown)) and float(shown) == value


def _column(reference: str) -> int:
    """Return the number of the column that a reference such as "AB12" names; 0 when it names none."""
    number = 0
    for letter in reference[:4]:
        if not "A" <= letter <= "Z":
            break
        number = number * 26 + ord(letter) - 64
    return number
