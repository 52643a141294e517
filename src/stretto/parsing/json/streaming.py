"""Sees subtasks close while a plan in JSON is still arriving. No I/O."""

import re
from dataclasses import dataclass

from stretto.core.plan import Subtask
from stretto.parsing.json.entry import LISTS, entry_of, key
from stretto.parsing.json.strict import MAX_DEPTH, JsonError, Pairs, read_strict
from stretto.parsing.json.tolerant import read_value
from stretto.parsing.json.windows_paths import growing, has_path, unescaped
from stretto.parsing.names import ANALYSES
from stretto.parsing.reasoning.marks import THINKING
from stretto.parsing.streamed import StreamedText

_BEGIN = re.compile(
    rf"(?P<json>[{{\[])\s*+(?=[\"{{\[])|<\s*(?P<close>/)?\s*(?:\w{{1,20}}:)?(?:{'|'.join(THINKING)})\s*>", re.IGNORECASE
)
_PARTIAL = re.compile(r"(?:[{\[]\s*|<[\s/\w:]{0,45})\Z", re.IGNORECASE)
_SIGN = re.compile(r"[\"{}\[\]:,]")
_IN_STRING = re.compile(r"[\"\\]")
_HALF_ESCAPE = re.compile(r"\\(?:u[0-9a-f]{0,3})?\Z|\\u[d][89ab][0-9a-f]{2}(?:\\(?:u[0-9a-f]{0,3})?)?\Z", re.IGNORECASE)
_LONGEST_NAME = 200


@dataclass(slots=True)
class _Frame:
    """An object or an array that is still open."""

    array: bool
    lists: bool
    """Whether its elements are subtasks."""
    name: str = ""
    """In an object: the name whose value comes now; empty where a name comes."""
    named: bool = False


class EarlyJson:
    """Finds the end of each subtask, and the text of the analysis, in chunks cut anywhere, where the JSON is strict.

    It follows brackets and strings only, each character once; a subtask is read when its brace closes.
    """

    def __init__(self) -> None:
        self._before = ""
        self._thinking = False
        self._over = False
        self._frames: list[_Frame] = []
        self._entry: list[str] | None = None
        self._entry_depth = 0
        self._in_string = False
        self._escaped = False
        self._string: list[str] = []
        self._string_length = 0
        self._analysis: StreamedText | None = None
        self._raw = ""
        self._context = ""
        self._found: list[Subtask | str] = []

    def feed(self, text: str) -> list[Subtask | str]:
        """Take more text; return subtasks that closed and pieces of the analysis, in order."""
        while text and not self._over:
            if not self._frames:
                text = self._skip_to_json(text)
                if not text:
                    break
            text = self._follow(text)
        found, self._found = self._found, []
        return found

    def _skip_to_json(self, text: str) -> str:
        """Return the text from the beginning of the JSON on; empty while it has not begun."""
        text = self._before + text
        position = 0
        while match := _BEGIN.search(text, position):
            if match["json"] and not self._thinking:
                self._before = ""
                return text[match.start() :]
            if not match["json"]:
                self._thinking = not match["close"]
            position = match.end()
        partial = _PARTIAL.search(text, max(position, len(text) - 60))
        self._before = partial[0] if partial else ""
        return ""

    def _follow(self, text: str) -> str:
        """Go through the text of one JSON value; return what is behind its end."""
        position = 0
        while position < len(text) and not self._over:
            if self._in_string:
                position = self._follow_string(text, position)
                continue
            match = _SIGN.search(text, position)
            end = match.end() if match else len(text)
            self._keep(text[position:end])
            position = end
            if match:
                self._sign(match[0])
                if not self._frames:
                    break
        return text[position:]

    def _keep(self, text: str) -> None:
        if self._entry is not None:
            self._entry.append(text)

    def _sign(self, sign: str) -> None:
        if sign == '"':
            self._begin_string()
        elif sign in "{[":
            self._open(sign)
        elif sign in "}]":
            self._close()
        elif sign == ":" and not self._frames[-1].array:
            self._frames[-1].named = True
        elif sign == "," and not self._frames[-1].array:
            self._frames[-1].name, self._frames[-1].named = "", False

    def _open(self, sign: str) -> None:
        parent = self._frames[-1] if self._frames else None
        lists = sign == "[" and (parent is None or (parent.named and key(parent.name) in LISTS))
        if parent and parent.lists and sign == "{" and self._entry is None:
            self._entry, self._entry_depth = ["{"], len(self._frames)
        self._frames.append(_Frame(array=sign == "[", lists=lists))
        self._over = len(self._frames) > MAX_DEPTH

    def _close(self) -> None:
        self._frames.pop()
        if self._entry is not None and len(self._frames) == self._entry_depth:
            self._seal()

    def _begin_string(self) -> None:
        frame = self._frames[-1]
        self._in_string, self._string, self._string_length = True, [], 0
        if frame.lists and self._entry is None:
            self._entry, self._entry_depth = ['"'], len(self._frames)
        if frame.named and self._entry is None and key(frame.name) in ANALYSES:
            self._analysis = StreamedText(entities=False)
            self._raw = self._context = ""

    def _follow_string(self, text: str, position: int) -> int:
        """Go through the text of one string; return where to go on."""
        start = position
        if self._escaped:
            self._escaped = False
            position += 1
        while match := _IN_STRING.search(text, position):
            if match[0] == '"':
                self._take(text[start : match.start()])
                self._keep('"')
                self._end_string()
                return match.end()
            position = match.end() + 1
        self._escaped = position > len(text)
        self._take(text[start:])
        return len(text)

    def _take(self, text: str) -> None:
        self._keep(text)
        if self._string_length <= _LONGEST_NAME:
            self._string.append(text)
            self._string_length += len(text)
        if self._analysis:
            self._stream(text, last=False)

    def _end_string(self) -> None:
        self._in_string = False
        frame = self._frames[-1]
        if not frame.array and not frame.named:
            frame.name = "".join(self._string)
        if self._analysis:
            self._stream("", last=True)
            self._analysis = None
        if self._entry is not None and frame.lists and len(self._frames) == self._entry_depth:
            self._seal()

    def _stream(self, text: str, *, last: bool) -> None:
        """Give the next piece of the analysis, but no half of an escape."""
        raw = self._context + self._raw + text
        begin = len(self._context)
        half = None if last else _HALF_ESCAPE.search(raw, max(begin, len(raw) - 14))
        end = half.start() if half and not _is_escaped(raw, begin, half.start()) else len(raw)
        end = end if last else min(end, growing(raw, begin))
        piece = unescaped(raw[:end], begin)
        self._context, self._raw = raw[max(0, end - 2) : end], raw[end:]
        if self._analysis and (piece := self._analysis.feed(piece)):
            self._found.append(piece)

    def _seal(self) -> None:
        text = "".join(self._entry or ())
        self._entry = None
        try:
            read = read_strict(text, 0) or (read_value(text, 0) if has_path(text, 0, len(text)) else None)
        except JsonError:
            return
        if read and isinstance(read[0], (Pairs, str)):
            entry = entry_of(read[0])
            if isinstance(entry, Subtask):
                self._found.append(entry)


def _is_escaped(text: str, begin: int, position: int) -> bool:
    """Whether the backslash here belongs to the one before it."""
    before = text[begin:position]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1
