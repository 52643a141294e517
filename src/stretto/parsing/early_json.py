"""Sees subtasks close while a plan in JSON is still arriving. No I/O."""

import re
from collections.abc import Generator
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast

from stretto.core.plan import Subtask
from stretto.core.text import replace_surrogates
from stretto.parsing.fields import tidy
from stretto.parsing.json_plan import LISTS, entry_of, is_entry, key
from stretto.parsing.json_text import MAX_DEPTH, Bare, Items, Pairs, Value
from stretto.parsing.names import ANALYSES

_MARK = re.compile(
    r"(?P<json>[{\[])\s*+(?=[\"{\[])|<\s*(?P<close>/)?\s*(?:think|thinking|reasoning|thoughts?)\s*>", re.IGNORECASE
)
_PARTIAL = re.compile(r"(?:[{\[]\s*|<[\s/a-z]{0,16})\Z", re.IGNORECASE)
_Event = tuple[str, object]


class _Parser(Protocol):
    def send(self, data: bytes, /) -> None: ...


@dataclass(slots=True)
class _Frame:
    """An object or an array that is still open."""

    value: Pairs | Items
    name: str
    """The name under which it stands; empty at the top."""
    next_name: str = ""
    """In an object: the name of the value that comes next."""


class EarlyJson:
    """Finds the end of each subtask, and the analysis, in chunks cut anywhere, as long as the JSON is strict."""

    def __init__(self) -> None:
        self._before = ""
        self._thinking = False
        self._parser: _Parser | None = None
        self._error: type[Exception] = ValueError
        self._over = False
        self._frames: list[_Frame] = []
        self._found: list[Subtask | str] = []
        self._has_analysis = False

    def feed(self, text: str) -> list[Subtask | str]:
        """Take more text; return subtasks that closed and the analysis, in order."""
        if not self._over:
            self._parse(text if self._parser else self._skip_to_json(text))
        found, self._found = self._found, []
        return found

    def _skip_to_json(self, text: str) -> str:
        """Return the text from the beginning of the JSON on; empty while it has not begun."""
        text = self._before + text
        position = 0
        while match := _MARK.search(text, position):
            if match["json"] and not self._thinking:
                self._before = ""
                self._parser = self._open()
                return text[match.start() :]
            if not match["json"]:
                self._thinking = not match["close"]
            position = match.end()
        partial = _PARTIAL.search(text, max(position, len(text) - 40))
        self._before = partial[0] if partial else ""
        return ""

    def _open(self) -> _Parser:
        # Imported when first needed: it takes 25 ms, which a start of the command line has no use for.
        target = self._events()
        next(target)
        ijson = import_module("ijson")
        self._error = cast("type[Exception]", ijson.JSONError)
        return cast("_Parser", ijson.basic_parse_coro(target, multiple_values=True))

    def _parse(self, text: str) -> None:
        if not self._parser or not text:
            return
        try:
            self._parser.send(replace_surrogates(text).encode())
        except self._error:
            # Not strict, or over: the whole text will tell.
            self._over = True

    def _events(self) -> Generator[None, _Event, None]:
        while True:
            self._take(*(yield))

    def _take(self, event: str, value: object) -> None:
        if self._over:
            return
        if event in ("start_map", "start_array"):
            self._frames.append(_Frame(value=Pairs([]) if event == "start_map" else Items([]), name=self._name()))
            self._over = len(self._frames) > MAX_DEPTH
        elif event == "map_key":
            self._frames[-1].next_name = str(value)
        elif event in ("end_map", "end_array"):
            frame = self._frames.pop()
            self._keep(frame.value)
        elif self._frames:
            self._keep(value if isinstance(value, str) else Bare("null" if value is None else str(value)))

    def _name(self) -> str:
        if not self._frames:
            return ""
        frame = self._frames[-1]
        return frame.next_name if isinstance(frame.value, Pairs) else ""

    def _keep(self, value: Value) -> None:
        """Put a finished value where it belongs, and see whether it is a subtask or the analysis."""
        parent = self._frames[-1] if self._frames else None
        if self._is_listed(parent, value):
            self._seal(value)
        elif parent and isinstance(parent.value, Items):
            parent.value.items.append(value)
        elif parent and isinstance(parent.value, Pairs):
            parent.value.items.append((parent.next_name, value))
            if key(parent.next_name) in ANALYSES and isinstance(value, str) and not self._has_analysis:
                self._has_analysis = True
                self._found.append(tidy(value))

    def _is_listed(self, parent: _Frame | None, value: Value) -> bool:
        """Whether a value stands where subtasks stand: in their list, or alone on its line."""
        if parent is None:
            return isinstance(value, Pairs) and is_entry(value)
        if not isinstance(parent.value, Items):
            return False
        if len(self._frames) == 1:
            return isinstance(value, Pairs) and is_entry(value)
        return key(parent.name) in LISTS and isinstance(value, (Pairs, str))

    def _seal(self, value: Value) -> None:
        entry = entry_of(value)
        if isinstance(entry, Subtask):
            self._found.append(entry)
