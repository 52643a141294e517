"""Sees subtasks close while a plan in XML-like markup is still arriving. No I/O."""

import re
from typing import Literal

from stretto.core.plan import Subtask
from stretto.parsing.invisible_characters import INVISIBLE, visible_marks, without_invisible
from stretto.parsing.markup.reader import read_subtask
from stretto.parsing.markup.tags import CLOSERS, OPENERS
from stretto.parsing.names import kind_of
from stretto.parsing.streamed import StreamedText

_LONGEST_TAG = 1_000
"""A tag that is longer is not looked for; the whole text will tell."""
_OPENER = f"[{OPENERS}]"
_SPACE = rf"[\s{INVISIBLE}]"
_MARK = re.compile(
    rf"(?P<comment><!--)|(?P<cdata><!\[CDATA\[)|(?P<end>-->|\]\]>)"
    rf"|{_OPENER}{_SPACE}*+(?P<close>\\?[/／])?+{_SPACE}*+(?P<name>[^\W\d][\w.:\-{INVISIBLE}]*+)(?P<rest>[^{OPENERS}{CLOSERS}]{{0,900}}+)[{CLOSERS}]",
    re.IGNORECASE,
)
_LAST_OPENER = re.compile(rf"{_OPENER}[^{OPENERS}{CLOSERS}]*+\Z")

_Zone = Literal["", "task", "think", "analysis", "comment", "cdata"]


class EarlyMarkup:
    """Finds the end of each subtask, and the text of the analysis, in chunks cut anywhere.

    Only what is beyond doubt is given; the rest waits for the whole text.
    """

    def __init__(self) -> None:
        self._pending = ""
        self._zone: _Zone = ""
        self._outer: _Zone = ""
        self._subtask: list[str] = []
        self._bare = True
        self._last = ""
        self._analysis = StreamedText(entities=True)

    def feed(self, text: str) -> list[Subtask | str]:
        """Take more text; return subtasks that closed and pieces of the analysis, in order."""
        found: list[Subtask | str] = []
        text = self._pending + text
        position = 0
        while match := _MARK.search(text, position):
            self._pass(text[position : match.start()], found)
            # Behind a backtick a tag is only named; behind a bracket, <<task>>, only the whole text tells.
            if (text[match.start() - 1 : match.start()] or self._last) in ("`", "<"):
                self._pass(match[0], found)
            else:
                self._mark(match, found)
            position = match.end()
        keep = self._hold_back(text, position)
        self._pass(text[position:keep], found)
        self._pending = text[keep:]
        self._last = text[keep - 1 : keep] or self._last
        return found

    def _hold_back(self, text: str, position: int) -> int:
        """Return where the part begins that may be the first half of a mark."""
        start = max(position, len(text) - _LONGEST_TAG)
        match = _LAST_OPENER.search(text, start)
        if match:
            return match.start()
        # The ends of comments and CDATA sections, or a backslash before a tag.
        return max(position, len(text) - 2)

    def _pass(self, text: str, found: list[Subtask | str]) -> None:
        if not text:
            return
        if self._zone == "analysis":
            self._emit(text, found)
        elif "task" in (self._zone, self._outer):
            self._subtask.append(text)

    def _emit(self, text: str, found: list[Subtask | str]) -> None:
        if ready := self._analysis.feed(text):
            found.append(ready)

    def _mark(self, match: re.Match[str], found: list[Subtask | str]) -> None:
        if match["end"] or match["comment"] or match["cdata"]:
            self._bracket(match)
            self._pass(match[0], found)
            return
        kind, close = kind_of(without_invisible(match["name"])), bool(match["close"])
        empty = match["rest"].rstrip().endswith("/")
        if self._zone == "analysis" and not (kind == "analysis" and close):
            self._emit(match[0], found)
        elif self._zone == "":
            self._enter(match, kind, close=close, empty=empty, found=found)
        elif self._zone == "task":
            self._in_task(match, kind, close=close, found=found)
        elif close and kind == self._zone:
            self._zone = ""
        elif self._outer == "task":
            self._subtask.append(match[0])

    def _bracket(self, match: re.Match[str]) -> None:
        """Enter or leave a comment or a CDATA section."""
        if self._zone in ("", "task") and not match["end"]:
            self._outer, self._zone = self._zone, "comment" if match["comment"] else "cdata"
        elif match["end"] and self._zone == ("comment" if match["end"] == "-->" else "cdata"):
            self._zone, self._outer = self._outer, ""

    def _enter(
        self, match: re.Match[str], kind: str | None, *, close: bool, empty: bool, found: list[Subtask | str]
    ) -> None:
        if close or kind is None:
            return
        if kind in ("think", "analysis") and not empty:
            self._zone = "think" if kind == "think" else "analysis"
            self._analysis = StreamedText(entities=True)
        elif kind == "task":
            self._subtask = [match[0]]
            self._bare = True
            if empty:
                self._seal(found)
            else:
                self._zone = "task"

    def _in_task(self, match: re.Match[str], kind: str | None, *, close: bool, found: list[Subtask | str]) -> None:
        self._subtask.append(match[0])
        if kind == "task" and close:
            self._seal(found)
        elif kind == "wrapper" and not close and self._bare:
            # The task's tag was only talked about before the plan began.
            self._zone = ""
        elif kind is not None:
            self._bare = False

    def _seal(self, found: list[Subtask | str]) -> None:
        self._zone = ""
        subtask = read_subtask(visible_marks("".join(self._subtask)))
        self._subtask = []
        if subtask:
            found.append(subtask)
