"""Finds the plan in JSON values, whatever shape models give it. No I/O."""

import re
from collections.abc import Iterator

from stretto.parsing.fields import Entry, Fault, build, is_ellipsis, tidy
from stretto.parsing.json.entry import called, entry_of, is_entry, is_schema, key, list_in, named, text_of
from stretto.parsing.json.strict import Items, JsonError, Omission, Pairs, Value
from stretto.parsing.json.tolerant import read_value
from stretto.parsing.names import ANALYSES, DESCRIPTIONS, TASKS, kind_of

_PLAN_KEY = re.compile(r"[\"'](?:tasks|subtasks|description)\\*[\"']\s*:")
_JSON_KINDS = ("object", "array", "string", "integer", "number", "boolean")
_MAX_STRINGS = 3
"""How often JSON may be written as text inside JSON."""


def entries_of(value: Value, depth: int = 0) -> list[Entry] | None:
    """Return the subtasks of what stands under a list's name; None when it is nothing of the kind."""
    if isinstance(value, Items):
        return [entry_of(item) for item in value.items]
    if isinstance(value, str) and depth < _MAX_STRINGS:
        return _entries_in_text(value, depth)
    if not isinstance(value, Pairs) or is_schema(value):
        return None
    if nested := list_in(value):
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
        return entry if numbered else named(entry, name)
    text = text_of(value)
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
    listed = None if is_schema(pairs) else list_in(pairs)
    entries = entries_of(listed) if listed is not None else None
    if entries is not None:
        yield entries, analysis_of(pairs), not isinstance(listed, (Items, Pairs)) or listed.ended
        return
    if _is_numbered(pairs):
        yield [_entry_of_map(n, item) for n, item in pairs.items if key(n) not in ANALYSES], analysis_of(pairs), True
        return
    for name, item in pairs.items:
        # Of a schema only what stands in place of its properties can be a plan.
        if not is_schema(pairs) or (name == "properties" and not _defines(item)):
            for block, analysis, ended in blocks_of(item, strings=strings, top=False):
                yield block, analysis or analysis_of(pairs), ended


def _defines(properties: Value) -> bool:
    """Whether the properties of a schema only say of which kind each is."""
    values = [value for _, value in properties.items] if isinstance(properties, Pairs) else []
    kinds = [dict(value.items).get("type") for value in values if isinstance(value, Pairs)]
    return bool(values) and len(kinds) == len(values) and all(kind in _JSON_KINDS for kind in kinds)


def _is_numbered(pairs: Pairs) -> bool:
    """Whether an object holds one subtask after the other: {"task1": {…}, "task2": {…}}."""
    names = [key(name) for name, _ in pairs.items if key(name) not in ANALYSES]
    values = [item for name, item in pairs.items if key(name) not in ANALYSES]
    numbered = all(re.fullmatch(r"(.+?)_?\d{1,4}", name) and kind_of(name) == "task" for name in names)
    return bool(names) and numbered and pairs.ended and all(isinstance(v, Pairs) and is_entry(v) for v in values)


def _is_list_of_entries(items: Items, *, top: bool) -> bool:
    """Whether an array under no known name is a list of subtasks."""
    if any(isinstance(call := called(item), Pairs) and is_entry(call) for item in items.items):
        return True
    texts = all(isinstance(item, (str, Omission)) or _is_pair(item) or _is_named_text(item) for item in items.items)
    return top and bool(items.items) and texts


def _is_named_text(value: Value) -> bool:
    return isinstance(value, Pairs) and len(value.items) == 1 and isinstance(value.items[0][1], str)


def _is_pair(value: Value) -> bool:
    return isinstance(value, Items) and len(value.items) == 2 and all(isinstance(item, str) for item in value.items)


def analysis_of(pairs: Pairs) -> str:
    """Return the analysis that an object holds, all of it; empty when it has none."""
    texts = [tidy(value) for name, value in pairs.items if key(name) in ANALYSES and isinstance(value, str)]
    return "\n\n".join(dict.fromkeys(text for text in texts if text))
