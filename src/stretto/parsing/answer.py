"""Takes a worker's answer out of the text around it. No I/O."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from stretto.core.errors import ModelError
from stretto.core.text import replace_surrogates, strip_control
from stretto.parsing.answer_blocks import TakenAnswer, around, disguised, joined
from stretto.parsing.invisible_characters import visible_marks
from stretto.parsing.markup.entities import unescape
from stretto.parsing.reasoning.marks import THINKING
from stretto.parsing.reasoning.splitting import visible_answer, without_last_marks

_MARK = re.compile(
    r"(?<!`)\\?[<＜◁]\s*+(?P<close>\\?[/／])?\s*+(?:\w{1,20}:)?"
    rf"(?P<name>response|{'|'.join(THINKING)})"
    r"(?P<attrs>(?:\s[^<>＜＞]*)?)(?P<empty>/?)\\?[>＞▷](?!`)",
    re.IGNORECASE,
)
_FENCED = re.compile(
    r"(?P<fence>`{3,}|~{3,})[ \t]*(?:markdown|md|text|txt|plain|plaintext|xml|html)?[ \t]*\n"
    r"(?P<text>.*)\n(?P=fence)[ \t]*",
    re.DOTALL | re.IGNORECASE,
)
_DOUBLED = re.compile(r"<<(?P<tag>/?response)>>", re.IGNORECASE)
_OWN_LINE = re.compile(r"^[ \t]*[<＜]\s*response\b[^<>＜＞]{0,200}[>＞][ \t]*$", re.IGNORECASE | re.MULTILINE)
_CDATA = re.compile(r"<!\[CDATA\[(?P<text>(?:[^\]]|\](?!\]>))*+)\]\]>")
_DEEPEST = 5
"""How many answers around each other are taken off."""


@dataclass(slots=True)
class _Span:
    """One <response> at the top."""

    start: int
    end: int = -1
    """Where its content ends; negative while that is not known."""
    depth: int = 1
    last_close: int = -1
    mark: int = 0
    """Where its tag begins."""
    behind: int = 0
    """Where its last closing tag ends."""


def read_answer(text: str) -> TakenAnswer:
    """Return what stands in <response>, or the whole text where there is no such tag; thinking is left out.

    An answer of white space is "". What was written as an answer and is not in the text, or was put together, is said
    in the remarks. Raises `ModelError` of kind "malformed" when the tag, or the thinking, was opened and never closed,
    and when there is nothing but thinking.
    """
    text = visible_marks(strip_control(replace_surrogates(text)).lstrip("\ufeff"))
    visible = visible_answer(_DOUBLED.sub(r"<\g<tag>>", text))
    taken = _take(visible.text, _DEEPEST)
    remarks = [f"Left out, as it stands beside the answer: {_shown(left)}" for left in visible.left_out]
    if visible.joined:
        remarks.append("The answer came as several messages; they stand one after the other.")
    return replace(taken, remarks=(*remarks, *taken.remarks))


def _take(text: str, depth: int) -> TakenAnswer:
    taken = _AnswerReader(text).read()
    inner = without_last_marks(taken.text).strip()
    begun = _MARK.match(inner) if depth else None
    if begun and not begun["close"] and inner != text.strip() and _is_around(begun, inner):
        again = _take(inner, depth - 1)
        return replace(again, remarks=(*taken.remarks, *again.remarks))
    return replace(taken, text=inner)


def _is_around(begun: re.Match[str], inner: str) -> bool:
    """Whether a text begins with thinking, or is a response as a whole."""
    if begun["name"].lower() != "response":
        return True
    last = inner.rfind("</")
    return last >= 0 and (end := _MARK.match(inner, last)) is not None and end.end() == len(inner)


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return repr(line if len(line) <= 80 else line[:79] + "…")


class _AnswerReader:
    """Goes once through the tags of one answer."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._marks = list(_MARK.finditer(text))
        self._last_think_end = max((i for i, m in enumerate(self._marks) if _ends_thinking(m)), default=-1)
        self._last_response_end = max((i for i, m in enumerate(self._marks) if _ends_response(m)), default=-1)
        self._begin = 0
        self._thinking = False
        self._spans: list[_Span] = []
        self._lone_end = -1
        self._behind = 0
        self._outside: list[str] = []

    def read(self) -> TakenAnswer:
        """Return the answer; raises `ModelError`."""
        for index, mark in enumerate(self._marks):
            if mark["name"].lower() == "response":
                self._response(mark)
            else:
                self._think(index, mark)
        return self._result()

    def _response(self, mark: re.Match[str]) -> None:
        if self._thinking:
            return
        span = self._spans[-1] if self._spans else None
        if mark["close"]:
            if span is None:
                self._lone_end, self._behind = mark.start(), mark.end()
            else:
                span.depth = max(0, span.depth - 1)
                span.last_close, span.behind = mark.start(), mark.end()
                if span.depth == 0:
                    # One more without a beginning in between: the content itself named the tag before.
                    span.end = mark.start()
        elif mark["empty"] or mark["attrs"].endswith("/"):
            if span is None or span.depth == 0:
                self._spans.append(_Span(mark.end(), mark.end(), 0, mark.end(), behind=mark.end()))
        elif span is None or span.depth == 0:
            self._spans.append(_Span(mark.end(), mark=mark.start()))
        elif span.last_close < 0 and not self._begins_line(span.mark) and self._begins_line(mark.start()):
            # The one before was only talked about: "I use <response> tags:".
            self._spans[-1] = _Span(mark.end(), mark=mark.start())
        else:
            span.depth += 1

    def _begins_line(self, position: int) -> bool:
        # So far back and no further, or a long line with many tags would take too long.
        return not self._text[max(0, position - 200) : position].rpartition("\n")[2].strip()

    def _think(self, index: int, mark: re.Match[str]) -> None:
        inside = bool(self._spans) and self._spans[-1].depth > 0
        if not mark["close"]:
            if not inside and not self._thinking:
                # Without an end it hides what follows, unless a whole response follows.
                self._thinking = index < self._last_think_end or index > self._last_response_end
                if self._thinking:
                    self._outside.append(self._text[self._begin : mark.start()])
        elif self._thinking:
            self._thinking = False
            self._begin = mark.end()
        elif not inside or (index < self._last_response_end and self._opens_after(index)):
            # Only its end is there: all before was thinking.
            self._spans, self._outside, self._lone_end = [], [], -1
            self._begin = mark.end()

    def _opens_after(self, index: int) -> bool:
        return any(not m["close"] and m["name"].lower() == "response" for m in self._marks[index + 1 :])

    def _result(self) -> TakenAnswer:
        if self._spans:
            taken = joined([content for span in self._spans for content in self._contents(span)])
            return self._with_rest(taken, self._spans[-1].behind)
        if self._thinking:
            raise _malformed("The answer stops while thinking.")
        text = "".join([*self._outside, self._text[self._begin :]])
        if self._lone_end >= self._begin:
            return self._with_rest(TakenAnswer(self._text[self._begin : self._lone_end].strip()), self._behind)
        if self._marks and not text.strip():
            raise _malformed("The answer is thinking and nothing else.")
        return _plain(text)

    def _contents(self, span: _Span) -> Iterator[str]:
        """Give the content of a response; where its end was forgotten before another one, of both."""
        end = span.end if span.depth == 0 else span.last_close
        if end < 0:
            raise _malformed("The answer opens <response> and never closes it.")
        content = self._text[span.start : end]
        for part in _OWN_LINE.split(content) if span.depth else [content]:
            cdata = _CDATA.fullmatch(part.strip())
            yield cdata["text"].strip() if cdata else part.strip()

    def _with_rest(self, taken: TakenAnswer, behind: int) -> TakenAnswer:
        """Say of a text behind the answer that is longer than the answer: it may have gone on there."""
        rest = _MARK.sub("", self._text[behind:]).strip()
        if len(rest) <= len(taken.text):
            return taken
        return replace(taken, remarks=(*taken.remarks, f"Left out, as it stands behind </response>: {_shown(rest)}"))


def _plain(text: str) -> TakenAnswer:
    """Return an answer without its tag: as it is, or what stands in another form of the tag."""
    if found := disguised(text):
        taken = _AnswerReader(found.text).read()
        return replace(taken, text=unescape(taken.text).strip()) if found.escaped else taken
    if taken := around(text):
        return taken
    fenced = _FENCED.fullmatch(text.strip())
    if fenced and fenced["fence"] not in fenced["text"]:
        text = fenced["text"]
    return TakenAnswer(text.strip())


def _malformed(message: str) -> ModelError:
    return ModelError(message, kind="malformed")


def _ends_thinking(mark: re.Match[str]) -> bool:
    return bool(mark["close"]) and mark["name"].lower() != "response"


def _ends_response(mark: re.Match[str]) -> bool:
    return bool(mark["close"]) and mark["name"].lower() == "response"
