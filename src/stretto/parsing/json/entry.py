"""Reads the JSON value that is one subtask. No I/O."""

import re

from stretto.parsing.fields import Entry, Fault, build, is_ellipsis
from stretto.parsing.invisible_characters import without_invisible
from stretto.parsing.json.strict import Bare, Items, JsonError, Omission, Pairs, Value
from stretto.parsing.json.tolerant import read_value
from stretto.parsing.names import (
    DESCRIPTIONS,
    OTHER_DESCRIPTIONS,
    OTHER_TYPES,
    SHORT,
    TASKS,
    TIERS,
    TYPE_NAMES,
    TYPES,
    WRAPPERS,
    normal,
)

LISTS = WRAPPERS | TASKS | {"items", "steps", "variants", "list"}
"""Names under which a list of subtasks stands."""
_LIST_ORDER = ("tasks", "subtasks", "sub_tasks")
_CALLS = ("function", "function_call", "arguments", "parameters", "input", "args")
"""Names under which a tool call holds what it is called with, from the outside in."""
_MOST_COMPARED = 50
_NULLS = frozenset({"null", "None", "undefined", "none"})


def key(name: str) -> str:
    """Return the name of a JSON entry in the form of names.py."""
    return normal(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", without_invisible(name)))


def text_of(value: Value) -> str | None:
    """Return the text of a value; None when it is none."""
    if isinstance(value, str):
        return value
    if isinstance(value, Bare):
        return "" if value.text in _NULLS else value.text
    if isinstance(value, Items):
        texts = [text_of(item) for item in value.items]
        return None if None in texts else "\n".join(text for text in texts if text)
    return None


def is_schema(pairs: Pairs) -> bool:
    """Whether an object is a JSON schema, as models that repeat it write."""
    names = {name for name, _ in pairs.items}
    if "$schema" in names or "$ref" in names:
        return True
    kind = next((value for name, value in pairs.items if name == "type"), None)
    return kind in ("object", "array", "string") and bool(names & {"properties", "items", "required", "enum"})


def entry_of(value: Value) -> Entry:
    """Return the subtask that one element of a list is, or why it is none."""
    value = called(value)
    if isinstance(value, Omission) or (isinstance(value, str) and is_ellipsis(value)):
        return Fault(message="Dots stand in place of subtasks.", placeholder=True)
    if isinstance(value, str):
        return entry_of_text(value.strip()) or build("", [value])
    if isinstance(value, Items) and len(value.items) == 2:
        type, description = (text_of(item) for item in value.items)
        return (
            Fault(message="A subtask is no text.")
            if type is None or description is None
            else build(type, [description])
        )
    if isinstance(value, Pairs) and not is_schema(value):
        return _entry_of_pairs(value)
    return Fault(message="A subtask is no object with a type and a description.")


def _entry_of_pairs(pairs: Pairs) -> Entry:
    if len(pairs.items) == 1 and key(pairs.items[0][0]) in TASKS and isinstance(pairs.items[0][1], Pairs):
        return entry_of(pairs.items[0][1])
    types: dict[str, str] = {}
    descriptions: dict[str, str] = {}
    others: dict[str, str] = {}
    tier = ""
    for name, value in pairs.items:
        if isinstance(value, Omission):
            return Fault(message="Dots stand in place of a subtask's fields.", placeholder=True)
        known, text = key(name), text_of(value)
        if known in WRAPPERS and isinstance(value, Items) and value.items:
            return Fault(message="A subtask holds another subtask.")
        if known in DESCRIPTIONS or known in OTHER_DESCRIPTIONS or known in TYPE_NAMES:
            if text is None:
                return Fault(message=f"The {name!r} of a subtask is no text.")
            if known in TYPE_NAMES and isinstance(value, Items):
                text = text.replace("\n", ", ")
            kept = descriptions if known in DESCRIPTIONS else types if known in TYPE_NAMES else others
            if kept.get(known, "").strip() and text.strip() and kept[known] != text:
                return Fault(message=f"A subtask has two different entries {name!r}.")
            kept[known] = text if text.strip() else kept.get(known, text)
        elif known in OTHER_TYPES:
            others[known] = text or ""
        elif known in TIERS:
            tier = text if text in ("fast", "strong") else tier
    return _assemble(pairs, types, descriptions, others, tier)


def _assemble(
    pairs: Pairs, types: dict[str, str], descriptions: dict[str, str], others: dict[str, str], tier: str
) -> Entry:
    texts = [text for text in descriptions.values() if text.strip()]
    used = [name for name in OTHER_DESCRIPTIONS if not texts and others.get(name, "").strip()][:1]
    texts = texts or [others[name] for name in used]
    kinds = [others[name] for name in OTHER_TYPES if name not in used and len(others.get(name, "").strip()) in SHORT]
    type = next((types[name] for name in TYPES if types.get(name)), next(iter(types.values() if types else kinds), ""))
    if not texts and not types and len(pairs.items) == 1:
        name, value = pairs.items[0]
        if isinstance(value, str) and not descriptions:
            return build(name, [value])
        if isinstance(value, Pairs):
            inner = entry_of(value)
            return inner if isinstance(inner, Fault) or key(name) in TASKS else named(inner, name)
    return build(type, texts, tier)


def named(entry: Entry, name: str) -> Entry:
    """Return an entry with the name under which it stands as its type, where it has none of its own."""
    if isinstance(entry, Fault) or entry.type != "default":
        return entry
    return build(name, [entry.description], entry.tier or "")


def list_in(pairs: Pairs) -> Value | None:
    """Return what stands under a list's name in this object: of several names the plainest, of those all."""
    found: dict[str, list[Value]] = {}
    for name, value in pairs.items:
        known = key(name)
        if known in LISTS and (
            isinstance(value, (Items, Pairs)) or (isinstance(value, str) and looks_like_json(value))
        ):
            empty = isinstance(value, (Items, Pairs)) and not value.items
            if known not in found or not empty:
                found.setdefault(known, []).append(value)
    plain = [value for name in _LIST_ORDER for value in found.get(name, ())]
    if len(plain) > 1 and (entries := [value for value in plain if _has_entries(value)]):
        plain = entries
    best = plain or next(iter(found.values()), None)
    return _as_one(best) if best else None


def _has_entries(value: Value) -> bool:
    return isinstance(value, Items) and any(isinstance(item, Pairs) and is_entry(item) for item in value.items)


def _as_one(values: list[Value]) -> Value:
    """Return several lists under one name as one, so that none is lost; equal ones count once."""
    filled = [value for value in values if not (isinstance(value, (Items, Pairs)) and not value.items)] or values[:1]
    lists = [value for index, value in enumerate(filled) if index >= _MOST_COMPARED or value not in filled[:index]]
    if len(lists) > 1 and all(isinstance(value, Items) for value in lists):
        parts = [value for value in lists if isinstance(value, Items)]
        return Items([item for part in parts for item in part.items], ended=all(part.ended for part in parts))
    return lists[-1]


def looks_like_json(text: str) -> bool:
    """Whether a text may be JSON written as text."""
    return re.match(r"\s*[{\[]", text) is not None


def is_entry(pairs: Pairs) -> bool:
    """Whether an object is one subtask."""
    if is_schema(pairs) or list_in(pairs) is not None:
        return len(pairs.items) == 1 and key(pairs.items[0][0]) in TASKS and isinstance(pairs.items[0][1], Pairs)
    names = {key(name) for name, _ in pairs.items}
    if names & {"arguments", "parameters", "function", "input", "input_schema", "schema"}:
        return False
    return bool(names & DESCRIPTIONS) or bool(names & TYPE_NAMES and names & set(OTHER_DESCRIPTIONS))


def called(value: Value) -> Value:
    """Return the subtask with which a tool was called; any other value as it is."""
    inner = value
    for _ in range(3):
        if not isinstance(inner, Pairs):
            break
        inner = next((item for name, item in inner.items if key(name) in _CALLS), None)
        if isinstance(inner, str) and looks_like_json(inner):
            try:
                inner = read_value(inner.strip(), 0)[0]
            except JsonError:
                break
        if isinstance(inner, Pairs) and is_entry(inner):
            return inner
    return value


def entry_of_text(text: str) -> Entry | None:
    """Return the subtask that a text is as a whole in JSON; None when it is not JSON."""
    if not text.startswith("{"):
        return None
    try:
        value, end = read_value(text, 0)
    except JsonError:
        return None
    return entry_of(value) if isinstance(value, Pairs) and is_entry(value) and not text[end:].strip() else None
