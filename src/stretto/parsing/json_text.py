"""Reads JSON as models write it: strict where it is strict, tolerant where it is not, in linear time. No I/O."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

MAX_DEPTH = 100
"""More brackets inside each other than any plan has."""


class Omission:
    """Dots that stand for something left out."""


OMISSION = Omission()


@dataclass(frozen=True, slots=True)
class Bare:
    """A word without quotes: a number, a literal, or text."""

    text: str


@dataclass(slots=True)
class Pairs:
    """An object; a name may be there more than once."""

    items: list[tuple[str, "Value"]]
    ended: bool = True
    """Whether its own closing brace was there."""


@dataclass(slots=True)
class Items:
    """An array."""

    items: "list[Value]"
    ended: bool = True


Value = str | Bare | Pairs | Items | Omission


class JsonError(Exception):
    """The text cannot be read as JSON."""

    def __init__(self, message: str, position: int, *, cut: bool = False, deep: bool = False) -> None:
        super().__init__(message)
        self.position = position
        self.cut = cut
        """Whether the text ended before the value did."""
        self.deep = deep
        """Whether it gave up on too many brackets."""
        self.value: Value | None = None
        """As much of the value as could be read; None for nothing."""
        self.between = False
        """Whether the cut fell between two entries of an object."""


def read_value(text: str, start: int) -> tuple[Value, int]:
    """Return the value that begins at `start`, and where it ends; raises `JsonError`."""
    try:
        value, end = _DECODER.raw_decode(text, start)
        return _typed(value, 0), end
    except RecursionError:
        raise JsonError("too many brackets inside each other", len(text), deep=True) from None
    except ValueError:
        return TolerantReader(text, start).read()


@dataclass(slots=True)
class _Object:
    items: list[tuple[str, object]]


_DECODER = json.JSONDecoder(
    object_pairs_hook=_Object, parse_int=Bare, parse_float=Bare, parse_constant=Bare, strict=False
)


def _typed(value: object, depth: int) -> Value:
    if depth > MAX_DEPTH:
        raise RecursionError
    if isinstance(value, (str, Bare)):
        return value
    if isinstance(value, _Object):
        return Pairs([(name, _typed(item, depth + 1)) for name, item in value.items])
    if isinstance(value, list):
        return Items([_typed(item, depth + 1) for item in cast("list[object]", value)])
    return Bare("null" if value is None else str(value))


_DOUBLE = '"“”„＂″'
_SINGLE = "'‘’‛`"
_QUOTE = f"[{_DOUBLE}{_SINGLE}]"
_COLON = r"\s*+(?::|：|=>|=(?!=))"
_KEY = rf"{_QUOTE}[^{_DOUBLE}{_SINGLE}{{}}\[\]\n]{{1,60}}+{_QUOTE}\s*+(?::|：|=>)"
_BARE_KEY = r"[^\W\d][\w\-]{0,60}+\s*+(?::|：)"
_OMITTED = r"\.{3}|…|//|/\*|#"
# After a bracket that really closes, only these can follow; otherwise the quote before it belongs to the text.
_CLOSES = r"[}\])](?=\s*+(?:[,，;}\])`{<\n]|$))"
_END_OF_FIELD = re.compile(rf"\s*+(?:{_CLOSES}|$|[,，;]\s*+(?:[}}\])]|{_KEY}|{_OMITTED}|$)|{_KEY})")
_END_OF_BARE_FIELD = re.compile(rf"\s*+(?:{_CLOSES}|$|[,，;]\s*+(?:[}}\])]|{_BARE_KEY}|{_KEY}|{_OMITTED}|$))")
_END_OF_ITEM = re.compile(
    rf"\s*+(?:{_CLOSES}|$|[,，、;]\s*+(?:[}}\])({{\[]|{_QUOTE}|{_OMITTED}|-?\d|null|None|$)|\n\s*+(?:{_QUOTE}|[{{(\[]))"
)
_END_OF_KEY = re.compile(_COLON)
_END_AT_TOP = re.compile(r"\s*+(?:$|```|[\n<])")
_PLUS = re.compile(r"\s*+\+\s*+(?=[\"'])")
_SPACE = re.compile(r"(?:[\s\ufeff\u200b]++|//[^\n]*+|#[^\n]*+)*+")
_BARE = re.compile(r"[^,，}\]){\[(\n]++")
_COLON_HERE = re.compile(_COLON)
_DOUBLE_STOP = re.compile(rf"[{_DOUBLE}\\]")
_ASCII_STOP = re.compile(r"[\"\\]")
_SINGLE_STOP = re.compile(rf"[{_SINGLE}\\]")
_SWALLOWED = re.compile(
    rf"{_QUOTE}?\s*[,，]\s*{_QUOTE}(?:type|name|title|description|desc|details|tier|task){_QUOTE}\s*[:：]",
    re.IGNORECASE,
)
_SIMPLE_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "\n": "\n"}
_HEX = re.compile(r"u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})")


class TolerantReader:
    """Reads one value that is nearly JSON: JavaScript, Python, curly quotes, quotes without their backslash."""

    def __init__(self, text: str, start: int) -> None:
        self._text = text
        self._at = start
        self._quoted_keys = True
        self._top: list[Value] = []

    def read(self) -> tuple[Value, int]:
        """Return the value and where it ends; raises `JsonError`."""
        try:
            self._value(self._top.append, _END_AT_TOP, 0)
        except JsonError as error:
            error.value = self._top[0] if self._top else None
            raise
        return self._top[0], self._at

    def _value(self, keep: Callable[[Value], None], end: re.Pattern[str], depth: int) -> None:
        if depth > MAX_DEPTH:
            raise JsonError("too many brackets inside each other", self._at, deep=True)
        sign = self._peek()
        if sign == "{":
            pairs = Pairs([], ended=False)
            keep(pairs)
            self._object(pairs, depth)
        elif sign and sign in "[(":
            items = Items([], ended=False)
            keep(items)
            self._array(items, depth)
        elif sign and sign in _DOUBLE + _SINGLE:
            keep(self._string(end))
        elif self._omission():
            keep(OMISSION)
        else:
            keep(self._bare())

    def _object(self, pairs: Pairs, depth: int) -> None:
        self._at += 1
        while True:
            sign = self._peek(between=True)
            if sign == "}" or (sign and sign in "])"):
                # Another bracket than its own: its own was forgotten, unless nothing is around it.
                pairs.ended = True
                self._at += sign == "}" or depth == 0
                return
            if sign in ",，;":
                self._at += 1
            elif self._omission():
                pairs.items.append(("", OMISSION))
            else:
                name = self._key()
                bare_keys = not self._quoted_keys
                self._value(
                    lambda value, name=name: pairs.items.append((name, value)),
                    _END_OF_BARE_FIELD if bare_keys else _END_OF_FIELD,
                    depth + 1,
                )

    def _key(self) -> str:
        if self._text[self._at] in _DOUBLE + _SINGLE:
            self._quoted_keys = True
            name = self._string(_END_OF_KEY)
        else:
            self._quoted_keys = False
            match = _BARE_NAME.match(self._text, self._at)
            if not match:
                raise JsonError(f"no name before {self._text[self._at : self._at + 20]!r}", self._at + 1)
            name, self._at = match[0], match.end()
        colon = _COLON_HERE.match(self._text, self._at)
        if not colon:
            self._peek()
            raise JsonError(f"no colon after {name[:40]!r}", self._at)
        self._at = colon.end()
        return name

    def _array(self, items: Items, depth: int) -> None:
        self._at += 1
        while True:
            sign = self._peek()
            if sign in "])}":
                items.ended = sign != "}" or depth > 0
                self._at += sign != "}"
                if sign == "}" and depth == 0:
                    raise JsonError("a brace closes a bracket", self._at + 1)
                return
            if sign in ",，、;":
                self._at += 1
            else:
                self._value(items.items.append, _END_OF_ITEM, depth + 1)

    def _peek(self, *, between: bool = False) -> str:
        """Return the next character that is neither space nor comment; raises at the end of the text."""
        while True:
            begin = self._at
            self._at = _SPACE.match(self._text, begin).end()  # type: ignore[union-attr]
            if self._text.startswith("/*", self._at):
                end = self._text.find("*/", self._at + 2)
                self._at = len(self._text) if end < 0 else end + 2
            if self._at == begin or not self._text.startswith(("/", "#"), self._at):
                break
        if self._at >= len(self._text):
            error = JsonError("it stops in the middle", self._at, cut=True)
            error.between = between
            raise error
        return self._text[self._at]

    def _omission(self) -> bool:
        match = _DOTS.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return match is not None

    def _bare(self) -> Bare:
        match = _BARE.match(self._text, self._at)
        if not match or not match[0].strip():
            raise JsonError(f"nothing readable at {self._text[self._at : self._at + 20]!r}", self._at + 1)
        self._at = match.end()
        if self._at >= len(self._text):
            raise JsonError("it stops in the middle", self._at, cut=True)
        return Bare(match[0].strip())

    def _string(self, end: re.Pattern[str]) -> str:
        text = self._text
        opener = text[self._at]
        if text.startswith(opener * 3, self._at) and opener in "\"'":
            return self._triple(opener * 3)
        stop = _ASCII_STOP if opener == '"' else _DOUBLE_STOP if opener in _DOUBLE else _SINGLE_STOP
        parts: list[str] = []
        inner = False
        position = self._at + 1
        while match := stop.search(text, position):
            parts.append(text[position : match.start()])
            if match[0] == "\\":
                piece, position = _escape(text, match.end())
                parts.append(piece)
                continue
            if plus := _PLUS.match(text, match.end()):
                position = plus.end() + 1
                continue
            if end.match(text, match.end()):
                self._at = match.end()
                return self._checked("".join(parts), inner=inner)
            parts.append(match[0])
            inner = True
            position = match.end()
        raise JsonError("it stops inside a text", len(text), cut=True)

    def _triple(self, quotes: str) -> str:
        end = self._text.find(quotes, self._at + 3)
        if end < 0:
            raise JsonError("it stops inside a text", len(self._text), cut=True)
        found = self._text[self._at + 3 : end]
        self._at = end + 3
        return found

    def _checked(self, found: str, *, inner: bool) -> str:
        if inner and _SWALLOWED.search(found):
            raise JsonError("a closing quote is missing", self._at)
        return found


def _escape(text: str, position: int) -> tuple[str, int]:
    """Return what the escape behind a backslash stands for, and where it ends."""
    sign = text[position : position + 1]
    if match := _HEX.match(text, position):
        code = int(match[1] or match[2], 16)
        low = _LOW.match(text, match.end()) if 0xD800 <= code < 0xDC00 else None
        if low:
            return chr(0x10000 + ((code - 0xD800) << 10) + int(low[1], 16) - 0xDC00), low.end()
        return chr(code), match.end()
    if sign in _SIMPLE_ESCAPES:
        return _SIMPLE_ESCAPES[sign], position + 1
    # What JSON does not know keeps its backslash, as in a path or a pattern.
    return (sign if sign in _KEPT else "\\" + sign), position + 1


_LOW = re.compile(r"\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_KEPT = _DOUBLE + _SINGLE + "\\/"
_DOTS = re.compile(r"\.{3,}|…+")
_BARE_NAME = re.compile(r"[^\W\d][\w\-]*+")
