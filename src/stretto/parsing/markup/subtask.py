"""One subtask while its markup is being read. No I/O."""

import re
from dataclasses import dataclass, field

from stretto.parsing.fields import Entry, Fault, build, tidy
from stretto.parsing.json.entry import entry_of_text
from stretto.parsing.markup.entities import plain
from stretto.parsing.markup.tags import CLOSERS, OPENERS, attributes
from stretto.parsing.names import OTHER_DESCRIPTIONS, OTHER_TYPES, SHORT, TYPES, Kind, kind_of, normal

_WORD = re.compile(r"[^\W\d_]{2}|[\u3040-\u9fff]")
_ANY_TAG = re.compile(rf"[{OPENERS}]\s*+(/?)\s*+([^\W\d][\w:.\-]*+)([^{OPENERS}{CLOSERS}]*+)[{CLOSERS}]")
_KEYED = re.compile(
    r"\W{0,9}(?:type|类型)\W{0,9}?[:：]\s*+(?P<type>[^\n]++)\n\W{0,9}(?:description|desc|描述)\W{0,9}?[:：]\s*+(?P<text>.+)",
    re.IGNORECASE | re.DOTALL,
)
_COMMENT = re.compile(r"<!--(?:[^-]|-(?!->)){0,500}+-->")
_SPACE = re.compile(r"\s*+")
_LOST_OPENER = re.compile(r"(?:type|description)\s*>\s*", re.IGNORECASE)


@dataclass(slots=True)
class Draft:
    """What is known of a subtask so far."""

    name: str
    """The tag that opened it; empty when its fields came without one."""
    attrs: str = ""
    types: dict[str, str] = field(default_factory=dict[str, str])
    descriptions: list[str] = field(default_factory=list[str])
    tier: str = ""
    loose: list[str] = field(default_factory=list[str])
    """Text between the fields."""
    named: set[str] = field(default_factory=set[str])
    """Names of tags that its text only talks about."""
    clean: bool = True
    """Whether every end was said as it should be, so that it may start before the plan is whole."""
    nested: bool = False
    twice: str = ""
    """Which field it has twice, said as a fault."""
    reopenable: int = -1
    """Where the last description begins, as long as a later closing tag may still prove that it went on."""
    last: int = -1
    """Where that description ends, if it went on; else negative."""
    has_words: bool = False
    """Whether the text between its fields has words in it."""

    @property
    def bare(self) -> bool:
        """Whether nothing was read but text between tags."""
        return not (self.types or self.descriptions or self.attrs)

    @property
    def whole(self) -> bool:
        """Whether it has both of its fields."""
        return bool(self.types and self.descriptions)

    def add(self, kind: "Kind | None", name: str, text: str) -> None:
        """Take the content of one field."""
        if kind == "description":
            self.descriptions.append(_without_only_comments(text))
        elif kind in ("type", "approach", "item"):
            self._add_type(name, tidy(plain(_cut_tail(_COMMENT.sub("", text)))))
        elif kind == "tier":
            value = plain(text).strip().lower()
            # "model" and "effort" may hold something else, which is none of ours.
            self.tier = value if value in ("fast", "strong") else self.tier

    def _add_type(self, name: str, text: str) -> None:
        known = self.types.get(name)
        if known and text and known != text:
            self.twice = f"A subtask has two types, {known[:40]!r} and {text[:40]!r}."
        self.types[name] = known or text

    def take(self, text: str) -> None:
        """Take text between fields."""
        self.loose.append(text)
        self.has_words = self.has_words or has_words(text)

    def settle(self, text: str) -> None:
        """Make the last description as long as its closing tags proved it to be."""
        if self.last >= 0:
            self.descriptions[-1] = text[self.reopenable : self.last]
        self.reopenable = self.last = -1

    def take_loose(self, kind: "Kind | None") -> None:
        """Take the text between fields as the field whose closing tag came without an opening one."""
        if kind not in ("type", "description"):
            return
        text = _LOST_OPENER.sub("", "".join(self.loose).strip(), count=1)
        if text[:1] and text[0] not in OPENERS and not (self.descriptions if kind == "description" else self.types):
            self.add(kind, kind, text)
            self.loose.clear()
        elif text:
            self.clean = False
            self.nested = True

    def add_unclosed_description(self, text: str) -> None:
        """Take a description that ended without its own closing tag, and the fields that it swallowed."""
        self.clean = False
        cut, rest = _split_at_wrong_closer(text)
        for match in _fields_in(rest):
            self.add(match[0], match[1], match[2])
        self.add("description", "description", cut)

    def entry(self) -> Entry:
        """Return the subtask, or why there is none."""
        if self.nested:
            return Fault(message="A subtask holds another subtask, or its tags do not match.")
        self._read_attributes()
        if self.twice:
            return Fault(message=self.twice)
        if not self.descriptions:
            text = "".join(self.loose).strip()
            if (found := entry_of_text(text)) is not None:
                return found
            if text.startswith("<") and text.endswith(">") and not text.startswith("<!"):
                others = _whole_fields(text)
                body = next((others[name] for name in OTHER_DESCRIPTIONS if others.get(name, "").strip()), "")
                if body:
                    self.descriptions.append(body)
                    return build(self._type(others), [plain(body)], self.tier)
                return Fault(message=f"A subtask has no description but {text[:40]!r}.")
            if keyed := _KEYED.fullmatch(text):
                self.types.setdefault("type", keyed["type"].strip())
                text = keyed["text"]
            self.descriptions.append(_without_only_comments(text))
        elif not self.types:
            for found in _fields_in("".join(self.loose)):
                self.add(*found)
        others = {} if self.types else _whole_fields("".join(self.loose).strip())
        return build(self._type(others), [plain(text) for text in self.descriptions], self.tier)

    def _type(self, others: dict[str, str]) -> str:
        """Return the type; where none was given, what stands under a name that may as well mean it."""
        if self.types:
            return next((self.types[name] for name in TYPES if self.types.get(name)), next(iter(self.types.values())))
        return next((plain(others[name]) for name in OTHER_TYPES if len(others.get(name, "").strip()) in SHORT), "")

    def _read_attributes(self) -> None:
        # The content of a field is closer to what was asked for than an attribute.
        has_type, has_description = any(self.types.values()), bool(self.descriptions)
        for name, value in attributes(self.attrs):
            kind = kind_of(name)
            if kind == "description":
                if not has_description:
                    self.descriptions.append(value)
            elif kind != "type" or not has_type:
                self.add(kind, name, value)

    def raw_fields(self) -> str:
        """Return all text of the draft, to look for references that it must not have."""
        return "\n".join([*self.types.values(), *self.descriptions, *self.loose, self.attrs])


def has_words(text: str) -> bool:
    """Whether a text says something, other than numbers and signs."""
    return _WORD.search(text) is not None


def _without_only_comments(text: str) -> str:
    text = text.strip()
    position = 0
    while text.startswith("<!--", position) and (end := text.find("-->", position)) >= 0:
        space = _SPACE.match(text, end + 3)
        position = space.end() if space else end + 3
    return text[position:] and text


def _cut_tail(text: str) -> str:
    """Return a short field without a misspelt closing tag at its end."""
    tags = list(_ANY_TAG.finditer(text))
    if tags and tags[-1][1] and not text[tags[-1].end() :].strip() and not _is_opened(tags, len(tags) - 1):
        return text[: tags[-1].start()]
    return text


def _is_opened(tags: list[re.Match[str]], index: int) -> bool:
    return any(not tag[1] and tag[2].lower() == tags[index][2].lower() for tag in tags[:index])


def _split_at_wrong_closer(text: str) -> tuple[str, str]:
    """Split a description without its closing tag at the tag that was meant as one, and at the fields it swallowed.

    Meant as one is a closing tag that closes nothing inside, or a second opening tag, with only whole fields after it.
    """
    tags = list(_ANY_TAG.finditer(text))
    first = _trailing_fields(text, tags)
    end = tags[first].start() if first < len(tags) else len(text)
    if first and not text[tags[first - 1].end() : end].strip():
        tag = tags[first - 1]
        meant = not _is_opened(tags, first - 1) if tag[1] else kind_of(tag[2]) == "description"
        if meant:
            return text[: tag.start()], text[end:]
    return text[:end], text[end:]


def _trailing_fields(text: str, tags: list[re.Match[str]]) -> int:
    """Return the index of the first tag of the run of whole fields that ends the text; len(tags) for no run."""
    index, end = len(tags), len(text)
    while index >= 2:
        opening, closing = tags[index - 2], tags[index - 1]
        same = opening[2].lower() == closing[2].lower() and closing[1] and not opening[1]
        if not same or text[closing.end() : end].strip() or kind_of(opening[2]) not in ("type", "tier", "meta"):
            break
        index, end = index - 2, opening.start()
    return index


def _whole_fields(text: str) -> dict[str, str]:
    """Return the fields, of whatever name, that a text consists of; empty when anything stands outside of them."""
    fields: dict[str, str] = {}
    position = 0
    while position < len(text):
        opening = _ANY_TAG.match(text, position)
        if not opening or opening[1]:
            return {}
        closer = rf"[{OPENERS}]\s*+[/／]\s*+{re.escape(opening[2])}\s*+[{CLOSERS}]\s*+"
        closing = re.compile(closer, re.IGNORECASE).search(text, opening.end())
        if not closing:
            return {}
        name, content = normal(opening[2]), text[opening.end() : closing.start()]
        fields[name] = f"{fields[name]}\n\n{content}" if name in fields else content
        position = closing.end()
    return fields


def _fields_in(text: str) -> list[tuple["Kind | None", str, str]]:
    tags = list(_ANY_TAG.finditer(text))
    return [
        (kind_of(opening[2]), opening[2].lower(), text[opening.end() : closing.start()])
        for opening, closing in zip(tags[::2], tags[1::2], strict=False)
    ]
