"""Tells whether a continuation says in so many words that nothing is missing. No I/O."""

import re

from stretto.parsing.invisible_characters import visible_marks

_EMPTY_BLOCK = re.compile(r"<\s*(tasks|subtasks|plan)\b[^<>]*(/\s*>|>\s*<\s*/\s*\1\s*>)", re.IGNORECASE)
_EMPTY_LIST = re.compile(r"[\"'](tasks|subtasks)[\"']\s*:\s*\[\s*\]|^\s*\[\s*\]\s*$", re.IGNORECASE)


def is_empty_continuation(raw: str) -> bool:
    """Return whether the text holds an empty plan, which no text that merely lacks one does."""
    raw = visible_marks(raw)
    plan = raw[raw.lower().rfind("</analysis") + 1 :]
    return bool(_EMPTY_BLOCK.search(plan) or _EMPTY_LIST.search(plan))
