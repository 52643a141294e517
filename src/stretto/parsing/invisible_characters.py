"""Characters of no width, which are nothing inside of markup and stay inside of text. No I/O."""

import re

from stretto.parsing.names import is_name
from stretto.parsing.reasoning.marks import ANSWERS, MARK, SPECIAL, THINKING

INVISIBLE = (
    "\u00ad\u034f\u061c\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""For a class of characters in a pattern: joiners, soft hyphens, marks of direction, variation selectors, tags."""
_ANY = re.compile(f"[{INVISIBLE}]")
_OPENERS = "<＜〈⟨‹《﹤◁"
_CLOSERS = ">＞〉⟩›》﹥▷"
# It stops at the next opening bracket, so no character is looked at twice.
_REGION = re.compile(f"[{_OPENERS}][^{_OPENERS}{_CLOSERS}]{{0,1000}}+[{_CLOSERS}]")
_SQUARE = re.compile(r"[\[【][^\[\]【】\n]{1,60}+[\]】]")
_QUOTED = re.compile(r"\"[^\"]*+\"|'[^']*+'")
_TAG = re.compile(r"[^\w]{0,6}(?P<name>[^\W\d][\w.:\-]{0,60})")
_FENCE = re.compile(rf"^[ \t{INVISIBLE}]*+(?:[`{INVISIBLE}]{{3,}}+|[~{INVISIBLE}]{{3,}}+)[^\n]{{0,80}}+$", re.MULTILINE)
_BEGIN = re.compile(r"[ \t]*+(?:`{3}|~{3})")
_SIGNS = tuple(
    (re.compile(f"[{INVISIBLE}]*".join(map(re.escape, sign))), sign) for sign in ("<!--", "-->", "<![CDATA[", "]]>")
)
_KNOWN = frozenset((*THINKING, *ANSWERS, "response", "inst"))


def without_invisible(text: str) -> str:
    """Return a text without its characters of no width."""
    return text if text.isascii() else _ANY.sub("", text)


def visible_marks(text: str) -> str:
    """Return a text without the characters of no width inside its tags, its model marks and its code fences.

    What stands between quotes in a tag is text and stays.
    """
    if text.isascii() or not _ANY.search(text):
        return text
    for pattern, sign in _SIGNS:
        text = pattern.sub(sign, text)
    for pattern in (_REGION, _SQUARE):
        text = pattern.sub(_region, text)
    return _FENCE.sub(_fence, text)


def _region(match: re.Match[str]) -> str:
    if match[0].isascii():
        return match[0]
    seen = _outside_quotes(match[0])
    tag = _TAG.match(seen)
    name = tag["name"].rpartition(":")[2].lower() if tag else ""
    return seen if name in _KNOWN or is_name(name) or MARK.fullmatch(seen) or SPECIAL.fullmatch(seen) else match[0]


def _outside_quotes(region: str) -> str:
    parts: list[str] = []
    position = 0
    for quoted in _QUOTED.finditer(region):
        parts += [_ANY.sub("", region[position : quoted.start()]), quoted[0]]
        position = quoted.end()
    return "".join([*parts, _ANY.sub("", region[position:])])


def _fence(match: re.Match[str]) -> str:
    seen = _ANY.sub("", match[0])
    return seen if _BEGIN.match(seen) else match[0]
