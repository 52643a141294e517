"""A text without its Markdown marks, as a cell of a sheet is read and pasted. No I/O."""

import re
from collections.abc import Sequence

_FENCE = re.compile(r"^ {0,3}(?:```|~~~)[^\n]*\n?", re.MULTILINE)
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$", re.MULTILINE)
_BULLET = re.compile(r"^([ \t]*)[*+](?=[ \t]+\S)", re.MULTILINE)
_LINK = re.compile(r"(!?)\[([^\[\]\n]*)\]\(<?((?:https?:|mailto:|/|#)[^()\s<>]*)>?(?:[ \t]+\"[^\"\n]*\")?\)")
_STRONG = re.compile(r"(?<!\\)(\*\*)(?=\S)((?:(?!\n\n|\1).)+?)(?<=\S)\1", re.DOTALL)
_STARS = re.compile(r"(?<![\w*\\])\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*(?![\w*])")
_LETTER = r"[^\W\d_]"
# A code such as _x0041_ has marks of its own.
_LOW_LINES = re.compile(rf"(?<![\w\\])(__?)({_LETTER}(?:[^_\n]*{_LETTER}[.!?:：。]?))\1(?!\w)")
_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_RULE = re.compile(r"^ {0,3}(?:\*[ \t]*){3,}$|^ {0,3}(?:_[ \t]*){3,}$|^ {0,3}-{3,}[ \t]*$", re.MULTILINE)
_TABLE = re.compile(r"^\|.*\|[ \t]*\n\|(?:[ \t]*:?-+:?[ \t]*\|)+[ \t]*(?:\n\|.*\|[ \t]*$)*", re.MULTILINE)
_ESCAPE = re.compile(r"\\([*_`#\[\]])")
_IN_TURN: Sequence[tuple[re.Pattern[str], str]] = (
    (_FENCE, ""),
    (_HEADING, r"\1"),
    (_RULE, ""),
    (_BULLET, r"\1-"),
    (_STRONG, r"\2"),
    (_STARS, r"\1"),
    (_LOW_LINES, r"\2"),
    (_CODE, r"\1"),
)


def plain_text(text: str) -> str:
    """Return the text without marks for headings, emphasis, code and links; words, breaks and lists stay.

    A mark that stands for itself, such as the star of 5 * 3 or of a footnote, stays too.
    """
    plain = _TABLE.sub(_table, _LINK.sub(_link, text))
    for pattern, kept in _IN_TURN:
        plain = pattern.sub(kept, plain)
    plain = _ESCAPE.sub(r"\1", plain)
    return re.sub(r"\n{3,}", "\n\n", plain).strip("\n") if plain != text else text


def _table(match: re.Match[str]) -> str:
    """Return the lines of a table without its frame."""
    head, _, *lines = match[0].splitlines()
    return "\n".join(line.strip().strip("|").strip() for line in (head, *lines))


def _link(match: re.Match[str]) -> str:
    image, words, address = match.groups()
    if image or words == address or address.startswith("#"):
        return words
    return f"{words} ({address.removeprefix('mailto:')})"
