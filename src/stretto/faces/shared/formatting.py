"""Formats numbers with their units, text from outside as one line, and the marks that a terminal can show."""

import re
from dataclasses import dataclass

from stretto.core.text import for_terminal
from stretto.core.usage import Cost

BYTES_PER_TOKEN = 4
"""Good enough to show that a text grows; real counts replace it when the answer is whole."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Glyphs:
    """The marks that a terminal can show."""

    waiting: str
    running: str
    """One frame after the other, in turn."""
    completed: str
    failed: str
    skipped: str
    full: str
    """A cell of a bar."""
    half_left: str
    half_right: str
    rule: str
    side: str
    ellipsis: str
    dot: str


UNICODE = Glyphs(
    waiting="○",
    running="◐◓◑◒",
    completed="✓",
    failed="✗",
    skipped="–",
    full="█",
    half_left="▌",
    half_right="▐",
    rule="─",
    side="│",
    ellipsis="…",
    dot=" · ",
)
ASCII = Glyphs(
    waiting=".",
    running="|/-\\",
    completed="+",
    failed="x",
    skipped="-",
    full="#",
    half_left="#",
    half_right="#",
    rule="-",
    side="|",
    ellipsis="~",
    dot=", ",
)


def glyphs_for(encoding: str | None) -> Glyphs:
    """Return the marks that a stream of this encoding can carry."""
    try:
        "".join([UNICODE.running, UNICODE.completed, UNICODE.full, UNICODE.ellipsis]).encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return UNICODE


# Joiners, direction marks and variation selectors: terminals disagree on how wide what they join is.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")


def one_line(text: str) -> str:
    """Return text from outside as one line without control characters; what stands in it can be copied."""
    return " ".join(part for line in for_terminal(text).splitlines() if (part := line.strip()))


def flat(text: str) -> str:
    """Return text from outside as one line whose width is known, safe to show."""
    return " ".join(steady(text).split())


def steady(text: str) -> str:
    """Return text from outside without anything that moves the cursor in a way of its own; line breaks stay."""
    return _INVISIBLE.sub("", for_terminal(text))


def seconds(value: float) -> str:
    """Return a duration as people read it: 0.8s, 12.3s, 2m05s."""
    tenths = round(value * 10)
    if tenths < 600:
        return f"{tenths // 10}.{tenths % 10}s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes}m{rest:02d}s"


def tokens(count: int) -> str:
    """Return a number of tokens: 940, 12.3k, 1.2M."""
    if count < 10_000:
        return f"{count:,}"
    if count < 999_950:
        return f"{count / 1_000:.1f}k"
    return f"{count / 1_000_000:.1f}M"


def money(cost: Cost) -> str:
    """Return a cost; an unknown one is called so."""
    return str(cost) if cost.complete or cost.usd else "cost unknown"


def count(number: int, thing: str) -> str:
    """Return a number with its noun: 1 call, 2 calls."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
