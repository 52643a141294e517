"""Groups error messages by cause: messages of one cause differ in a number, an id, an address or a time. Pure."""

import re
from collections.abc import Iterable

_URL = re.compile(r"\bhttps?://[^\s<>\"')\]]+")
_ID = re.compile(
    r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
    r"|\b(?:req|request|chatcmpl|cmpl|msg|resp|gen|run|call|trace|ray)[-_][\w-]{4,}"
    r"|\b(?=\w*[0-9])(?=\w*[A-Za-z])\w{20,}\b|\b(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{8,}\b",
    re.IGNORECASE,
)
# Not a part of a name such as gpt-5.2, and not a status, which is a cause of its own.
_NUMBER = re.compile(r"(?<!HTTP )(?<![\w-])(?<!\w\.)[$€£¥]?(?:[0-9][0-9.,:]*(?:[-/T][0-9][0-9.:]*Z?)*[a-zµ]{0,3})+%?")


def cause_of(sentence: str) -> str:
    """Return what a sentence about a failure has in common with others of the same cause."""
    text = _NUMBER.sub("#", _ID.sub("#", _URL.sub("#", sentence)))
    return " ".join(text.split())


def by_cause(sentences: Iterable[str]) -> dict[str, str]:
    """Return the first sentence of each cause, by what all of the cause have in common."""
    first: dict[str, str] = {}
    for sentence in sentences:
        first.setdefault(cause_of(sentence), sentence)
    return first
