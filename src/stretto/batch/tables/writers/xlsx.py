"""Writes a sheet of an XLSX workbook as a stream; a text is never a formula. Standard library only."""

import math
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, time
from html import escape
from typing import IO
from unicodedata import east_asian_width
from zipfile import ZIP_DEFLATED, ZipFile

from stretto.core.errors import StrettoError
from stretto.core.text import for_file, replace_surrogates

ROW_LIMIT = 1_048_576
"""Lines of a sheet, its header included."""
TEXT_LIMIT = 32_767
"""Characters that a cell holds, as UTF-16 counts them."""
_COLUMN_LIMIT = 16_384
_CUT = " … [cut]"
_NAMED_CUTS = 10
_WIDEST = 60
"""Letters beside each other in a cell; longer lines are wrapped."""
_LONG = 500
_LINES_FOR_WIDTHS = 100

_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_NOT_XML = re.compile("[\ufffe\uffff]")
_LARGEST = 2**53
_FIRST_DAY = datetime(1900, 3, 1)  # before it a sheet counts a leap day that never was
_EPOCH = datetime(1899, 12, 30)

_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"

_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_KIND}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}">'
    '<sheets><sheet name="Variants" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_LINKS}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_LINKS}/styles" Target="styles.xml"/></Relationships>',
    # Styles of cells: 0 plain, 1 a day, 2 a moment, 3 a time, 4 the header, 5 a text of several lines. All stand at the
    # top, so that what belongs together is read in one line.
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="6"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1">'
    '<alignment vertical="top"/></xf>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="21" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1">'
    '<alignment vertical="top" wrapText="1"/></xf></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}


class XlsxSink:
    """A workbook of one sheet whose first line stays in sight."""

    def __init__(self, stream: IO[bytes], columns: Sequence[str]) -> None:
        if len(columns) > _COLUMN_LIMIT:
            raise StrettoError(
                f"A sheet holds {_COLUMN_LIMIT:,} columns; the table has {len(columns):,}.", hint="Write CSV, or long."
            )
        self._archive = ZipFile(stream, "w", ZIP_DEFLATED, compresslevel=4)
        self._sheet = self._archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True)
        self._letters = [_letters(number) for number in range(1, len(columns) + 1)]
        self._lines = 0
        self._cuts = 0
        self._cut_lines: list[int] = []
        self._columns = columns
        self._widths = [_width(name) for name in columns]
        # A sheet says its widths before its cells: the first lines wait until the widths are known.
        self._first: list[tuple[Sequence[object], Sequence[str]]] | None = []

    def write(self, cells: Sequence[object], shown: Sequence[str]) -> None:
        """Write one line; raises `StrettoError` when the sheet is full."""
        if self._first is not None:
            self._first.append((cells, shown))
            self._widths = [max(width, _width(text)) for width, text in zip(self._widths, shown, strict=True)]
            if len(self._first) == _LINES_FOR_WIDTHS:
                self._begin()
            return
        self._write(cells, shown)

    def _begin(self) -> None:
        """Write the header, and what has waited for the widths."""
        waiting, self._first = self._first or [], None
        widths = [min(width, _WIDEST) for width in self._widths]
        self._wrapped = [width > _WIDEST for width in self._widths]
        cols = "".join(
            f'<col min="{number}" max="{number}" width="{width + 2}" customWidth="1"/>'
            for number, width in enumerate(widths, 1)
        )
        self._sheet.write(
            f'{_DECLARATION}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
            '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
            f"<cols>{cols}</cols><sheetData>".encode()
        )
        self._line([self._text(name, 4) for name in self._columns])
        for cells, shown in waiting:
            self._write(cells, shown)

    def _write(self, cells: Sequence[object], shown: Sequence[str]) -> None:
        if self._lines == ROW_LIMIT:
            raise StrettoError(
                f"A sheet holds {ROW_LIMIT:,} lines, and there are more.", hint="Write CSV or JSON lines."
            )
        self._line(
            [
                _value_markup(cell) or self._text(text, 5 if wrapped or "\n" in text else 0)
                for cell, text, wrapped in zip(cells, shown, self._wrapped, strict=True)
            ]
        )

    def close(self) -> Sequence[str]:
        """Write the end; return what was cut."""
        if self._first is not None:
            self._begin()
        self._sheet.write(b"</sheetData></worksheet>")
        self._sheet.close()
        for name, text in _PARTS.items():
            self._archive.writestr(name, _DECLARATION + text)
        self._archive.close()
        return self._notes()

    def discard(self) -> None:
        """Give the stream back as it is."""
        with suppress(OSError, ValueError):
            self._sheet.close()
        self._archive.fp = None  # else it would write its index once nobody holds it

    def _notes(self) -> Sequence[str]:
        if not self._cuts:
            return ()
        lines = ", ".join(map(str, self._cut_lines)) + (", …" if self._cuts > len(self._cut_lines) else "")
        return (
            f"{self._cuts} texts are longer than the {TEXT_LIMIT:,} characters that a cell of a workbook holds "
            f"and were cut (lines {lines}). CSV and JSON lines hold them whole.",
        )

    def _line(self, parts: Sequence[str]) -> None:
        self._lines += 1
        number = self._lines
        cells = [f'<c r="{letters}{number}"{part}' for letters, part in zip(self._letters, parts, strict=True) if part]
        self._sheet.write(f'<row r="{number}">{"".join(cells)}</row>'.encode())

    def _text(self, text: str, style: int = 0) -> str:
        text = clean(text)
        if not text:
            return ""
        if len(text) * 2 > TEXT_LIMIT and _units(text) > TEXT_LIMIT:
            text = _shortened(text)
            self._cuts += 1
            if len(self._cut_lines) < _NAMED_CUTS:
                self._cut_lines.append(self._lines + 1)
        # A reader turns _x0041_ into A: what only looks so is written such that it comes back.
        written = escape(_LOOKS_ESCAPED.sub("_x005F_", text), quote=False)
        styled = f' s="{style}"' if style else ""
        return f'{styled} t="inlineStr"><is><t xml:space="preserve">{written}</t></is></c>'


def _width(text: str) -> int:
    """Return how many columns of letters the longest line of a text takes; Chinese characters take two."""
    if len(text) > _LONG:
        return _WIDEST + 1
    lines = text.splitlines() or [""]
    return max(sum(1 + (east_asian_width(letter) in "WF") for letter in line) for line in lines)


def clean(text: str) -> str:
    """Return a text as a sheet can hold it: without control characters, every line break a line feed."""
    text = for_file(replace_surrogates(text)).replace("\r\n", "\n").replace("\r", "\n")
    return _NOT_XML.sub("\ufffd", text)


def _value_markup(cell: object) -> str | None:
    """Return a number, a truth or a time as such; None for what is to be written as text."""
    match cell:
        case bool():
            return f' t="b"><v>{cell:d}</v></c>'
        case int() if abs(cell) <= _LARGEST:
            return f"><v>{cell}</v></c>"
        case float() if math.isfinite(cell):
            return f"><v>{cell!r}</v></c>"
        case datetime() if cell.tzinfo is None and cell >= _FIRST_DAY:
            days = (cell - _EPOCH).total_seconds() / 86_400
            return f' s="{1 if days.is_integer() else 2}"><v>{days!r}</v></c>'
        case time() if cell.tzinfo is None:
            return f' s="3"><v>{(cell.hour * 3600 + cell.minute * 60 + cell.second) / 86_400!r}</v></c>'
        case date() if not isinstance(cell, datetime) and cell >= _FIRST_DAY.date():
            return f' s="1"><v>{(cell - _EPOCH.date()).days}</v></c>'
        case _:
            return None


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


def _shortened(text: str) -> str:
    text = text[: TEXT_LIMIT - len(_CUT)]
    while (over := _units(text) - (TEXT_LIMIT - len(_CUT))) > 0:
        text = text[: -max(1, over // 2)]
    return text + _CUT


def _letters(number: int) -> str:
    name = ""
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name
