"""Finds what in a request a server does not take, from the words of its refusal, and makes the request without it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from stretto.models.failures.output_limits import room_for_output

Json = dict[str, Any]

# The older and the newer name of one limit: it is never left out, since it is what a call was given money for.
_OTHER_NAME = {"max_completion_tokens": "max_tokens", "max_tokens": "max_completion_tokens"}
_LIMITS = (*_OTHER_NAME, "max_output_tokens", "maxOutputTokens")
# Without these there is no request, or another answer than the one that is read. The rest is left out where refused.
_NEEDED = frozenset(
    {"model", "messages", "input", "contents", "prompt", "stream", "system", "instructions", "generationConfig"}
    | {"systemInstruction", "tools", *_LIMITS}
)
_NOT_TAKEN = re.compile(
    r"unrecogni[sz]ed|unknown|unsupported|unexpected|unavailable|forbidden|deprecated|extra (?:input|field|propert|key)"
    r"|additional (?:propert|input|field)|not (?:a )?(?:support|permit|allow|accept|recogni[sz]|implement|enabl|valid"
    r"|availab|known|exist|found|defined)|n't (?:support|accept|allow|know|recogni[sz]e)|no such|cannot find field"
    r"|cannot be (?:used|set|specified)|invalid (?:request )?(?:argument|parameter|field|key|property|name)"
    r"|不支持|未知|无法识别|非法参数",
    re.IGNORECASE,
)
_WANTS_TEXT = re.compile(
    r"valid string|(?:be|expected|expecting|expects|to be) (?:of type )?(?:a |an )?(?:str\b|string)|string type"
    r"|str type|invalid type: (?:sequence|array|list)|not a string"
    r"|(?:array|list)s? (?:is|are|of parts)?[^.]{0,20}not support"
    r"|only (?:text|string)s?|content parts?|multi-?part|cannot unmarshal array|string value with|value array",
    re.IGNORECASE,
)
_NO_SYSTEM = re.compile(
    r"(?:system|developer)[ _]?(?:role|message|prompt|instruction)s?[^.]{0,60}"
    r"(?:not (?:support|enabl|allow|permit)|n't support|unsupported)"
    r"|(?:unsupported|unknown|invalid|unexpected|not support\w*)[^.]{0,40}\b(?:system|developer)\b"
    r"|\brole\b[\s\S]{0,80}(?:should be|must be|one of|expected)[\s\S]{0,40}user"
    r"|only[^.]{0,40}user[^.]{0,40}roles? (?:are|is) supported",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """How requests to one model on one server are made."""

    left_out: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict[str, str])
    plain: bool = False
    """Content is a text and not a list of parts."""
    no_system: bool = False
    """What the system is told stands in the first message."""
    most_output: int | None = None
    """What the model writes at the most."""

    def make(self, body: Json) -> Json:
        """Return a request in this form."""
        made = {self.renamed.get(name, name): value for name, value in body.items() if name not in self.left_out}
        if self.no_system:
            made = _without_system(made)
        if self.plain:
            made = _in_texts(made)
        if self.most_output is not None and (asked := output_limit(made)) and asked > self.most_output:
            made = with_output_limit(made, self.most_output)
        return made


def learn(form: Form, body: Json, words: str) -> Form | None:
    """Return the form of a request that may be taken where this one was refused; None for no other.

    `body`: the request that was refused, and `words`: everything that is said about it.
    """
    if (asked := output_limit(body)) and (room := room_for_output(words, asked)) and room[1]:
        return replace(form, most_output=room[0])
    if not form.plain and _WANTS_TEXT.search(words) and _in_texts(body) != body:
        return replace(form, plain=True)
    if not form.no_system and _NO_SYSTEM.search(words) and _without_system(body) != body:
        return replace(form, no_system=True)
    if not _NOT_TAKEN.search(words):
        return None
    for name, other in _OTHER_NAME.items():
        if name in body and _is_named(name, words):
            # What another model on the server wanted may be what this one refuses.
            return replace(form, renamed={} if name in form.renamed.values() else {name: other})
    named = {name for name in body.keys() - _NEEDED if _is_named(name, words)}
    return replace(form, left_out=form.left_out | named) if named else None


def output_limit(body: Json) -> int | None:
    """Return the limit on the output that a request has."""
    found = [place[name] for place in _limit_places(body) for name in _LIMITS if isinstance(place.get(name), int)]
    return found[0] if found else None


def with_output_limit(body: Json, limit: int) -> Json:
    """Return a request with another limit on its output."""
    changed = {name: limit if name in _LIMITS else value for name, value in body.items()}
    if isinstance(config := changed.get("generationConfig"), dict):
        changed["generationConfig"] = with_output_limit(cast("Json", config), limit)
    return changed


def _limit_places(body: Json) -> Iterator[Json]:
    yield body
    if isinstance(config := body.get("generationConfig"), dict):
        yield cast("Json", config)


def _is_named(name: str, words: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", words) is not None


def _in_texts(body: Json) -> Json:
    made = dict(body)
    if isinstance(system := body.get("system"), list):
        made["system"] = _text_of(cast("list[object]", system))
    for name in ("messages", "input"):
        if isinstance(messages := body.get(name), list):
            made[name] = [_in_text(one) for one in cast("list[object]", messages)]
    return made


def _in_text(message: object) -> object:
    if not isinstance(message, dict):
        return message
    fields = cast("Json", message)
    return fields | {"content": _text_of(fields["content"])} if isinstance(fields.get("content"), list) else fields


def _text_of(parts: list[object]) -> object:
    """Return parts as one text; as they are where one of them is something else."""
    texts = [cast("Json", part).get("text") for part in parts if isinstance(part, dict)]
    if len(texts) != len(parts) or not all(isinstance(text, str) for text in texts):
        return parts
    return "\n\n".join(cast("list[str]", texts))


def _without_system(body: Json) -> Json:
    if isinstance(instruction := body.get("systemInstruction"), dict):
        return _gemini_without_system(body, cast("Json", instruction))
    messages = body.get("messages")
    if not isinstance(messages, list):
        return body
    rest = [cast("Json", one) for one in cast("list[object]", messages) if isinstance(one, dict)]
    system_messages: list[Json] = []
    while rest and rest[0].get("role") in ("system", "developer"):
        system_messages.append(rest.pop(0))
    if not system_messages or not rest:
        return body
    parts = [part for one in (*system_messages, rest[0]) for part in _parts(one.get("content"))]
    return body | {"messages": [rest[0] | {"content": _text_of(parts)}, *rest[1:]]}


def _parts(content: object) -> list[object]:
    return cast("list[object]", content) if isinstance(content, list) else [{"type": "text", "text": content}]


def _gemini_without_system(body: Json, instruction: Json) -> Json:
    contents = body.get("contents")
    if not isinstance(contents, list) or not contents:
        return body
    first = cast("Json", contents[0])
    parts = [*instruction.get("parts", ()), *first.get("parts", ())]
    rest = {name: value for name, value in body.items() if name != "systemInstruction"}
    return rest | {"contents": [first | {"parts": parts}, *cast("list[object]", contents)[1:]]}
