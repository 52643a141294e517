"""Reads YAML whose values stay as they were written: 12.50 is not 12.5, and yes is not true."""

from collections.abc import Iterator
from typing import Any, cast

import yaml

# The parser written in C is far faster; a build of PyYAML may lack it.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_NULLS = ("", "~", "null", "Null", "NULL")
_DEEPEST = 50


def load_yaml(text: str) -> object:
    """Return names, lists and texts, None for what is left empty. Raises `ValueError` with the reason and the line.

    It is built from the parser's events: no tag is obeyed, and an alias is refused, because a few of them can stand
    for gigabytes.
    """
    try:
        events = cast("Iterator[Any]", yaml.parse(text, Loader=_Loader))
        next(events)  # the stream's start
        if isinstance(next(events), yaml.StreamEndEvent):
            return None
        value = _value(next(events), events, depth=0)
        next(events)  # the document's end
        if not isinstance(next(events), yaml.StreamEndEvent):
            raise ValueError("it holds several documents; one file, one document")
    except yaml.MarkedYAMLError as error:
        raise ValueError(f"{error.problem or error.context}{_at(error.problem_mark)}") from error
    except yaml.YAMLError as error:
        raise ValueError(str(error).splitlines()[0]) from error
    return value


def _value(event: Any, events: Iterator[Any], depth: int) -> object:
    if depth > _DEEPEST:
        raise ValueError(f"it is nested deeper than {_DEEPEST} levels{_at(event.start_mark)}")
    if isinstance(event, yaml.AliasEvent):
        raise ValueError(f"the alias *{event.anchor} is not read{_at(event.start_mark)}; write the value out")
    if isinstance(event, yaml.MappingStartEvent):
        return _mapping(events, depth + 1)
    if isinstance(event, yaml.SequenceStartEvent):
        return _sequence(events, depth + 1)
    return None if event.implicit[0] and event.value in _NULLS else event.value


def _sequence(events: Iterator[Any], depth: int) -> list[object]:
    items: list[object] = []
    while not isinstance(event := next(events), yaml.SequenceEndEvent):
        items.append(_value(event, events, depth))
    return items


def _mapping(events: Iterator[Any], depth: int) -> dict[str, object]:
    fields: dict[str, object] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        if not isinstance(event, yaml.ScalarEvent):
            raise ValueError(f"a name must be text{_at(event.start_mark)}")
        name: str = event.value
        if name in fields:
            raise ValueError(f"the name {name!r} is given twice{_at(event.start_mark)}")
        fields[name] = _value(next(events), events, depth)
    return fields


def _at(mark: Any) -> str:
    return f" (line {mark.line + 1})" if mark else ""
