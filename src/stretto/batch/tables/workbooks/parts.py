"""The parts of a workbook beside its cells: sheets, shared strings, number formats. Standard library only."""

import posixpath
import re
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from tempfile import SpooledTemporaryFile
from typing import IO, NamedTuple
from xml.etree import ElementTree
from xml.parsers import expat
from zipfile import ZipFile

from stretto.batch.tables.readers.raw_rows import CELL_LIMIT
from stretto.core.text import replace_surrogates

_BLOCK = 1 << 16
_IN_MEMORY = 8 << 20
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")


class WorkbookError(Exception):
    """The file is not a workbook that can be read; the text says why."""


class Sheet(NamedTuple):
    """One sheet of a workbook."""

    name: str
    part: str
    visible: bool


class Workbook(NamedTuple):
    """What must be known to read a workbook's sheets."""

    sheets: Sequence[Sheet]
    """In the workbook's order; those without cells, such as charts, are none."""
    strings: str | None
    """The part with the shared strings."""
    formats: Sequence[str]
    """The number format of each cell style."""
    from_1904: bool
    """Whether days are counted from 1904."""


def local(name: str) -> str:
    """Return an XML name without its namespace."""
    return name.rpartition("}")[2]


def unescape(text: str) -> str:
    """Return a sheet's text with its `_x000D_` as the characters they stand for."""
    if "_x" not in text:
        return text
    return replace_surrogates(_ESCAPE.sub(lambda match: chr(int(match[1], 16)), text))


def parse(stream: IO[bytes], parser: expat.XMLParserType) -> Iterator[None]:
    """Feed a part to the parser and yield after each block, so that what it found can be taken away."""

    def refuse(*_: object) -> None:
        raise WorkbookError("it declares a document type")  # the way to entities that grow without end

    parser.StartDoctypeDeclHandler = refuse
    parser.buffer_text = True
    while block := stream.read(_BLOCK):
        parser.Parse(block, False)
        yield
    parser.Parse(b"", True)
    yield


def read_workbook(archive: ZipFile) -> Workbook:
    """Return what a workbook says of itself; at least one sheet is there."""
    workbook = next((part for kind, part in _relations(archive, "").values() if kind == "officeDocument"), "")
    if workbook not in archive.namelist():
        raise WorkbookError("it has no workbook inside")
    relations = _relations(archive, workbook)
    root = _tree(archive, workbook)
    sheets: list[Sheet] = []
    for entry in root.iter():
        if local(entry.tag) != "sheet":
            continue
        link = next((value for name, value in entry.items() if local(name) == "id"), "")
        kind, part = relations.get(link, ("", ""))
        if kind == "worksheet" and part in archive.namelist():
            sheets.append(Sheet(entry.get("name", ""), part, entry.get("state", "visible") == "visible"))
    if not any(sheet.visible for sheet in sheets):
        raise WorkbookError("it has no visible sheet")
    parts = {kind: part for kind, part in relations.values() if part in archive.namelist()}
    settings = next((entry for entry in root.iter() if local(entry.tag) == "workbookPr"), None)
    return Workbook(
        sheets=sheets,
        strings=parts.get("sharedStrings"),
        formats=_formats(archive, parts["styles"]) if "styles" in parts else (),
        from_1904=settings is not None and settings.get("date1904", "") in ("1", "true"),
    )


def _tree(archive: ZipFile, part: str) -> ElementTree.Element:
    if archive.getinfo(part).file_size > 10 * CELL_LIMIT:
        raise WorkbookError(f"its part {part} is too large")
    with archive.open(part) as stream:
        builder = ElementTree.TreeBuilder()
        parser = expat.ParserCreate(namespace_separator="}")
        parser.StartElementHandler = lambda name, attributes: builder.start(name, attributes) and None
        parser.EndElementHandler = lambda name: builder.end(name) and None
        for _ in parse(stream, parser):
            pass
        return builder.close()


def _relations(archive: ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Return what a part refers to: the kind and the part, by id."""
    folder, name = posixpath.split(part)
    relations = posixpath.join(folder, "_rels", f"{name}.rels")
    if relations not in archive.namelist():
        return {}
    found: dict[str, tuple[str, str]] = {}
    for entry in _tree(archive, relations):
        target = posixpath.normpath(posixpath.join("/", folder, entry.get("Target", "")))
        found[entry.get("Id", "")] = (entry.get("Type", "").rpartition("/")[2], target.lstrip("/"))
    return found


_BUILT_IN: Mapping[int, str] = {
    **{1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??"},
    **dict.fromkeys((*range(14, 18), 22, *range(27, 37), *range(50, 59)), "yyyy-mm-dd"),
    **{18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0"},
    **{37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)", 39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)"},
    **{48: "##0.0E+0", 49: "@"},
}
"""What a number means that no workbook explains; the currencies (5 to 8, 41 to 44) are those of each country."""


def _formats(archive: ZipFile, part: str) -> list[str]:
    root = _tree(archive, part)
    codes = dict(_BUILT_IN)
    for entry in root.iter():
        if local(entry.tag) == "numFmt":
            codes[int(entry.get("numFmtId", "0"))] = entry.get("formatCode", "")
    styles = next((entry for entry in root if local(entry.tag) == "cellXfs"), ())
    return [codes.get(int(style.get("numFmtId", "0")), "General") for style in styles]


class SharedStrings:
    """The strings that cells refer to by number; past some megabytes they are on the disk."""

    def __init__(self, archive: ZipFile, part: str | None) -> None:
        self._starts = array("Q", [0])
        self._file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 (closed by `close`)
        if part is not None:
            try:
                self._fill(archive, part)
            except BaseException:
                self.close()
                raise

    def __getitem__(self, number: int) -> str:
        if not 0 <= number < len(self._starts) - 1:
            raise WorkbookError(f"it has no shared string {number}")
        self._file.seek(self._starts[number])
        return self._file.read(self._starts[number + 1] - self._starts[number]).decode()

    def close(self) -> None:
        """Give the room back."""
        self._file.close()

    def _fill(self, archive: ZipFile, part: str) -> None:
        with archive.open(part) as stream:
            parser = expat.ParserCreate(namespace_separator="}")
            TextParts(parser, "si", self._add)
            for _ in parse(stream, parser):
                pass

    def _add(self, text: str) -> None:
        data = unescape(text).encode()
        self._file.write(data)
        self._starts.append(self._starts[-1] + len(data))


class TextParts:
    """Collects the text of every element of one name from its `t` elements, hints at pronunciation left out."""

    def __init__(self, parser: expat.XMLParserType, element: str, found: Callable[[str], None]) -> None:
        self._element = element
        self._found = found
        self._pieces: list[str] = []
        self._size = 0
        self._reading = self._phonetic = False
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data

    def _start(self, name: str, attributes: object) -> None:
        name = local(name)
        if name == self._element:
            self._pieces, self._size = [], 0
        elif name == "rPh":
            self._phonetic = True
        elif name == "t":
            self._reading = not self._phonetic

    def _end(self, name: str) -> None:
        name = local(name)
        if name == "t":
            self._reading = False
        elif name == "rPh":
            self._phonetic = False
        elif name == self._element:
            self._found("".join(self._pieces))

    def _data(self, data: str) -> None:
        if self._reading:
            self._size += len(data)
            if self._size > CELL_LIMIT:
                raise WorkbookError(f"it has a cell of more than {CELL_LIMIT:,} characters")
            self._pieces.append(data)
