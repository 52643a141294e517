"""Reads a whole plan in XML-like markup. No I/O."""

from stretto.core.plan import Subtask
from stretto.parsing.fields import Fault, tidy
from stretto.parsing.markup.blocks import Found
from stretto.parsing.markup.cursor import FIELDS, Cursor, ends_in_opening
from stretto.parsing.markup.entities import has_reference, plain
from stretto.parsing.markup.state import NESTED, MarkupState
from stretto.parsing.markup.subtask import Draft, has_words
from stretto.parsing.markup.tags import Token

TRUNCATED = Fault(message="The plan stops in the middle.", fault="truncated")
_OWN_ENTITY = Fault(message="The plan refers to an entity that it defines itself; none is read.")


class MarkupReader:
    """Goes once through the tags of one text. Made for one use.

    It is in a field, in a subtask between fields, or outside; each has its method.
    """

    def __init__(self, text: str) -> None:
        self._cursor = Cursor(text)
        self._state = MarkupState()
        self._defines = self._cursor.defines_entities()
        self._draft: Draft | None = None
        self._field: Token | None = None
        self._named = 0
        self._suspect = False
        self.clean = True
        """Whether every end was said as it should be."""

    def read(self) -> Found:
        """Return what the text holds."""
        while token := self._cursor.step():
            if self._draft and self._ends_thinking(token):
                self._field, self._draft = None, None
                self._state.forget()
                self._cursor.seen = token.end
            elif self._draft and self._field:
                self._in_field(self._draft, self._field, token)
            elif self._draft:
                self._in_draft(self._draft, token)
            else:
                self._outside(token)
        self._end()
        return self._state.found(len(self._cursor.text))

    def _ends_thinking(self, token: Token) -> bool:
        """Whether a lone end of thinking stands in an unfinished subtask and the plan begins anew behind it."""
        if token.kind != "think" or not token.close:
            return False
        following = self._cursor.following()
        return following is not None and not following.close and following.kind in ("wrapper", "task")

    # Inside a field

    def _in_field(self, draft: Draft, field: Token, token: Token) -> None:
        if field.kind == "description":
            self._in_description(draft, field, token)
        elif token.kind in (*FIELDS, "approach"):
            if token.close or token.name == field.name:
                self._close_field(draft, field, token)
            elif token.kind != field.kind:
                self._leave_field(draft, field, token)
        elif token.kind in ("task", "wrapper") and (token.close or self._cursor.starts_task()):
            self._leave_field(draft, field, token)

    def _in_description(self, draft: Draft, field: Token, token: Token) -> None:
        if token.kind == "description" and token.close:
            self._close_field(draft, field, token)
        elif token.close and self._closes(draft, token):
            if self._cursor.is_only_named(token):
                return
            if self._named and token.kind == "task":
                self._state.note_fault(NESTED)
            self._leave_field(draft, field, token)
        elif self._is_frame(field, token):
            # Its name can mean a description, but it only holds the fields together.
            self._field, self._cursor.seen = None, token.start
            self._cursor.again()
        elif token.kind in ("task", "wrapper") and not token.close:
            if self._cursor.starts_task():
                self._leave_field(draft, field, token)
            else:
                self._named += token.kind == "task"

    def _is_frame(self, field: Token, token: Token) -> bool:
        if token.close or token.name not in ("type", "description") or field.name == "description":
            return False
        return field.name in ("details", "detail") and not self._cursor.text[field.end : token.start].strip()

    def _closes(self, draft: Draft, token: Token) -> bool:
        if token.kind in ("approach", "item"):
            return token.name == draft.name
        return token.kind in ("task", "wrapper")

    def _close_field(self, draft: Draft, field: Token, token: Token) -> None:
        draft.add(field.kind, field.name, self._cursor.text[field.end : token.start])
        draft.reopenable = field.end if field.kind == "description" else -1
        self._field, self._named, self._cursor.seen = None, 0, token.end

    def _leave_field(self, draft: Draft, field: Token, token: Token) -> None:
        """End a field whose closing tag was forgotten, and look at this tag again."""
        text = self._cursor.text[field.end : token.start]
        if field.kind == "description":
            draft.add_unclosed_description(text)
        else:
            draft.add(field.kind, field.name, text)
        draft.clean, draft.reopenable = False, -1
        self._field, self._named, self._cursor.seen = None, 0, token.start
        self._cursor.again()

    # Inside a subtask, between its fields

    def _in_draft(self, draft: Draft, token: Token) -> None:
        if token.kind is None:
            self._pass(draft, token)
        elif token.kind in ("think", "analysis"):
            draft.take(self._cursor.gap(token))
            self._skip(token, keep=False)
        elif token.kind in (*FIELDS, "approach", "item") and not (token.close and token.name == draft.name):
            self._field_tag(draft, token)
        elif token.close:
            self._pass(draft, token)
            self._close_draft(token)
        elif token.kind == "wrapper" and not self._cursor.starts_task():
            self._pass(draft, token, named=True)
        else:
            self._open_over(draft, token)

    def _pass(self, draft: Draft, token: Token, *, named: bool = False) -> None:
        """Take the text before a tag, and the tag too where it is only text."""
        draft.take(self._cursor.gap(token) + (self._cursor.text[token.start : token.end] if named else ""))
        self._cursor.seen = token.end

    def _field_tag(self, draft: Draft, token: Token) -> None:
        if token.close:
            self._lone_field_end(draft, token)
        elif token.kind == "item" or self._is_text(draft, token):
            draft.named.add(token.name)
            self._pass(draft, token, named=True)
        else:
            self._pass(draft, token)
            draft.settle(self._cursor.text)
            if draft.whole and (token.name == "type" or (not draft.name and token.name == "description")):
                # A second type after a whole subtask: the tags between the two were forgotten.
                self._close_draft(None)
                self._draft = Draft(name="", clean=False)
            self._field = None if token.empty else token

    def _is_text(self, draft: Draft, token: Token) -> bool:
        """Whether a field's name is text: <task>Use <strong> and <title> …</task>."""
        if draft.descriptions or token.name == "description":
            return False
        if not draft.has_words and not has_words(self._cursor.gap(token)):
            return False
        return not self._cursor.is_closed(token) or (token.kind != "description" and token.name != "type")

    def _lone_field_end(self, draft: Draft, token: Token) -> None:
        if token.name in draft.named:
            self._pass(draft, token, named=True)
        elif token.kind == "description" and draft.reopenable >= 0 and self._cursor.gap(token).strip():
            # The description went on: what seemed its end was text.
            draft.last = token.start
            self._cursor.seen = token.end
        else:
            self._pass(draft, token)
            draft.take_loose(token.kind)

    def _close_draft(self, token: Token | None) -> None:
        draft, self._draft = self._draft, None
        if not draft:
            return
        draft.settle(self._cursor.text)
        if self._defines and has_reference(draft.raw_fields()):
            self._state.note_fault(_OWN_ENTITY)
        self._state.add(draft.entry())
        self.clean = self.clean and draft.clean and token is not None and token.kind != "wrapper"
        if token and token.kind == "wrapper":
            self._state.close_wrapper()

    def _open_over(self, draft: Draft, token: Token) -> None:
        """A subtask or a block begins where one is still open: its end was forgotten, or the new one is inside."""
        draft.take(self._cursor.gap(token))
        self._cursor.seen = token.start
        if draft.bare and draft.name and not self._state.depth and token.kind == "wrapper":
            # Prose that named the tag before using it.
            self._draft = None
        elif draft.bare and draft.name not in ("", token.name) and not "".join(draft.loose).strip():
            # <task> around several <subtask>.
            self._draft = None
            self._state.open_wrapper()
        else:
            self._close_draft(None)
            self._suspect = True
        self._outside(token)

    # Outside of subtasks

    def _outside(self, token: Token) -> None:
        gap = self._cursor.gap(token)
        hidden = "" if token.kind else " " + self._cursor.text[token.start + 4 : token.end - 3]
        self._state.look_at(gap + hidden)
        self._cursor.seen = token.end
        if token.kind in ("think", "analysis"):
            self._skip(token, keep=token.kind == "analysis")
        elif token.kind and token.close:
            self._lone_end(token, gap)
        elif token.kind == "wrapper":
            if not token.empty:
                self._state.open_wrapper()
        elif self._opens_task(token):
            if not self._is_talk(token, gap):
                self._state.open_task(token)
                self._draft = Draft(name=token.name, attrs=token.attrs)
                if token.empty:
                    self._close_draft(token)
        elif token.name in ("type", "description", "desc") and not token.empty and not self._is_talk(token, gap):
            self._state.begin(token)
            self._draft = Draft(name="", clean=False)
            self._field = token

    def _opens_task(self, token: Token) -> bool:
        if token.kind in ("approach", "item"):
            return self._state.depth > 0 or self._cursor.starts_field()
        return token.kind == "task"

    def _is_talk(self, token: Token, gap: str) -> bool:
        """Whether prose around the plan names the tag: words before it on its line, no field in it."""
        if self._state.depth or token.attrs or token.empty or not has_words(gap.rpartition("\n")[2]):
            return False
        if self._cursor.is_closed(token):
            return self._state.block.closed and self._state.block.wrapped
        return not self._cursor.starts_field()

    def _lone_end(self, token: Token, gap: str) -> None:
        if token.kind == "wrapper":
            self._state.close_wrapper()
        elif token.kind in ("task", "description") and self._suspect:
            self._state.note_fault(NESTED)
        elif gap.strip() and token.kind in ("task", "description") and not self._state.block.closed:
            self._state.begin(token)
            self._state.add(Fault(message=f"Text before a </{token.name}> that closes nothing."))

    # Thinking and analysis

    def _skip(self, token: Token, *, keep: bool) -> None:
        """Go on behind the end of a zone whose text is no plan."""
        cursor = self._cursor
        cursor.seen = token.end
        if token.close and token.kind == "think" and not self._draft:
            # Only its end is there: all before was thinking.
            self._state.forget()
        if token.close or token.empty:
            return
        end = cursor.skip(token)
        if end is None:
            self._state.note_fault(TRUNCATED)
        elif keep:
            self._state.add_analysis(tidy(plain(cursor.text[token.end : end])))

    def _end(self) -> None:
        draft = self._draft
        if draft and not self._field and not draft.name and draft.descriptions:
            self._close_draft(None)
        elif draft:
            self._state.note_fault(TRUNCATED)
            return
        tail = self._cursor.text[self._cursor.seen :].strip()
        self._state.look_at(tail)
        is_open = self._state.depth > 0 or not self._state.block.closed
        if self._state.begun >= 0 and is_open and ends_in_opening(tail):
            self._state.note_fault(TRUNCATED)


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
