"""Makes streamed text safe to carry and pleasant to show, whatever the cuts. No I/O."""

import re

from stretto.core.text import replace_surrogates, strip_control
from stretto.parsing.markup.entities import decode

_PARTIAL_ANSI = re.compile(r"\x1b(?:\[[0-?]{0,32}[ -/]{0,8}|\][^\x07\x1b]{0,256}\x1b?)?\Z")
_PARTIAL_ENTITY = re.compile(r"&[#\w]{0,9}\Z")


class TextCleaner:
    """Takes control characters out of text that comes in chunks, and joins its line breaks."""

    def __init__(self) -> None:
        self._pending = ""
        self._begun = False

    def feed(self, chunk: str) -> str:
        """Return what is ready."""
        text = self._pending + chunk
        keep = _PARTIAL_ANSI.search(text, max(0, len(text) - 300))
        end = keep.start() if keep else len(text) - 1 if text.endswith("\r") else len(text)
        self._pending = text[end:]
        text = strip_control(replace_surrogates(text[:end])).replace("\r\n", "\n").replace("\r", "\n")
        if text and not self._begun:
            text = text.lstrip("\ufeff")
            self._begun = bool(text)
        return text


class StreamedText:
    """Takes the content of one text in pieces and leaves out the white space around it."""

    def __init__(self, *, entities: bool) -> None:
        self._decode = decode if entities else _clean
        self._partial = _PARTIAL_ENTITY if entities else _PARTIAL_ANSI
        self._space: list[str] = []
        self._pending = ""
        self._begun = False

    def feed(self, piece: str) -> str:
        """Return what is ready: all but what may be one half of something, or the white space at the end."""
        text = self._pending + piece
        partial = self._partial.search(text, max(0, len(text) - 300))
        body = text[: partial.start()] if partial else text
        self._pending = partial[0] if partial else ""
        ready = body.rstrip()
        if not ready:
            if self._begun:
                self._space.append(body)
            return ""
        before = "".join(self._space)
        self._space = [body[len(ready) :]]
        ready = self._decode(before + ready)
        if not self._begun:
            ready = ready.lstrip()
        self._begun = self._begun or bool(ready)
        return ready


def _clean(text: str) -> str:
    return strip_control(replace_surrogates(text))
