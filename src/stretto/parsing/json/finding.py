"""Finds JSON in an answer, with whatever prose, fences and thinking around it, and reads the plan in it. No I/O."""

import re

from stretto.parsing.fields import Fault, is_ellipsis
from stretto.parsing.invisible_characters import INVISIBLE, without_invisible
from stretto.parsing.json.entry import called, entry_of, is_entry
from stretto.parsing.json.plan import analysis_of, blocks_of
from stretto.parsing.json.strict import Items, JsonError, Pairs, Value
from stretto.parsing.json.tolerant import read_value
from stretto.parsing.markup.blocks import Block, Found, choose, next_block
from stretto.parsing.markup.blocks import analysis_of as analysis_for
from stretto.parsing.names import DESCRIPTIONS, TASKS, TYPES, WRAPPERS
from stretto.parsing.reasoning.marks import THINKING

_QUOTE = r"\\?[\"'“”‘’„＂`]"
_S = rf"[\s{INVISIBLE}]"
_START = re.compile(
    rf"(?P<think>[<◁\[](?P<close>/?)(?:\w{{1,20}}:)?(?:{'|'.join(THINKING)})[>▷\]])"
    rf"|\{{(?={_S}*+(?:{_QUOTE}|\}}|[^\W\d][\w\-{INVISIBLE}]{{0,40}}{_S}*+[:：]|//|/\*|\#|\.\.\.|\\n))"
    rf"|\[(?={_S}*+(?:{_QUOTE}|[{{\[(\]]|//|/\*|\.\.\.|\\n))"
    rf"|\((?={_S}*+[{{\[(])",
    re.IGNORECASE,
)
_WHOLE_TEXT = re.compile(r"\s*(?:```[\w ]*\n\s*)?(?=[\"'](?:\\+[nrt\"']|\s)*+[{\[])")
_ESCAPED = re.compile(r"[{\[]\s*+(?:\\n\s*+)*+\\\"")
_PLAN_KEY = re.compile(
    rf"[\"'“”‘’{{,\s](?:{'|'.join(sorted(WRAPPERS | TASKS | DESCRIPTIONS | set(TYPES)))})\s*\\?[\"'“”‘’]?\s*[:：]",
    re.IGNORECASE,
)
_THINK_END = re.compile(rf"[<◁\[]/(?:\w{{1,20}}:)?(?:{'|'.join(THINKING)})[>▷\]]", re.IGNORECASE)
_MAX_FAILURES = 20


class JsonFinder:
    """Goes once through the JSON values of one text. Made for one use."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._blocks: list[Block] = []
        self._lines: Block | None = None
        self._analyses: list[tuple[int, str]] = []
        self._fault: Fault | None = None
        self._begun = False
        self._seen = 0
        self._span = (0, 0)

    def find(self) -> Found:
        """Return what the text holds."""
        failures = 0
        position = self._whole_text()
        while failures < _MAX_FAILURES and (match := _START.search(self._text, position)):
            if match["think"]:
                position = self._think(match)
                continue
            try:
                value, position = read_value(self._text, match.start())
                self._take(value, match.start(), position)
            except JsonError as error:
                failures += 1
                position = max(error.position, match.end())
                self._fail(error, match.start())
                if error.cut or error.deep:
                    break
        return Found(
            entries=choose(self._blocks),
            analysis=analysis_for(self._analyses, self._blocks),
            fault=self._fault,
            begun=self._begun,
            start=self._span[0],
            end=self._span[1],
        )

    def _whole_text(self) -> int:
        """Read a text that is one JSON string as a whole; return where to go on."""
        match = _WHOLE_TEXT.match(self._text)
        if not match:
            return 0
        try:
            value, end = read_value(self._text, match.end())
        except JsonError as error:
            self._fail(error, match.end())
            return len(self._text)
        self._take(value, match.end(), end)
        return end

    def _think(self, match: re.Match[str]) -> int:
        if match["close"]:
            # All before was thinking.
            self._blocks, self._lines, self._analyses, self._fault, self._begun = [], None, [], None, False
            return match.end()
        closing = _THINK_END.search(self._text, match.end())
        if closing:
            return closing.end()
        if self._text.rstrip(" \n\t`").endswith(("}", "]")):
            return match.end()
        self._fault = Fault(message="The answer stops while thinking.", fault="truncated")
        return len(self._text)

    def _take(self, value: Value, start: int, end: int) -> None:
        gap = self._text[self._seen : start]
        self._seen = end
        begun = self._begun
        value = called(value)
        if isinstance(value, Pairs) and is_entry(value):
            self._line(value, gap)
            self._extend(start, end, begun)
            return
        known = len(self._analyses)
        for entries, analysis, _ in blocks_of(value):
            self._begun = True
            self._add_analysis(analysis)
            if entries:
                self._fault = None
                self._lines = None
                self._blocks.append(Block(entries=entries, wrapped=True, closed=True, apart=bool(gap.strip())))
        if isinstance(value, Pairs):
            if len(self._analyses) == known:
                self._add_analysis(analysis_of(value))
            self._begun = self._begun or self._has_plan_key(start, end)
        if self._begun:
            self._extend(start, end, begun)

    def _add_analysis(self, analysis: str) -> None:
        if analysis:
            self._analyses.append((next_block(self._blocks), analysis))

    def _has_plan_key(self, start: int, end: int) -> bool:
        return _PLAN_KEY.search(without_invisible(self._text[start:end])) is not None

    def _extend(self, start: int, end: int, begun: bool) -> None:
        self._span = (self._span[0] if begun else start, end)

    def _line(self, value: Pairs, gap: str) -> None:
        """Take an object that is one subtask: one of many, one a line."""
        self._begun = True
        if self._lines is None:
            self._lines = Block(wrapped=True, apart=bool(gap.strip()))
            self._blocks.append(self._lines)
        elif is_ellipsis(gap):
            self._lines.entries.append(Fault(message="Dots stand in place of subtasks.", placeholder=True))
        self._lines.entries.append(entry_of(value))

    def _fail(self, error: JsonError, start: int) -> None:
        if error.deep:
            self._begun = True
            self._fault = Fault(message="The answer has too many brackets inside each other.")
            return
        if not self._has_plan_key(start, max(error.position, start)):
            return
        self._extend(start, len(self._text) if error.cut else error.position, self._begun)
        self._begun = True
        value = error.value
        if error.cut and value is not None:
            blocks = list(blocks_of(value))
            if error.between and blocks and all(ended for _, _, ended in blocks):
                # Only the braces at the very end are missing: the list of subtasks is whole.
                self._take(value, start, len(self._text))
                return
            self._blocks.extend(Block(entries=entries[: len(entries) - 1]) for entries, _, _ in blocks if entries)
        self._fault = Fault(
            message=f"The plan's JSON cannot be read: {error}.", fault="truncated" if error.cut else "malformed"
        )


def read_json(text: str) -> Found:
    """Read a text, already free of control characters, as JSON."""
    if _ESCAPED.search(text) and '{"' not in text and text.lstrip()[:1] not in "\"'":
        text = text.replace('\\"', '"').replace("\\n", "\n")
    return JsonFinder(text).find()


def string_with(text: str, needle: str) -> str:
    """Return the texts inside a JSON answer that hold `needle`, in order; empty when the answer is not JSON."""
    start = re.match(r"\s*(?:```\w*\s*)?(?=[{\"])", text)
    if not start:
        return ""
    try:
        waiting = [read_value(text, start.end())[0]]
    except JsonError:
        return ""
    found: list[str] = []
    while waiting:
        value = waiting.pop()
        if isinstance(value, str) and needle in value:
            found.append(value)
        elif isinstance(value, Items):
            waiting.extend(reversed(value.items))
        elif isinstance(value, Pairs):
            waiting.extend(item for _, item in reversed(value.items))
    return "\n".join(found)
