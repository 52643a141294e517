"""The parts of a text that only quote: code spans, code fences, a whole <response>. No I/O."""

import re
from bisect import bisect_right

_SPAN = re.compile(r"(?<!`)`(?!`)[^`\n]{1,200}+`(?!`)")
_FENCE = re.compile(r"^[ \t]{0,3}(?P<fence>`{3,}|~{3,})[^\n`]*$", re.MULTILINE)
_RESPONSE = re.compile(r"[<＜]\s*+(?P<close>[/／])?\s*+response\b[^<>＜＞]{0,200}+[>＞]", re.IGNORECASE)


class Quoted:
    """Knows the places of one text where marks are named and not used."""

    def __init__(self, text: str, *, responses: bool = True) -> None:
        ranges = [*_fences(text), *(match.span() for match in _SPAN.finditer(text))]
        self._ranges = _merged([*ranges, *_responses(text)] if responses else ranges)
        self._starts = [start for start, _ in self._ranges]

    def holds(self, start: int, end: int) -> bool:
        """Whether this part of the text is only quoted."""
        index = bisect_right(self._starts, start) - 1
        return index >= 0 and end <= self._ranges[index][1]

    @property
    def ranges(self) -> list[tuple[int, int]]:
        """Where the quotations stand, in order, none over another."""
        return self._ranges


def _fences(text: str) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    opened: re.Match[str] | None = None
    for match in _FENCE.finditer(text):
        if opened is None:
            opened = match
        elif match["fence"].startswith(opened["fence"]):
            ranges.append((opened.start(), match.end()))
            opened = None
    return ranges


def _responses(text: str) -> list[tuple[int, int]]:
    """Return the inside of each response that is closed before another one opens."""
    ranges: list[tuple[int, int]] = []
    opened = -1
    for match in _RESPONSE.finditer(text):
        if not match["close"]:
            opened = match.end()
        elif opened >= 0:
            ranges.append((opened, match.start()))
            opened = -1
    return ranges


def _merged(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
