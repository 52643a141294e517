"""Reads JSON as models write it: strict where it is strict, tolerant where it is not, in linear time. No I/O."""

import re
from collections.abc import Callable

from stretto.parsing.fields import is_ellipsis
from stretto.parsing.invisible_characters import INVISIBLE
from stretto.parsing.json.strict import MAX_DEPTH, OMISSION, Bare, Items, JsonError, Pairs, Value, read_strict
from stretto.parsing.json.windows_paths import path_at

_DOUBLE = '"“”„＂″'
_SINGLE = "'‘’‛`"
_QUOTE = f"[{_DOUBLE}{_SINGLE}]"
# Characters of no width are nothing between the parts; inside of texts they stay.
_S = rf"[\s{INVISIBLE}]"
_COLON = rf"{_S}*+(?::|：|=>|=(?!=))"
_COMMENT = r"/\*(?:[^*]|\*(?!/)){0,400}+\*/"
_WS = rf"(?:{_S}++|{_COMMENT})*+"
_KEY = rf"{_QUOTE}[^{_DOUBLE}{_SINGLE}{{}}\[\]\n]{{1,60}}+{_QUOTE}{_WS}(?::|：|=>)"
_BARE_KEY = rf"[^\W\d][\w\-{INVISIBLE}]{{0,60}}+{_S}*+(?::|：)"
_OMITTED = r"\.{3}|…|//|/\*|#"
_COMMAS = rf"(?:[,，、;]{_WS})++"
# After a bracket that really closes, only these can follow; otherwise the quote before it belongs to the text.
_CLOSES = rf"[}}\])](?:(?={_WS}(?:[,，;}}\])`{{<#]|//|$))|(?=[ \t]*\n))"
_END_OF_FIELD = re.compile(rf"{_WS}(?:{_CLOSES}|$|{_COMMAS}(?:[}}\])]|{_KEY}|{_OMITTED}|$)|{_KEY}|//|#)")
_END_OF_BARE_FIELD = re.compile(rf"{_WS}(?:{_CLOSES}|$|{_COMMAS}(?:[}}\])]|{_BARE_KEY}|{_KEY}|{_OMITTED}|$))")
_END_OF_ITEM = re.compile(
    rf"{_WS}(?:{_CLOSES}|$|{_COMMAS}(?:[}}\])({{\[]|{_QUOTE}|{_OMITTED}|-?\d|null|None|$))"
    rf"|[ \t{INVISIBLE}]*\n{_S}*+(?:{_QUOTE}|[{{(\[])"
)
_END_OF_KEY = re.compile(_COLON)
_END_AT_TOP = re.compile(rf"{_S}*+(?:$|```|<)|[ \t]*\n")
_PLUS = re.compile(rf"{_S}*+\+{_S}*+(?=[\"'])")
_SPACE = re.compile(rf"(?:{_S}++|//[^\n]*+|#[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)*+")
_BARE = re.compile(r"[^,，}\]){\[(\n]++")
_BARE_NAME = re.compile(rf"[^\W\d][\w\-{INVISIBLE}]*+")
_COLON_HERE = re.compile(_COLON)
_DOTS = re.compile(r"\.{3,}|…+")
_DOUBLE_STOP = re.compile(rf"[{_DOUBLE}\\]")
_ASCII_STOP = re.compile(r"[\"\\]")
_SINGLE_STOP = re.compile(rf"[{_SINGLE}\\]")
_SWALLOWED = re.compile(
    rf"[,，]\s{{0,40}}{_QUOTE}(?:type|name|title|description|desc|details|tier|task){_QUOTE}\s{{0,40}}[:：]",
    re.IGNORECASE,
)
_SIMPLE_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "\n": ""}
_KEPT = _DOUBLE + _SINGLE + "\\/"
_HEX = re.compile(r"u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})")
_LOW = re.compile(r"\\u([dD][c-fC-F][0-9a-fA-F]{2})")


def read_value(text: str, start: int) -> tuple[Value, int]:
    """Return the value that begins at `start`, and where it ends; raises `JsonError`."""
    return read_strict(text, start) or TolerantReader(text, start).read()


class TolerantReader:
    """Reads one value that is nearly JSON: JavaScript, Python, curly quotes, quotes without their backslash."""

    def __init__(self, text: str, start: int) -> None:
        self._text = text
        self._at: int = start
        self._quoted_keys = True
        self._dots = False
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
        elif sign in "[(":
            items = Items([], ended=False)
            keep(items)
            self._array(items, depth)
        elif sign in _DOUBLE + _SINGLE:
            keep(self._string(end))
        elif self._omission():
            keep(OMISSION)
        else:
            keep(self._bare())

    def _object(self, pairs: Pairs, depth: int) -> None:
        self._at += 1
        while True:
            sign = self._peek(between=True)
            if self._took_dots():
                pairs.items.append(("", OMISSION))
            if sign in "}])":
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
            if self._took_dots():
                items.items.append(OMISSION)
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
        space = _SPACE.match(self._text, self._at)
        if space:
            self._dots = self._dots or (space.end() - self._at > 4 and _hides_more(space[0]))
            self._at = space.end()
        if self._at >= len(self._text):
            error = JsonError("it stops in the middle", self._at, cut=True)
            error.between = between
            raise error
        return self._text[self._at]

    def _took_dots(self) -> bool:
        """Whether a comment that was just passed says that something is left out."""
        dots, self._dots = self._dots, False
        return dots

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
            if match[0] == "\\" and (end_of_path := path_at(text, match.start(), position)) >= 0:
                parts.append(text[match.start() : end_of_path])
                position = end_of_path
                if text.startswith(f"\\{opener}", position) and end.match(text, position + 2):
                    # Its last backslash was not meant to escape the quote that ends the text.
                    self._at = position + 2
                    return self._checked("".join([*parts, "\\"]), inner=inner, key=False)
                continue
            if match[0] == "\\":
                piece, position = _escape(text, match.end())
                parts.append(piece)
                continue
            if plus := _PLUS.match(text, match.end()):
                position = plus.end() + 1
                continue
            if end.match(text, match.end()):
                self._at = match.end()
                return self._checked("".join(parts), inner=inner, key=end is _END_OF_KEY)
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

    def _checked(self, found: str, *, inner: bool, key: bool) -> str:
        if inner and (key or _SWALLOWED.search(found)):
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


def _hides_more(space: str) -> bool:
    """Whether a comment among this white space stands for something left out."""
    return any(is_ellipsis(line.strip(" \t/*#")) for line in space.split("\n"))
