"""Splits a text at the marks of model families, so that only what was said as the answer is left. No I/O."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from stretto.parsing.quoted_text import Quoted
from stretto.parsing.reasoning.marks import BOX, KINDS, MARK, PREFACES, SPECIAL, STRIPPED, SWITCHES, THINKING

_Zone = Literal["plain", "think", "answer", "other"]
_HEADS = ("<|channel|>", "<|start|>")
_LONGEST_HEAD = 200
_BOXED = re.compile(rf"{re.escape(BOX[0])}(?P<text>(?:[^<]|<(?!\|(?:begin|end)_of_box\|>))*+){re.escape(BOX[1])}")
_LAST_MARK = re.compile(rf"{MARK.pattern}|{SPECIAL.pattern}|</s>")
_ROLE = re.compile(r"\A\s*+assistant\s*?\n\s*+")
# A text that begins with thinking in other brackets: [think], &lt;think&gt;.
_OTHER_TAG = re.compile(rf"(?:\[|&lt;)(?P<close>/)?(?P<name>{'|'.join(THINKING)})(?:\]|&gt;)", re.IGNORECASE)
_SENTENCE = re.compile(r"\s*+<s>(?!.*<s>)", re.DOTALL)
_THOUGHT = "<think></think>"
_OPEN = "<think>"


@dataclass(frozen=True, slots=True)
class VisibleAnswer:
    """A text without the marks of its family."""

    text: str
    """Thinking is left as an empty <think></think>, or as <think> where it was never closed."""
    first: int = -1
    """Where the first mark stood; negative when there was none."""
    left_out: tuple[str, ...] = ()
    """What was said as an answer and is not in `text`: earlier final messages, what came behind the end."""
    joined: bool = False
    """Whether several messages were put together."""
    final: bool = False
    """Whether a mark said where the answer begins."""


@dataclass(slots=True)
class _Part:
    zone: _Zone
    text: list[str] = field(default_factory=list[str])

    def content(self) -> str:
        return "".join(self.text).strip()


class _Splitter:
    """Goes once through the marks of one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._quoted = Quoted(text)
        self._parts = [_Part("plain")]
        self._head = ""
        """What kind of mark began the head of a message that is still being read; empty outside of heads."""
        self._seen = 0
        self._answered = False
        self.first = -1

    def split(self) -> list[_Part]:
        for match in MARK.finditer(self._text):
            if self._part.zone != "think" and self._is_named(match):
                continue
            self.first = match.start() if self.first < 0 else self.first
            self._take(self._text[self._seen : match.start()], KINDS[match[0]])
            self._seen = match.end()
            self._mark(KINDS[match[0]], head=match[0].startswith(_HEADS))
        self._take(self._text[self._seen :], "")
        return self._parts

    def _is_named(self, match: re.Match[str]) -> bool:
        """Whether a mark is only talked about: in code, or square brackets in the midst of a text."""
        if match[0][0] == "[" and KINDS[match[0]] == "opens" and self._text[self._seen : match.start()].strip():
            return True
        return self._quoted.holds(match.start(), match.end())

    @property
    def _part(self) -> _Part:
        return self._parts[-1]

    def _take(self, text: str, kind: str) -> None:
        if kind == "bodies" and self._head and len(text) <= _LONGEST_HEAD:
            return
        self._part.text.append(text)

    def _mark(self, kind: str, *, head: bool) -> None:
        if kind == "bodies":
            if not self._head or self._head == "turns":
                self._begin("answer")
            self._head = ""
            return
        self._head = kind if head else ""
        if kind == "opens":
            self._begin("think")
        elif kind == "answers":
            self._begin("answer")
        elif kind == "others":
            self._begin("other")
        elif kind == "closes":
            if self._part.zone != "think":
                # Only its end is there: all before was thinking.
                for part in self._parts:
                    part.zone = "think" if part.zone == "plain" else part.zone
            self._begin("plain")
        elif kind in ("turns", "ends"):
            self._begin("plain")

    def _begin(self, zone: _Zone) -> None:
        if zone != "other" and self._part.zone == "other" and self._answered:
            # It goes on with a talk that it made up: the answer was before.
            return
        self._answered = self._answered or (self._part.zone in ("plain", "answer") and bool(self._part.content()))
        self._parts.append(_Part(zone))


def visible_answer(text: str) -> VisibleAnswer:
    """Return what was said as the answer: what stands behind the last final mark, or all but the thinking."""
    text = _without_prefaces(without_last_marks(text, known=False))
    splitter = _Splitter(text)
    parts = splitter.split()
    if splitter.first < 0:
        return VisibleAnswer(_boxed(text))
    answers = [content for part in parts if part.zone == "answer" and (content := part.content())]
    if answers:
        behind = _behind_the_last_answer(parts)
        left = [*dict.fromkeys(content for content in answers[:-1] if content not in answers[-1]), *behind]
        return VisibleAnswer(_boxed(answers[-1]), splitter.first, tuple(left), final=True)
    plain = [content for part in parts if part.zone == "plain" and (content := part.content())]
    whole = _boxed("\n\n".join(_canonical(parts)))
    return VisibleAnswer(whole, splitter.first, tuple(_made_up(parts)), joined=len(plain) > 1)


def _made_up(parts: list[_Part]) -> Iterator[str]:
    """Give what was said for somebody else behind the answer; before it, it repeats the prompt."""
    answered = False
    for part in parts:
        content = part.content()
        if part.zone == "other" and content and answered:
            yield content
        answered = answered or (part.zone == "plain" and bool(content))


def _behind_the_last_answer(parts: list[_Part]) -> Iterator[str]:
    last = max(index for index, part in enumerate(parts) if part.zone == "answer" and part.content())
    for part in parts[last + 1 :]:
        if part.zone in ("plain", "other") and (content := part.content()):
            yield content


def _canonical(parts: list[_Part]) -> Iterator[str]:
    """Give the text of the messages, each run of thinking as one empty pair of tags."""
    thought = False
    for index, part in enumerate(parts):
        content = part.content()
        if part.zone == "think" and content:
            if index == len(parts) - 1:
                yield _OPEN
            elif not thought:
                yield _THOUGHT
            thought = True
        elif part.zone == "plain" and content:
            yield content


def _boxed(text: str) -> str:
    """Return what stands in a box, or the text without the marks where most of it stands outside."""
    if BOX[0] not in text and BOX[1] not in text:
        return text
    boxes = list(_BOXED.finditer(text))
    if not boxes:
        # One of the two marks was left out.
        return text.replace(BOX[0], "").replace(BOX[1], "")
    inside = "\n\n".join(box["text"].strip() for box in boxes)
    thinking_end = text.rfind("</think>") + 1
    outside = len(_BOXED.sub("", text[thinking_end:]).strip())
    if outside > len(inside):
        return _BOXED.sub(lambda box: box["text"], text)
    return (_THOUGHT if thinking_end else "") + inside


def _is_sentence(text: str, end: int) -> bool:
    """Whether a text stands in <s> … </s> as a whole, as the marks of Llama 2 and Mistral do; struck out is a part."""
    return _SENTENCE.match(text) is not None and text.find("</s>") == end


def _does(mark: str) -> str:
    return "box" if mark in BOX else KINDS.get(mark, "ends")


def without_last_marks(text: str, *, known: bool = True) -> str:
    """Return a text without the marks at its end that end a message; HTML's </s> stays where an <s> is open.

    With `known` off, only those that no family has are taken off.
    """
    # Only the end is looked at, so that a long text of such marks takes no longer.
    end = len(text)
    for match in reversed(list(_LAST_MARK.finditer(text, max(0, len(text) - 200)))):
        if text[match.end() : end].strip() or _does(match[0]) not in ("ends", "nothing"):
            break
        if match[0] in KINDS and not known:
            break
        if (
            match[0] == "</s>"
            and not _is_sentence(text, match.start())
            and text.lower().rfind("<s>", 0, match.start()) > text.rfind("</s>", 0, match.start())
        ):
            break
        end = match.start()
    return text[:end]


def _without_prefaces(text: str) -> str:
    """Return a text without the sentences that announce thinking, without switches, with stripped marks as tags."""
    text = _ROLE.sub("", SWITCHES.sub("", text))
    if _OTHER_TAG.match(text.lstrip()):
        text = _OTHER_TAG.sub(lambda tag: f"<{tag['close'] or ''}{tag['name']}>", text)
    if (begun := _SENTENCE.match(text)) and "</s>" not in text:
        # Not HTML's: the end of this one was taken off before, or never came.
        text = text[begun.end() :]
    thinking, answer = PREFACES
    if begun := thinking.match(text):
        end = answer.search(text, begun.end())
        return _THOUGHT + text[end.end() :] if end else _OPEN
    if (lead := answer.match(text)) and text[lead.end() :].strip():
        return text[lead.end() :]
    if (begun := STRIPPED.match(text)) and not MARK.search(text):
        return _OPEN + text[begun.end() :]
    return text
