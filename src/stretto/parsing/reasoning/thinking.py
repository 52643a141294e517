"""Cuts a model's thinking out of plain text. No I/O."""

import re

from stretto.parsing.reasoning.marks import THINKING

_MARK = re.compile(
    rf"[<＜◁\[]\s*(?P<close>[/／])?\s*(?:\w{{1,20}}:)?(?:{'|'.join(THINKING)})\s*[>＞▷\]]",
    re.IGNORECASE,
)


def without_thinking(text: str) -> str:
    """Return `text` without its thinking: each block, all before a lone end, all behind a beginning without end."""
    parts: list[str] = []
    position, depth = 0, 0
    for mark in _MARK.finditer(text):
        if mark["close"]:
            if depth == 0:
                parts.clear()
            depth = 0
        else:
            if depth == 0:
                parts.append(text[position : mark.start()])
            depth = 1
        position = mark.end()
    if depth == 0:
        parts.append(text[position:])
    return "".join(parts)
