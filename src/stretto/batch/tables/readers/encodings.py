"""Detects how a text file is encoded, by its bytes alone."""

import codecs
import re
from pathlib import Path

from stretto.core.errors import InputError

_BLOCK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAVE = "Save it as UTF-8, or say which encoding it has."

_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
# Chinese text is mostly of the common characters and of punctuation; Cyrillic letters in pairs fall elsewhere.
_COMMON = re.compile(rb"(?:[\xa1-\xa3\xb0-\xd7][\xa1-\xfe])+")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f]")


def detect_encoding(path: Path, *, given: str | None = None) -> tuple[str, str]:
    """Return the encoding of the whole file and a note about it, mostly empty.

    A byte order mark counts most, then UTF-8; where the bytes are neither, GB 18030 and Windows-1252 are told apart by
    how bytes above 127 stand together. Raises `InputError` when none fits, or not the one that is `given`.
    """
    with path.open("rb") as file:
        head = file.read(_BLOCK)
    if given is not None:
        return _as_given(path, given, head), ""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return _verified(path, name), ""
    if wide := _unmarked_utf16(head):
        return _verified(path, wide), f"{path} was read as {wide.upper()}: it has no byte order mark."
    place = _decodes(path, "utf-8")
    if place is None:
        return "utf-8", ""
    if len(_CONTROL.findall(head)) > len(head) / 50:
        raise InputError(f"{path} is not text.", hint="Give a CSV or JSON lines file, a workbook (.xlsx) or Parquet.")
    return _legacy(path, place)


def _as_given(path: Path, given: str, head: bytes) -> str:
    try:
        name = codecs.lookup(given).name
        "".encode(name)  # some codecs are not for text
    except LookupError:
        raise InputError(
            f"Unknown encoding {given!r}.", hint="Known are utf-8, gb18030, cp1252, shift_jis, …"
        ) from None
    if name == "utf-8" and head.startswith(codecs.BOM_UTF8):
        name = "utf-8-sig"
    return _verified(path, name)


def _verified(path: Path, name: str) -> str:
    place = _decodes(path, name)
    if place is not None:
        raise InputError(f"{path} is not {name.upper()} throughout (near byte {place:,}).", hint=_SAVE)
    return name


def _decodes(path: Path, name: str) -> int | None:
    """Return None when the whole file is in this encoding, else about where it is not."""
    decoder = codecs.getincrementaldecoder(name)()
    done = 0
    with path.open("rb") as file:
        try:
            while block := file.read(_BLOCK):
                decoder.decode(block)
                done += len(block)
            decoder.decode(b"", final=True)
        except UnicodeError as error:
            return done + getattr(error, "start", 0)
    return None


def _unmarked_utf16(head: bytes) -> str | None:
    """Return the form of UTF-16 whose text is partly ASCII: every other byte of that is NUL."""
    half = len(head) // 2
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) < half * 0.3 or min(even, odd) > half * 0.05:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _legacy(path: Path, place: int) -> tuple[str, str]:
    high = common = alone = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            runs = _HIGH_RUN.findall(block)
            high += sum(map(len, runs))
            alone += sum(len(run) == 1 for run in runs)
            common += sum(map(len, _COMMON.findall(block)))
    if common > high * 0.7 and _decodes(path, "gb18030") is None:
        return "gb18030", f"{path} is not UTF-8; it was read as Chinese (GB 18030)."
    if alone > high * 0.5 and _decodes(path, "cp1252") is None:
        return "cp1252", f"{path} is not UTF-8; it was read as Western European (Windows-1252)."
    raise InputError(f"The encoding of {path} cannot be told: it is not UTF-8 (near byte {place:,}).", hint=_SAVE)
