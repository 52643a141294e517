"""Reads a whole plan in XML-like markup. No I/O."""

import re
from bisect import bisect_left

from stretto.core.plan import Subtask
from stretto.parsing.blocks import Block, Found, choose
from stretto.parsing.draft import Draft, open_draft
from stretto.parsing.entities import has_reference, plain
from stretto.parsing.fields import Fault, is_ellipsis, tidy
from stretto.parsing.names import Kind
from stretto.parsing.tags import Token, Tokenizer

TRUNCATED = Fault(message="The plan stops in the middle.", fault="truncated")
_CUT_OPENING = re.compile(
    r"[<＜]\s*(?:[a-z_\-]{0,8}|(?:sub)?[_-]?tasks?\b[^<>＞]*|!(?:-|--.*|\[[A-Z]*)?)", re.IGNORECASE | re.DOTALL
)
_WORD = re.compile(r"[^\W\d_]{2}|[\u3040-\u9fff]")
_TASKS = ("task", "approach", "item")
_FIELDS = ("type", "description", "tier", "meta")


class MarkupReader:
    """Goes once through the tags of one text. Made for one use."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(Tokenizer(text))
        self._defines = any(
            token.name.upper().startswith("<!D") or token.name.upper() == "<!ENTITY" for token in self._tokens
        )
        self._places: dict[tuple[Kind, bool], list[int]] = {}
        for index, token in enumerate(self._tokens):
            if token.kind:
                self._places.setdefault((token.kind, token.close), []).append(index)
        self._index = 0
        self._seen = 0
        self._blocks = [Block()]
        self._depth = 0
        self._draft: Draft | None = None
        self._field: Token | None = None
        self._mentions = 0
        self._suspect = False
        self._prose = False
        self._analysis = ""
        self._fault: Fault | None = None
        self._begun = -1
        self.clean = True

    def read(self) -> Found:
        """Return what the text holds."""
        while self._index < len(self._tokens):
            token = self._tokens[self._index]
            self._index += 1
            if self._field:
                self._in_field(token)
            elif self._draft:
                self._in_draft(self._draft, token)
            else:
                self._outside(token)
        self._end()
        return Found(
            entries=choose(self._blocks),
            analysis=self._analysis,
            fault=self._fault,
            begun=self._begun >= 0,
            start=max(self._begun, 0),
            end=len(self._text),
        )

    # ---- inside a field

    def _in_field(self, token: Token) -> None:
        field = self._field
        if field is None or token.kind is None:
            return
        if field.kind == "description":
            self._in_description(token)
        elif token.kind in _FIELDS or token.kind == "approach":
            again = not token.close and token.name == field.name
            if token.close or again:
                self._close_field(token)
            elif token.kind != field.kind:
                self._close_field(None, token)
                self._again()
        elif token.kind in ("task", "wrapper") and (token.close or self._starts_task()):
            self._close_field(None, token)
            self._again()

    def _in_description(self, token: Token) -> None:
        if token.kind == "description" and token.close:
            self._close_field(token)
        elif self._closes_draft(token):
            if self._is_mention(token):
                return
            if self._mentions and token.kind == "task":
                self._nest()
            self._close_field(None, token)
            self._again()
        elif token.kind in ("task", "wrapper") and not token.close:
            if self._starts_task():
                self._close_field(None, token)
                self._again()
            elif token.kind == "task":
                self._mentions += 1

    def _closes_draft(self, token: Token) -> bool:
        if not token.close or not self._draft:
            return False
        if token.kind in ("approach", "item"):
            return token.name == self._draft.name
        return token.kind in ("task", "wrapper")

    def _is_mention(self, token: Token) -> bool:
        """Whether a closing tag inside a description is only talked about: text follows, then the real end."""
        following = self._following()
        return (
            following is not None
            and following.kind == "description"
            and following.close
            and bool(self._text[token.end : following.start].strip())
        )

    def _starts_task(self) -> bool:
        """Whether the opening tag just read really opens: a field or a task follows at once, or it has attributes."""
        token = self._tokens[self._index - 1]
        if token.kind == "task" and "=" in token.attrs and ("type" in token.attrs or "desc" in token.attrs):
            return True
        following = self._following()
        inside = ("task", *_FIELDS) if token.kind == "task" else ("task",)
        return (
            following is not None
            and following.kind in inside
            and not following.close
            and not self._text[token.end : following.start].strip()
        )

    def _following(self) -> Token | None:
        for token in self._tokens[self._index : self._index + 3]:
            if token.kind is not None:
                return token
        return None

    def _close_field(self, closing: Token | None, before: Token | None = None) -> None:
        field, draft = self._field, self._draft
        end = closing or before
        if not field or not draft or not end:
            return
        text = self._text[field.end : end.start]
        if field.kind == "description" and not closing:
            draft.add_unclosed_description(text)
        else:
            draft.add(field.kind, field.name, text)
            draft.clean = draft.clean and closing is not None
        draft.reopenable, draft.last = (field.end, end.start) if field.kind == "description" and closing else (-1, -1)
        self._field = None
        self._mentions = 0
        self._seen = end.end if closing else end.start

    def _again(self) -> None:
        self._index -= 1

    # ---- inside a subtask, between its fields

    def _in_draft(self, draft: Draft, token: Token) -> None:
        gap = self._text[self._seen : token.start]
        if token.kind is None:
            self._pass(draft, token, gap)
        elif token.kind in ("think", "analysis"):
            draft.loose.append(gap)
            self._skip(token, keep=False)
        elif token.kind in (*_FIELDS, "approach", "item") and not (token.close and token.name == draft.name):
            self._field_tag(draft, token, gap)
        elif token.close:
            self._pass(draft, token, gap)
            self._close_draft(token)
        elif token.kind == "wrapper" and not self._starts_task():
            return
        else:
            self._open_over(draft, token, gap)

    def _pass(self, draft: Draft, token: Token, gap: str) -> None:
        draft.loose.append(gap)
        self._seen = token.end

    def _field_tag(self, draft: Draft, token: Token, gap: str) -> None:
        if token.close:
            if token.name not in draft.named:
                self._orphan_field_end(draft, token, gap)
        elif token.kind != "item":
            if self._is_prose(draft, token, gap):
                draft.named.add(token.name)
                return
            self._pass(draft, token, gap)
            draft.reopenable = -1
            if draft.whole and (token.name == "type" or (not draft.name and token.name == "description")):
                # A second type after a whole subtask: the tags between the two were forgotten.
                self._close_draft(None)
                self._draft = Draft(name="", start=token.start, clean=False)
            self._field = None if token.empty else token

    def _is_prose(self, draft: Draft, token: Token, gap: str) -> bool:
        """Whether a field's name is text: <task>Use <strong> and <title> …</task>."""
        if draft.descriptions or token.name == "description" or not _WORD.search("".join([*draft.loose, gap])):
            return False
        return not self._is_closed(token) or (token.kind != "description" and token.name != "type")

    def _is_closed(self, token: Token) -> bool:
        following = self._following()
        return following is not None and following.close and following.kind == token.kind

    def _orphan_field_end(self, draft: Draft, token: Token, gap: str) -> None:
        if token.kind == "description" and draft.reopenable >= 0 and gap.strip():
            draft.descriptions[-1] = self._text[draft.reopenable : token.start]
            self._seen = token.end
        elif token.kind in ("type", "description"):
            self._pass(draft, token, gap)
            draft.take_loose(token.kind)
        else:
            self._pass(draft, token, gap)

    def _close_draft(self, token: Token | None) -> None:
        draft = self._draft
        if not draft:
            return
        if self._defines and has_reference(draft.raw_fields()):
            self._fault = Fault(message="The plan refers to an entity that it defines itself; none is read.")
        self._block.entries.append(draft.entry())
        self.clean = self.clean and draft.clean and token is not None
        self._draft = None
        if token and token.kind == "wrapper":
            self.clean = False
            self._close_wrapper()

    def _open_over(self, draft: Draft, token: Token, gap: str) -> None:
        """A subtask or a block begins where one is still open: its end was forgotten, or the new one is inside."""
        draft.loose.append(gap)
        self._seen = token.start
        if draft.bare and draft.name and not self._depth and token.kind == "wrapper":
            # Prose that named the tag before using it.
            self._draft = None
        else:
            self._close_draft(None)
            self._suspect = True
        self._outside(token)

    # ---- outside of subtasks

    @property
    def _block(self) -> Block:
        return self._blocks[-1]

    def _outside(self, token: Token) -> None:
        gap = self._text[self._seen : token.start]
        self._look_at(gap if token.kind is not None else gap + " " + self._text[token.start + 4 : token.end - 3])
        self._seen = token.end
        if token.kind is None:
            return
        if token.kind in ("think", "analysis"):
            self._skip(token, keep=token.kind == "analysis")
        elif token.close:
            self._orphan(token, gap)
        elif token.kind == "wrapper":
            self._open_wrapper(token)
        elif token.kind == "task" or (token.kind in _TASKS and (self._depth or self._starts_field())):
            if not self._is_talk(token, gap):
                self._open_task(token)
        elif token.name in ("type", "description", "desc") and not token.empty and not self._is_talk(token, gap):
            self._begin(token)
            self._draft = Draft(name="", start=token.start, clean=False)
            self._field = token

    def _is_talk(self, token: Token, gap: str) -> bool:
        """Whether prose around the plan names the tag: words before it on its line, no field in it."""
        if self._depth or token.attrs or token.empty or not _WORD.search(gap.rpartition("\n")[2]):
            return False
        following = self._following()
        if following is not None and following.close and following.kind == token.kind:
            return self._block.closed and self._block.wrapped
        return not self._starts_field()

    def _starts_field(self) -> bool:
        token, following = self._tokens[self._index - 1], self._following()
        if following is None or following.close or following.kind not in _FIELDS:
            return False
        return not self._text[token.end : following.start].strip()

    def _look_at(self, gap: str) -> None:
        """Look at the text between subtasks: prose parts blocks, dots stand for subtasks that were left out."""
        gap = gap.strip()
        if not gap:
            return
        self._prose = True
        if is_ellipsis(gap) and (self._depth or (self._block.entries and not self._block.closed)):
            self._block.entries.append(Fault(message="Dots stand in place of subtasks.", placeholder=True))

    def _open_task(self, token: Token) -> None:
        self._begin(token)
        if self._block.closed and not self._depth:
            self._blocks.append(Block(apart=self._prose))
        self._prose = False
        self._draft = open_draft(token)
        if token.empty:
            self._close_draft(token)

    def _open_wrapper(self, token: Token) -> None:
        if token.empty:
            return
        self._depth += 1
        if self._block.entries:
            self._blocks.append(Block(apart=self._prose))
        self._block.wrapped = True
        self._block.closed = False

    def _close_wrapper(self) -> None:
        self._depth = max(0, self._depth - 1)
        self._block.closed = True
        self._prose = False

    def _orphan(self, token: Token, gap: str) -> None:
        if token.kind == "wrapper":
            self._close_wrapper()
        elif token.kind in ("task", "description") and self._suspect:
            self._nest()
        elif gap.strip() and token.kind in ("task", "description") and not self._block.closed:
            self._begin(token)
            self._block.entries.append(Fault(message=f"Text before a </{token.name}> that closes nothing."))

    def _begin(self, token: Token) -> None:
        self._begun = token.start if self._begun < 0 else self._begun

    def _nest(self) -> None:
        self._fault = self._fault or Fault(message="A subtask holds another subtask.")

    # ---- thinking and analysis

    def _skip(self, token: Token, *, keep: bool) -> None:
        """Go on behind the end of a zone whose text is no plan."""
        self._seen = token.end
        if token.close:
            if token.kind == "think" and not self._draft:
                # Only its end is there: all before was thinking.
                self._blocks, self._depth, self._analysis, self._fault = [Block()], 0, "", None
            return
        if token.empty:
            return
        index = self._next((token.kind or "think",), close=True)
        if token.kind == "analysis" and self._next(("analysis",), close=False) < index:
            # It begins again before it ends: its own end was forgotten.
            index = len(self._tokens)
        if index < len(self._tokens):
            end = self._tokens[index].start
            self._index = index + 1
            self._seen = self._tokens[index].end
        elif token.kind == "think":
            self._unclosed_thinking()
            return
        else:
            self._index = self._next(("wrapper", "task"), close=False)
            end = self._tokens[self._index].start if self._index < len(self._tokens) else len(self._text)
        if keep:
            self._analysis = tidy(plain(self._text[token.end : end])) or self._analysis

    def _next(self, kinds: tuple[Kind, ...], *, close: bool) -> int:
        """Return the index of the next such tag; the number of tags when there is none."""
        places = [self._places[kind, close] for kind in kinds if (kind, close) in self._places]
        following = [bisect_left(indices, self._index) for indices in places]
        found = [indices[i] for indices, i in zip(places, following, strict=True) if i < len(indices)]
        return min(found, default=len(self._tokens))

    def _unclosed_thinking(self) -> None:
        last = self._tokens[-1]
        if last.kind != "wrapper" or not last.close or self._text[last.end :].strip(" \n\t`"):
            self._fault = self._fault or TRUNCATED
            self._index = len(self._tokens)
            self._seen = len(self._text)

    # ---- the end

    def _end(self) -> None:
        text = self._text
        if self._draft and not self._field and not self._draft.name and self._draft.descriptions:
            self._close_draft(None)
        elif self._draft:
            self._fault = self._fault or TRUNCATED
            return
        tail = text[self._seen :].strip()
        self._look_at(tail)
        comment = tail.find("<!--")
        cut = tail[comment if comment >= 0 else max(tail.rfind("<"), tail.rfind("＜"), 0) :]
        if self._begun >= 0 and (self._depth or not self._block.closed) and _CUT_OPENING.fullmatch(cut):
            self._fault = self._fault or TRUNCATED


def read_markup(text: str) -> Found:
    """Read a text, already free of control characters, as XML-like markup."""
    return MarkupReader(text).read()


def read_subtask(markup: str) -> Subtask | None:
    """Return the one subtask that this markup is, when nothing about it is in doubt."""
    reader = MarkupReader(markup)
    found = reader.read()
    if len(found.entries) != 1 or found.fault or not reader.clean:
        return None
    entry = found.entries[0]
    return entry if isinstance(entry, Subtask) else None
