"""Builds a subtask out of the texts that a plan gave for it. No I/O."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from stretto.core.plan import PlanFault, Subtask
from stretto.core.text import replace_surrogates, strip_control


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """Why an entry of a plan is no subtask."""

    message: str
    fault: PlanFault = "malformed"
    placeholder: bool = False
    """Whether it only shows the form of an entry, as an echoed example does."""


Entry = Subtask | Fault

_DOTS = re.compile(r"[\s\[\](){}<>*`\"'\-_,;|/#]*(?:\.{3,}|…+|。{3,}|\.\s\.\s\.)[\s\[\](){}<>*`\"'\-_,;|./#…]*")
_MORE = re.compile(
    r"(?:\.{3}|…)\s*[\[(]?\s*(?:\d+\s+)?(?:more|other|and so on|and more|etc|remaining|rest|additional|repeat|continue|"
    r"further|similar|same|add|更多|其他|其余|省略|以此类推)"
    r"|^\W*(?:\d+\s+)?(?:more|additional|other|remaining|further)\s+(?:sub)?tasks?\b[^:：]{0,40}$",
    re.IGNORECASE,
)


def is_ellipsis(text: str) -> bool:
    """Whether `text` stands for something that was left out."""
    return len(text) < 400 and (_DOTS.fullmatch(text) is not None or _MORE.search(text) is not None)


def is_placeholder(text: str) -> bool:
    """Whether a field holds nothing but dots."""
    return len(text) < 40 and _DOTS.fullmatch(text) is not None


def tidy(text: str) -> str:
    """Return a field's text safe to carry, without the white space around it."""
    return strip_control(replace_surrogates(text)).strip().strip("\ufeff\u200b").strip()


def build(type: str, descriptions: Sequence[str], tier: str = "") -> Entry:
    """Return the subtask, or why there is none."""
    type = tidy(type)
    parts = [part for part in (tidy(text) for text in descriptions) if part]
    label = f"The subtask {type!r}" if type else "A subtask"
    if not parts:
        return Fault(message=f"{label} has no description.")
    if any(is_placeholder(part) for part in parts) or is_placeholder(type):
        return Fault(message=f"{label} has dots in place of its text.", placeholder=True)
    level = tier.strip().lower()
    return Subtask(
        type=type or "default",
        description="\n\n".join(parts),
        tier=level if level in ("fast", "strong") else None,
    )
