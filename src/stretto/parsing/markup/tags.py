"""Finds the tags of a plan in a text, tolerant of how models write them, in linear time. No I/O."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from stretto.parsing.names import Kind, kind_of, normal

OPENERS = "<＜〈⟨‹《﹤◁"
CLOSERS = ">＞〉⟩›》﹥▷"
_HEAD = re.compile(
    rf"(?P<comment><!--)|(?P<cdata><!\[CDATA\[)|(?P<dtd><!(?:DOCTYPE|ENTITY))|(?P<bracket>\[(?P<slash>/)?THINK\])"
    rf"|\\?[{OPENERS}]\s*+(?P<close>\\?[/／]{{1,2}}|\\)?+[\s|]*+(?P<name>[^\W\d][\w.:\-]*+)",
    re.IGNORECASE,
)
_NO_OPENER = f"[^{OPENERS}{CLOSERS}\"']"
# A quoted value may hold the closing bracket. It stops at the next opening one, so no character is looked at twice.
_QUOTED = re.compile(rf"(?P<attrs>(?:{_NO_OPENER}|\"[^\"{OPENERS}]*+\"|'[^'{OPENERS}]*+')*+)(?P<end>[{CLOSERS}])")
_PLAIN = re.compile(rf"(?P<attrs>[^{OPENERS}{CLOSERS}]*+)(?P<end>[{CLOSERS}])")
# The same with opening brackets inside the quotes, which XML forbids and models write.
_LOOSE = re.compile(r"""\s(?P<attrs>(?:[^<>"']|"[^"]*+"|'[^']*+')*+)(?P<end>>)""")
_NEXT_TAG = re.compile(rf"\s*+(?=[{OPENERS}])")
_ATTRIBUTE = re.compile(r"""([^\W\d][\w:.\-]*+)\s*+[=＝]\s*+(?:"([^"]*+)"|'([^']*+)'|“([^”]*+)”|([^\s"'>]++))""")


@dataclass(frozen=True, slots=True)
class Token:
    """One tag of a plan, or one span that hides tags."""

    kind: "Kind | None"
    """None for a comment, a CDATA section or a document type."""
    start: int
    end: int
    name: str = ""
    close: bool = False
    empty: bool = False
    """Whether the tag closes itself."""
    attrs: str = ""


def attributes(text: str) -> list[tuple[str, str]]:
    """Return the attributes of a tag by normal name, in order, values still encoded."""
    return [
        (normal(match[1]), next((value for value in match.groups()[1:] if value is not None), ""))
        for match in _ATTRIBUTE.finditer(text)
    ]


class _Finder:
    """Finds the next place of a string from positions that only grow, without searching any part twice."""

    def __init__(self, text: str, needle: str) -> None:
        self._text = text
        self._needle = needle
        self._next = -2

    def after(self, position: int) -> int:
        """Return the first place at or after `position`, or -1."""
        if self._next != -1 and self._next < position:
            self._next = self._text.find(self._needle, position)
        return self._next


class Tokenizer:
    """Goes once through a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._comment_ends = _Finder(text, "-->")
        self._comments = _Finder(text, "<!--")
        self._cdata_ends = _Finder(text, "]]>")
        self._cdatas = _Finder(text, "<![CDATA[")
        self._dtd_ends = _Finder(text, "]>")
        self._loose = True

    def __iter__(self) -> Iterator[Token]:
        position = 0
        while match := _HEAD.search(self._text, position):
            token = self._read(match)
            if token:
                yield token
            position = token.end if token else match.end()

    def _read(self, match: re.Match[str]) -> Token | None:
        if match["comment"]:
            return self._span(match, self._comment_ends.after(match.end()), 3, self._comments.after(match.end()))
        if match["cdata"]:
            return self._span(match, self._cdata_ends.after(match.end()), 3, self._cdatas.after(match.end()))
        if match["dtd"]:
            return self._document_type(match)
        if match["bracket"]:
            return Token("think", match.start(), match.end(), "think", close=bool(match["slash"]))
        kind = kind_of(match["name"])
        return self._tag(match, kind) if kind else None

    def _span(self, match: re.Match[str], end: int, width: int, again: int) -> Token | None:
        # One that begins again before it ends was never closed: to skip to that end would lose what is between.
        if end < 0 or 0 <= again < end:
            return None
        return Token(None, match.start(), end + width, match[0])

    def _document_type(self, match: re.Match[str]) -> Token | None:
        head = _PLAIN.match(self._text, match.end())
        if head and "[" not in head["attrs"]:
            return Token(None, match.start(), head.end(), match[0])
        return self._span(match, self._dtd_ends.after(match.end()), 2, -1)

    def _tag(self, match: re.Match[str], kind: Kind) -> Token | None:
        text, end = self._text, match.end()
        start, name = match.start(), normal(match["name"])
        if text[start - 1 : start] == "`" and _is_quoted(text, end):
            return None
        found = _QUOTED.match(text, end) or _PLAIN.match(text, end)
        if not found and (bare := _NEXT_TAG.match(text, end)):
            return Token(kind, start, bare.end(), name, close=bool(match["close"]))
        if not found and self._loose and kind in ("task", "approach", "item"):
            found = _LOOSE.match(text, end)
            self._loose = found is not None
        if not found:
            return None
        attrs = found["attrs"].rstrip().removesuffix("\\").rstrip()
        empty = attrs.endswith(("/", "／"))
        attrs = attrs[:-1] if empty else attrs
        return Token(kind, start, found.end(), name, bool(match["close"]), empty, attrs)


def _is_quoted(text: str, position: int) -> bool:
    """Whether a tag whose name ends here is Markdown code: named, not used."""
    return re.match(rf"\s?/?[{CLOSERS}][^\s`]?`(?!``)", text[position : position + 6]) is not None
