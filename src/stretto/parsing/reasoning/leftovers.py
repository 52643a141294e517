"""Finds marks of models that were left in a text. No I/O."""

import re
from dataclasses import dataclass

from stretto.parsing.quoted_text import Quoted
from stretto.parsing.reasoning.marks import MARK, SPECIAL, THINKING

_LEFT = re.compile(
    rf"{MARK.pattern}|{SPECIAL.pattern}|</?(?:\w{{1,20}}:)?(?i:{'|'.join(THINKING)})\s?/?>|</?tool_(?:call|response)s?>|</s>",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class LeftMarks:
    """The marks in one text, each once, in order."""

    used: tuple[str, ...]
    """Such as stand in the text itself."""
    quoted: tuple[str, ...]
    """Such as stand in code, where a text may be about them."""


def left_marks(text: str) -> LeftMarks:
    """Return the marks of models in a text that was taken as an answer."""
    if not ("<" in text or "[" in text or "◁" in text or "assistant" in text):
        return LeftMarks((), ())
    # HTML's </s> ends what an <s> struck through.
    html = "<s>" in text.lower()
    found = [match for match in _LEFT.finditer(text) if match[0] != "</s>" or not html]
    if not found:
        return LeftMarks((), ())
    quoted = Quoted(text, responses=False)
    used: dict[str, None] = {}
    named: dict[str, None] = {}
    for match in found:
        (named if quoted.holds(match.start(), match.end()) else used)[match[0]] = None
    return LeftMarks(tuple(used), tuple(mark for mark in named if mark not in used))
