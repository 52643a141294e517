"""A run as one JSON object per line on stdout, each written the moment it happens."""

import sys
from typing import TextIO

from stretto.core.events import Event
from stretto.core.jsonable import json_text, to_jsonable


class JsonLines:
    """Writes events for another program."""

    moving = False

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout

    def see(self, event: Event) -> None:
        """Write one event; raises `StdoutError` when it cannot be written."""
        print(to_line(event, self._stream.encoding), file=self._stream, flush=True)

    def tick(self) -> None:
        """Nothing moves between two lines."""

    def pause(self) -> None:
        """Nothing has to be taken away."""

    def resume(self) -> None:
        """Nothing has to be put back."""

    def close(self) -> None:
        """Nothing has to be put in order."""


def to_line(value: object, encoding: str | None = "utf-8") -> str:
    """Return an event, or any value it carries, as JSON in one line, readable where the encoding allows it."""
    ascii_only = (encoding or "").replace("-", "").replace("_", "").lower() != "utf8"
    return json_text(to_jsonable(value), ascii_only=ascii_only)
