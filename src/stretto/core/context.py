"""Turns a context value into what JSON has words for, or says why it cannot be told to a model. No I/O."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from datetime import date, time
from decimal import Decimal
from enum import Enum
from math import isfinite
from numbers import Integral, Real
from pathlib import PurePath
from typing import cast
from uuid import UUID

from stretto.core.errors import InputError

_DEEPEST = 50
"""Lists in lists; whoever has more has a circle."""

_BYTES = (bytes, bytearray, memoryview)


def to_plain(name: str, value: object, *, depth: int = 0) -> object:
    """Return a value as text, numbers, lists and mappings; raises `InputError` that names what cannot be told.

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
    dump = getattr(value, "model_dump", None)  # Of a pydantic model, which this room does not know.
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
