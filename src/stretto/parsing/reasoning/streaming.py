"""Leaves out thinking between the marks of model families while a text arrives in chunks. No I/O."""

from stretto.parsing.reasoning.marks import KINDS, LONGEST, MARK, PREFACES, PREFIXES, STRIPPED

_LONGEST_PREFACE = 40
_PREFACE_BEGINS = "acht*_#"
"""With these a text begins whose first words may be a family's: "analysis", "Here is my thought process:"."""


class ReasoningFilter:
    """Lets through what is said while a text arrives in chunks: thinking between a family's marks is left out.

    Where it is in doubt it leaves out too much: the whole text will tell.
    """

    def __init__(self) -> None:
        self._pending = ""
        self._begun = False
        self._thinking = False
        self._last = ""

    def feed(self, chunk: str) -> str:
        """Return what is ready."""
        text = self._pending + chunk
        if not self._begun:
            begin = text.lstrip()
            if len(begin) < _LONGEST_PREFACE and (not begin or begin[0].lower() in _PREFACE_BEGINS):
                self._pending = text
                return ""
            self._begun, self._thinking = True, bool(STRIPPED.match(text) or PREFACES[0].match(text))
        return self._follow(text)

    def _follow(self, text: str) -> str:
        visible: list[str] = []
        position = 0
        for match in MARK.finditer(text):
            if text[match.start() : match.start() + LONGEST] in PREFIXES:
                break
            self._pass(text[position : match.start()], visible)
            position = match.end()
            if self._last == "`" and not self._thinking:
                self._pass(match[0], visible)
            else:
                self._thinking = self._turned(KINDS[match[0]])
        keep = max(position, len(text) - _held(text[position:]))
        self._pass(text[position:keep], visible)
        self._pending = text[keep:]
        return "".join(visible)

    def _pass(self, text: str, visible: list[str]) -> None:
        self._last = text[-1:] or self._last
        if not self._thinking:
            visible.append(text)

    def _turned(self, kind: str) -> bool:
        if kind in ("opens", "others"):
            return True
        return self._thinking and kind not in ("closes", "answers", "turns")


def _held(tail: str) -> int:
    """Return how many characters at the end may begin a mark."""
    return next((count for count in range(min(len(tail), LONGEST), 0, -1) if tail[-count:] in PREFIXES), 0)
