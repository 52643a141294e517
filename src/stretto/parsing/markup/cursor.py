"""A place among the tags of a text, and what can be seen from there. No I/O."""

import re
from bisect import bisect_left

from stretto.parsing.markup.tags import Token, Tokenizer
from stretto.parsing.names import Kind

_CUT_OPENING = re.compile(
    r"[<＜]\s*(?:[a-z_\-]{0,8}|(?:sub)?[_-]?tasks?\b[^<>＞]*|!(?:-|--.*|\[[A-Z]*)?)", re.IGNORECASE | re.DOTALL
)
FIELDS = ("type", "description", "tier", "meta")


class Cursor:
    """Steps through the tags of one text; `seen` is where the text begins that no step has taken."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(Tokenizer(text))
        self.index = 0
        self.seen = 0
        self._places: dict[tuple[Kind, bool], list[int]] = {}
        for index, token in enumerate(self.tokens):
            if token.kind:
                self._places.setdefault((token.kind, token.close), []).append(index)

    def step(self) -> Token | None:
        """Return the next tag; None at the end."""
        if self.index >= len(self.tokens):
            return None
        self.index += 1
        return self.tokens[self.index - 1]

    def again(self) -> None:
        """Let the tag of the last step come once more."""
        self.index -= 1

    def gap(self, token: Token) -> str:
        """Return the text before a tag that no step has taken."""
        return self.text[self.seen : token.start]

    def following(self) -> Token | None:
        """Return the tag after the last step's, past comments; None where none is near."""
        for token in self.tokens[self.index : self.index + 3]:
            if token.kind is not None:
                return token
        return None

    def next(self, *kinds: Kind, close: bool) -> int:
        """Return the index of the next such tag; the number of tags when there is none."""
        places = [self._places[kind, close] for kind in kinds if (kind, close) in self._places]
        following = [bisect_left(indices, self.index) for indices in places]
        found = [indices[i] for indices, i in zip(places, following, strict=True) if i < len(indices)]
        return min(found, default=len(self.tokens))

    def skip(self, token: Token) -> int | None:
        """Go behind the zone that a tag opens; return where its text ends, or None for thinking without an end."""
        closing = self.next(token.kind or "think", close=True)
        if token.kind == "analysis" and self.next("analysis", close=False) < closing:
            # It begins again before it ends: its own end was forgotten.
            closing = len(self.tokens)
        if closing < len(self.tokens):
            self.index, self.seen = closing + 1, self.tokens[closing].end
            return self.tokens[closing].start
        if token.kind != "think":
            self.index = self.next("wrapper", "task", close=False)
            return self.tokens[self.index].start if self.index < len(self.tokens) else len(self.text)
        last = self.tokens[-1]
        if last.kind == "wrapper" and last.close and not self.text[last.end :].strip(" \n\t`"):
            # The text ends with the end of a plan: only the end of the thinking before it was forgotten.
            return token.end
        self.index, self.seen = len(self.tokens), len(self.text)
        return None

    def defines_entities(self) -> bool:
        """Whether the text has a document type, which may define entities."""
        return any(token.name.upper() in ("<!DOCTYPE", "<!ENTITY") for token in self.tokens)

    def opens(self, *kinds: Kind) -> bool:
        """Whether one of these opens directly behind the last step's tag."""
        token, following = self.tokens[self.index - 1], self.following()
        if following is None or following.close or following.kind not in kinds:
            return False
        return not self.text[token.end : following.start].strip()

    def starts_task(self) -> bool:
        """Whether the last step's tag really opens: a field or a task follows at once, or it has attributes."""
        token = self.tokens[self.index - 1]
        if token.kind != "task":
            return self.opens("task")
        if "=" in token.attrs and ("type" in token.attrs or "desc" in token.attrs):
            return True
        return self.opens("task", *FIELDS)

    def starts_field(self) -> bool:
        """Whether a field opens directly behind the last step's tag."""
        return self.opens(*FIELDS)

    def is_closed(self, token: Token) -> bool:
        """Whether the next tag closes this one."""
        following = self.following()
        return following is not None and following.close and following.kind == token.kind

    def is_only_named(self, token: Token) -> bool:
        """Whether a closing tag inside a description is only talked about: text follows, then the real end."""
        following = self.following()
        if following is None or following.kind != "description" or not following.close:
            return False
        return bool(self.text[token.end : following.start].strip())


def ends_in_opening(tail: str) -> bool:
    """Whether a text ends inside a tag that may open a subtask, or inside a comment."""
    comment = tail.find("<!--")
    start = comment if comment >= 0 else max(tail.rfind("<"), tail.rfind("＜"), 0)
    return _CUT_OPENING.fullmatch(tail[start:]) is not None
