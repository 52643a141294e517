"""The task with its context: context values become text, and both become the blocks of every prompt. No I/O."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, time
from decimal import Decimal
from enum import Enum
from math import isfinite
from numbers import Integral, Real
from pathlib import PurePath
from types import MappingProxyType
from typing import cast
from uuid import UUID

from stretto.core.errors import InputError
from stretto.core.text import replace_surrogates

EMPTY: Mapping[str, object] = MappingProxyType({})

_DEEPEST = 50
"""Levels of nesting; deeper is taken for a circular reference."""

_BYTES = (bytes, bytearray, memoryview)


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """What is to be done, with everything the models may know about it."""

    text: str
    """The request, in the user's words."""
    context: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Named facts, as text: lists come one item a line, other values as JSON."""

    @classmethod
    def of(cls, text: str, context: Mapping[str, object] = EMPTY) -> "Task":
        """Build a task from user input; raises `InputError` when the text is empty or a part of it is unusable."""
        # Asked of an object: what users hand over is not always what the types say.
        if not isinstance(cast("object", text), str):
            raise InputError(f"The task must be text, got {type(text).__name__}.")
        if not isinstance(cast("object", context), Mapping):
            raise InputError(f"The context must be names with values, got {type(context).__name__}.")
        if not text.strip():
            raise InputError("The task is empty.", hint="Say in one sentence what is to be made.")
        return cls(text=replace_surrogates(text), context=MappingProxyType(_as_text(context)))


def _as_text(context: Mapping[str, object]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name, value in context.items():
        if not isinstance(cast("object", name), str):
            raise InputError(f"A context value's name must be text, got {name!r}.")
        if not name.strip():
            raise InputError(f"A context value has no name (its value begins {str(value)[:40]!r}).")
        try:
            texts[replace_surrogates(name)] = replace_surrogates(render_value(to_plain(name, value)))
        except InputError:
            raise
        except (TypeError, ValueError, RecursionError) as error:  # what JSON has no words for, such as a circle
            raise InputError(f"The context value {name!r} cannot be written as JSON: {error}.") from error
    return texts


def to_plain(name: str, value: object, *, depth: int = 0) -> object:
    """Return a value as text, numbers, lists and mappings; raises `InputError` that names what has no text.

    Raises `ValueError` for a circle.

    Dates, decimals, UUIDs and paths become text, an enum its value, dataclasses and pydantic models mappings, sets
    lists in a fixed order. Anything else has no text but Python's own, such as `<Shop object at 0x…>`, and is refused.
    """
    if depth > _DEEPEST:
        raise ValueError("Circular reference detected")
    if isinstance(value, Enum):  # Before text and numbers, which some are, too.
        return to_plain(name, value.value, depth=depth + 1)
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, (Decimal, Real)):
        return _number(name, value)
    if isinstance(value, (date, time, UUID, PurePath)):
        return str(value)
    if isinstance(value, _BYTES):
        raise InputError(
            f"The context value {name!r} is bytes, which are no text yet.", hint='Decode them: value.decode("utf-8").'
        )
    return _nested(name, value, depth + 1)


def _number(name: str, value: Decimal | Real) -> object:
    if not isfinite(value):
        raise InputError(
            f"The context value {name!r} is {value}, which is no number.", hint="Leave it out, or say None."
        )
    if isinstance(value, Decimal):
        return str(value)
    return int(value) if isinstance(value, Integral) else float(value)


def _nested(name: str, value: object, depth: int) -> object:
    if isinstance(value, type):
        raise _no_text(name, f"the class {value.__name__}")
    shown = _fields(value)
    if isinstance(shown, Mapping):
        entries = cast("Mapping[object, object]", shown).items()
        return {_key(name, key): to_plain(f"{name}.{key}", item, depth=depth) for key, item in entries}
    if isinstance(value, Set):
        return sorted((to_plain(name, item, depth=depth) for item in cast("Set[object]", value)), key=str)
    if isinstance(value, Sequence):
        listed = cast("Sequence[object]", value)
        return [to_plain(f"{name}[{number}]", item, depth=depth) for number, item in enumerate(listed)]
    kind = type(value).__name__
    raise _no_text(name, f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}")


def _fields(value: object) -> object:
    """Return the fields of a dataclass or a pydantic model; anything else as it is."""
    dump = getattr(value, "model_dump", None)  # Of a pydantic model, which `core` does not import.
    if callable(dump):
        return dump()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return value


def _no_text(name: str, what: str) -> InputError:
    return InputError(
        f"The context value {name!r} is {what}, which has no text of its own.",
        hint="Give text, a number, a date, or a list or mapping of these.",
    )


def _key(name: str, key: object) -> str:
    plain = to_plain(name, key) if not isinstance(key, (tuple, frozenset)) else None
    if plain is None or isinstance(plain, (dict, list)):
        raise InputError(f"The context value {name!r} has a key that is no text: {key!r}.")
    return str(plain)


def render_value(value: object) -> str:
    """Return a context value as the text that models read."""
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)):
        items = cast("Sequence[object]", value)
        if all(isinstance(item, (str, int, float)) for item in items):
            return "\n".join(f"- {item}" for item in items)
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False, default=str)


def render_block(name: str, text: str) -> str:
    """Return `text` between marks that the text itself does not contain, so it cannot end its own block."""
    mark = _mark(text)
    return f"[{name} {mark}]\n{text}\n[/{name} {mark}]"


_BLOCK = re.compile(
    r"\[(?P<name>[^\[\]\n]+) (?P<mark>[0-9a-f]{8})\]\n(?P<text>.*?)\n\[/(?P=name) (?P=mark)\]", re.DOTALL
)


def read_blocks(prompt: str) -> dict[str, str]:
    """Return the blocks that `render_block` wrote into `prompt`, by name; of two of one name the first."""
    blocks: dict[str, str] = {}
    for block in _BLOCK.finditer(prompt):
        blocks.setdefault(block["name"], block["text"])
    return blocks


def _mark(text: str) -> str:
    # From the text's own hash: the same bytes for every role and every rerun, which prompt caches need.
    digest = hashlib.sha256(text.encode()).hexdigest()
    return next(digest[i : i + 8] for i in range(len(digest) - 7) if digest[i : i + 8] not in text)
