"""Takes a worker's answer out of the text around it. No I/O."""

import re
from dataclasses import dataclass

from stretto.core.errors import ModelError
from stretto.core.text import replace_surrogates, strip_control
from stretto.parsing.entities import unescape

_MARK = re.compile(
    r"(?<!`)\\?[<＜◁]\s*+(?P<close>\\?[/／])?\s*+(?:\w{1,20}:)?"
    r"(?P<name>response|think|thinking|thought|thoughts|reasoning|reflection|scratchpad|inner_monologue|antthinking)"
    r"(?P<attrs>(?:\s[^<>＜＞]*)?)(?P<empty>/?)\\?[>＞▷](?!`)",
    re.IGNORECASE,
)
_FENCED = re.compile(
    r"(?P<fence>`{3,}|~{3,})[ \t]*(?:markdown|md|text|txt|plain|plaintext|xml|html)?[ \t]*\n"
    r"(?P<text>.*)\n(?P=fence)[ \t]*",
    re.DOTALL | re.IGNORECASE,
)
_BRACKETED_THINKING = re.compile(r"\A\s*+\[THINK\]|\[/THINK\]")
_DOUBLED = re.compile(r"<<(?P<tag>/?response)>>", re.IGNORECASE)
_DISGUISED = re.compile(
    r"(?:^[ \t]*+(?:\[|【|《|〈|&lt;)(?P<open>response)|(?:\[|【|《|〈|&lt;)[/／]response)(?:\]|】|》|〉|&gt;)",
    re.IGNORECASE | re.MULTILINE,
)
_AROUND = re.compile(
    r"\s*+<(?P<name>answer|output|result|final|final_answer)>(?P<text>.*)</(?P=name)>\s*", re.DOTALL | re.IGNORECASE
)
_LAST_TOKENS = re.compile(r"(?:\s*+(?:<[|｜][\w▁]{1,30}[|｜]>|</s>))+\s*+\Z")
_FINAL_CHANNEL = "<|channel|>final<|message|>"
_CDATA = re.compile(r"<!\[CDATA\[(?P<text>(?:[^\]]|\](?!\]>))*+)\]\]>")


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


def read_answer(text: str) -> str:
    """Return what stands in <response>, or the whole text where there is no such tag; thinking is left out.

    An answer of white space is "". Raises `ModelError` of kind "malformed" when the tag, or the thinking, was opened
    and never closed.
    """
    text = strip_control(replace_surrogates(text)).lstrip("\ufeff")
    text = _without_tokens(text.rpartition(_FINAL_CHANNEL)[2])
    text = _BRACKETED_THINKING.sub(lambda mark: "</think>" if "/" in mark[0] else "<think>", text)
    return _AnswerReader(_DOUBLED.sub(r"<\g<tag>>", text)).read()


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
        self._outside: list[str] = []

    def read(self) -> str:
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
                self._lone_end = mark.start()
            else:
                span.depth = max(0, span.depth - 1)
                span.last_close = mark.start()
                if span.depth == 0:
                    # One more without a beginning in between: the content itself named the tag before.
                    span.end = mark.start()
        elif mark["empty"] or mark["attrs"].endswith("/"):
            if span is None or span.depth == 0:
                self._spans.append(_Span(mark.end(), mark.end(), 0, mark.end()))
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

    def _result(self) -> str:
        if self._spans:
            return _content(self._text, self._spans[-1])
        if self._thinking:
            raise _malformed("The answer stops while thinking.")
        text = "".join([*self._outside, self._text[self._begin :]])
        if self._lone_end >= self._begin:
            text = self._text[self._begin : self._lone_end]
        text = _undisguised(text)
        fenced = _FENCED.fullmatch(text.strip())
        if fenced and fenced["fence"] not in fenced["text"]:
            text = fenced["text"]
        return text.strip()


def _without_tokens(text: str) -> str:
    """Return a text without the marks of a chat template at its end."""
    # Only the end is looked at, so that a long text of such marks takes no longer.
    tail = max(0, len(text) - 200)
    match = _LAST_TOKENS.search(text, tail)
    return text[: match.start()] if match else text


def _undisguised(text: str) -> str:
    """Return what stands between other brackets than those of a tag, or in a tag of another name around it all."""
    marks = list(_DISGUISED.finditer(text))
    if marks and marks[0]["open"]:
        if not marks[-1]["open"]:
            content = text[marks[0].end() : marks[-1].start()]
            return unescape(content) if "&lt;" in marks[0][0] else content
        if not text[: marks[0].start()].strip():
            raise _malformed("The answer opens [response] and never closes it.")
    around = _AROUND.fullmatch(text)
    return around["text"] if around else text


def _content(text: str, span: _Span) -> str:
    end = span.end if span.depth == 0 else span.last_close
    if end < 0:
        raise _malformed("The answer opens <response> and never closes it.")
    content = text[span.start : end].strip()
    cdata = _CDATA.fullmatch(content)
    return cdata["text"].strip() if cdata else content


def _malformed(message: str) -> ModelError:
    return ModelError(message, kind="malformed")


def _ends_thinking(mark: re.Match[str]) -> bool:
    return bool(mark["close"]) and mark["name"].lower() != "response"


def _ends_response(mark: re.Match[str]) -> bool:
    return bool(mark["close"]) and mark["name"].lower() == "response"
