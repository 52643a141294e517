"""Finds the plan in JSON values, whatever shape models give it. No I/O."""

import re
from collections.abc import Iterator

from stretto.parsing.fields import Entry, Fault, build, is_ellipsis, tidy
from stretto.parsing.json_text import Bare, Items, JsonError, Omission, Pairs, Value
from stretto.parsing.json_tolerant import read_value
from stretto.parsing.names import (
    ANALYSES,
    DESCRIPTIONS,
    OTHER_DESCRIPTIONS,
    TASKS,
    TIERS,
    TYPE_NAMES,
    TYPES,
    WRAPPERS,
    normal,
)

LISTS = WRAPPERS | {"items", "steps", "variants", "list", "task", "subtask", "sub_task"}
"""Names under which a list of subtasks stands."""
_LIST_ORDER = ("tasks", "subtasks", "sub_tasks")
_NULLS = frozenset({"null", "None", "undefined", "none"})
_PLAN_KEY = re.compile(r"[\"'](?:tasks|subtasks|description)\\*[\"']\s*:")
_MAX_STRINGS = 3
"""How often JSON may be written as text inside JSON."""


def key(name: str) -> str:
    """Return the name of a JSON entry in the form of names.py."""
    return normal(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name))


def _text(value: Value) -> str | None:
    """Return the text of a value; None when it is none."""
    if isinstance(value, str):
        return value
    if isinstance(value, Bare):
        return "" if value.text in _NULLS else value.text
    if isinstance(value, Items):
        texts = [_text(item) for item in value.items]
        return None if None in texts else "\n".join(text for text in texts if text)
    return None


def _is_schema(pairs: Pairs) -> bool:
    names = {name for name, _ in pairs.items}
    if "$schema" in names or "$ref" in names:
        return True
    kind = next((value for name, value in pairs.items if name == "type"), None)
    return kind in ("object", "array", "string") and bool(names & {"properties", "items", "required", "enum"})


def entry_of(value: Value) -> Entry:
    """Return the subtask that one element of a list is, or why it is none."""
    if isinstance(value, Omission) or (isinstance(value, str) and is_ellipsis(value)):
        return Fault(message="Dots stand in place of subtasks.", placeholder=True)
    if isinstance(value, str):
        return entry_of_text(value.strip()) or build("", [value])
    if isinstance(value, Items) and len(value.items) == 2:
        type, description = (_text(item) for item in value.items)
        return (
            Fault(message="A subtask is no text.")
            if type is None or description is None
            else build(type, [description])
        )
    if isinstance(value, Pairs) and not _is_schema(value):
        return _entry_of_pairs(value)
    return Fault(message="A subtask is no object with a type and a description.")


def _entry_of_pairs(pairs: Pairs) -> Entry:
    if len(pairs.items) == 1 and key(pairs.items[0][0]) in TASKS and isinstance(pairs.items[0][1], Pairs):
        return entry_of(pairs.items[0][1])
    types: dict[str, str] = {}
    descriptions: list[tuple[str, str]] = []
    others: dict[str, str] = {}
    tier = ""
    for name, value in pairs.items:
        if isinstance(value, Omission):
            return Fault(message="Dots stand in place of a subtask's fields.", placeholder=True)
        known, text = key(name), _text(value)
        if known in WRAPPERS and isinstance(value, Items) and value.items:
            return Fault(message="A subtask holds another subtask.")
        if known in DESCRIPTIONS or known in OTHER_DESCRIPTIONS or known in TYPE_NAMES:
            if text is None:
                return Fault(message=f"The {name!r} of a subtask is no text.")
            if known in DESCRIPTIONS:
                if known in dict(descriptions) and dict(descriptions)[known] != text:
                    return Fault(message=f"A subtask has two different entries {name!r}.")
                descriptions.append((known, text))
            elif known in TYPE_NAMES:
                types[known] = text.replace("\n", ", ") if isinstance(value, Items) else text
            else:
                others[known] = text
        elif known in TIERS:
            tier = text if text in ("fast", "strong") else tier
    return _assemble(pairs, types, dict(descriptions), others, tier)


def _assemble(
    pairs: Pairs, types: dict[str, str], descriptions: dict[str, str], others: dict[str, str], tier: str
) -> Entry:
    texts = [text for text in descriptions.values() if text.strip()]
    if not texts:
        texts = [others[name] for name in OTHER_DESCRIPTIONS if others.get(name, "").strip()][:1]
    type = next((types[name] for name in TYPES if types.get(name)), next(iter(types.values()), ""))
    if not texts and not types and len(pairs.items) == 1:
        name, value = pairs.items[0]
        if isinstance(value, str) and not descriptions and not others:
            return build(name, [value])
        if isinstance(value, Pairs):
            inner = entry_of(value)
            return inner if isinstance(inner, Fault) or key(name) in TASKS else _named(inner, name)
    return build(type, texts, tier)


def _named(entry: Entry, name: str) -> Entry:
    if isinstance(entry, Fault) or entry.type != "default":
        return entry
    return build(name, [entry.description], entry.tier or "")


def entries_of(value: Value, depth: int = 0) -> list[Entry] | None:
    """Return the subtasks of what stands under a list's name; None when it is nothing of the kind."""
    if isinstance(value, Items):
        return [entry_of(item) for item in value.items]
    if isinstance(value, str) and depth < _MAX_STRINGS:
        return _entries_in_text(value, depth)
    if not isinstance(value, Pairs) or _is_schema(value):
        return None
    if nested := _list_in(value):
        return entries_of(nested, depth + 1) if depth < _MAX_STRINGS else None
    names = {key(name) for name, _ in value.items}
    if names & DESCRIPTIONS and all(not isinstance(item, (Pairs, Items)) for _, item in value.items):
        return [entry_of(value)]
    return [_entry_of_map(name, item) for name, item in value.items]


def _entry_of_map(name: str, value: Value) -> Entry:
    if isinstance(value, Omission) or (isinstance(value, str) and is_ellipsis(value)):
        return Fault(message="Dots stand in place of subtasks.", placeholder=True)
    if isinstance(value, Pairs):
        numbered = re.sub(r"_?\d+$", "", key(name)) in TASKS or name.isdigit()
        entry = entry_of(value)
        return entry if numbered else _named(entry, name)
    text = _text(value)
    return Fault(message=f"The subtask {name!r} is no text.") if text is None else build(name, [text])


def _entries_in_text(text: str, depth: int) -> list[Entry] | None:
    start = re.match(r"\s*(?=[{\[\"'])", text)
    if not start:
        return None
    try:
        value, _ = read_value(text, start.end())
    except JsonError:
        return None
    return entries_of(value, depth + 1)


def _list_in(pairs: Pairs) -> Value | None:
    """Return what stands under a list's name in this object; of several the plainest name, of one name the last."""
    found: dict[str, Value] = {}
    for name, value in pairs.items:
        known = key(name)
        if known in LISTS and (
            isinstance(value, (Items, Pairs)) or (isinstance(value, str) and _looks_like_json(value))
        ):
            empty = isinstance(value, (Items, Pairs)) and not value.items
            if known not in found or not empty:
                found[known] = value
    best = next((found[name] for name in _LIST_ORDER if name in found), None)
    return best if best is not None else next(iter(found.values()), None)


def _looks_like_json(text: str) -> bool:
    return re.match(r"\s*[{\[]", text) is not None


def blocks_of(value: Value, *, strings: int = 0, top: bool = True) -> Iterator[tuple[list[Entry], str, bool]]:
    """Give every plan inside a value as (subtasks, analysis, whether its list ended).

    `strings` counts how often JSON was text inside JSON, `top` says that nothing is around the value.
    """
    if isinstance(value, str):
        yield from _blocks_in_text(value, strings, top=top)
    elif isinstance(value, Items):
        if _is_list_of_entries(value, top=top):
            yield [entry_of(item) for item in value.items], "", value.ended
            return
        for item in value.items:
            if not isinstance(item, str):
                yield from blocks_of(item, strings=strings, top=False)
    elif isinstance(value, Pairs):
        yield from _blocks_of_pairs(value, strings)


def _blocks_in_text(text: str, strings: int, *, top: bool) -> Iterator[tuple[list[Entry], str, bool]]:
    start = re.match(r"\s*(?=[{\[\"'])" if top else r"\s*(?=[{\[])", text)
    if not start or strings >= _MAX_STRINGS:
        return
    try:
        value, _ = read_value(text, start.end())
    except JsonError:
        if _PLAN_KEY.search(text):
            yield [Fault(message="A plan written as text inside JSON cannot be read.")], "", True
        return
    yield from blocks_of(value, strings=strings + 1, top=top)


def _blocks_of_pairs(pairs: Pairs, strings: int) -> Iterator[tuple[list[Entry], str, bool]]:
    listed = None if _is_schema(pairs) else _list_in(pairs)
    entries = entries_of(listed) if listed is not None else None
    if entries is not None:
        yield entries, analysis_of(pairs), not isinstance(listed, (Items, Pairs)) or listed.ended
        return
    for name, item in pairs.items:
        # Of a schema only what stands in place of its properties can be a plan.
        if not _is_schema(pairs) or name == "properties":
            for block, analysis, ended in blocks_of(item, strings=strings, top=False):
                yield block, analysis or analysis_of(pairs), ended


def _is_list_of_entries(items: Items, *, top: bool) -> bool:
    """Whether an array under no known name is a list of subtasks."""
    if any(isinstance(item, Pairs) and is_entry(item) for item in items.items):
        return True
    texts = all(isinstance(item, (str, Omission)) or _is_pair(item) or _is_named_text(item) for item in items.items)
    return top and bool(items.items) and texts


def _is_named_text(value: Value) -> bool:
    return isinstance(value, Pairs) and len(value.items) == 1 and isinstance(value.items[0][1], str)


def _is_pair(value: Value) -> bool:
    return isinstance(value, Items) and len(value.items) == 2 and all(isinstance(item, str) for item in value.items)


def is_entry(pairs: Pairs) -> bool:
    """Whether an object is one subtask."""
    if _is_schema(pairs) or _list_in(pairs) is not None:
        return len(pairs.items) == 1 and key(pairs.items[0][0]) in TASKS and isinstance(pairs.items[0][1], Pairs)
    names = {key(name) for name, _ in pairs.items}
    if names & {"arguments", "parameters", "function", "input"}:
        return False
    return bool(names & DESCRIPTIONS) or bool(names & TYPE_NAMES and names & set(OTHER_DESCRIPTIONS))


def analysis_of(pairs: Pairs) -> str:
    """Return the analysis that an object holds; empty when it has none."""
    for name, value in pairs.items:
        if key(name) in ANALYSES and isinstance(value, str):
            return tidy(value)
    return ""


def entry_of_text(text: str) -> Entry | None:
    """Return the subtask that a text is as a whole in JSON; None when it is not JSON."""
    if not text.startswith("{"):
        return None
    try:
        value, end = read_value(text, 0)
    except JsonError:
        return None
    return entry_of(value) if isinstance(value, Pairs) and is_entry(value) and not text[end:].strip() else None
