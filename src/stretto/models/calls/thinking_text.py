"""Tells an answer from the thinking that some models write in tags before it."""

import re

NO_TAGS = ("<stretto:thinking>", "</stretto:thinking>")
"""For pydantic-ai to look for in an answer, so that it finds none.

It takes only a piece that is just the tag for one, so where the end of thinking and the next word come together the
whole answer is hidden. Of an unstreamed answer that never stops thinking it drops the tag, so thoughts become text.
"""

_BEGIN = re.compile(r"\s*<(think|thinking)>", re.IGNORECASE)
_LONGEST = len("</thinking>")


class ThinkingFilter:
    """Fed with the pieces of one answer, lets through what is said."""

    def __init__(self) -> None:
        self.begun = False
        """Whether what comes from here on is said."""
        self._held = ""
        self._end: re.Pattern[str] | None = None
        """What ends the thinking that is under way."""

    def feed(self, piece: str) -> str:
        """Return what this piece adds to what is said; empty while it is, or may be, thinking."""
        if self.begun:
            return piece
        self._held += piece
        if self._end is None:
            if begin := _BEGIN.match(self._held):
                self._end = re.compile(f"</{begin[1]}>", re.IGNORECASE)
                self._held = self._held[begin.end() :]
            elif "<thinking>".startswith(self._held.lstrip().lower()):
                return ""
            else:
                return self._say(0)
        if end := self._end.search(self._held):
            return self._say(end.end())
        self._held = self._held[1 - _LONGEST :]
        return ""

    def _say(self, start: int) -> str:
        self.begun = True
        return self._held[start:]


def without_thinking(text: str) -> str:
    """Return what is said in a whole answer; all of it where nothing is, for its reader to find out why."""
    thinking_filter = ThinkingFilter()
    message = thinking_filter.feed(text)
    return message if thinking_filter.begun else text
