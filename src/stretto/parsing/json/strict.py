"""The values of JSON with everything that a plan needs to know of them, and the strict reading of it. No I/O."""

import json
from dataclasses import dataclass
from typing import cast

from stretto.parsing.json.windows_paths import has_path

MAX_DEPTH = 100
"""More brackets inside each other than any plan has."""


class Omission:
    """Dots that stand for something left out."""


OMISSION = Omission()


@dataclass(frozen=True, slots=True)
class Bare:
    """A word without quotes: a number, a literal, or text."""

    text: str


@dataclass(slots=True)
class Pairs:
    """An object; a name may be there more than once."""

    items: list[tuple[str, "Value"]]
    ended: bool = True
    """Whether its own closing brace was there."""


@dataclass(slots=True)
class Items:
    """An array."""

    items: "list[Value]"
    ended: bool = True


Value = str | Bare | Pairs | Items | Omission


class JsonError(Exception):
    """The text cannot be read as JSON."""

    def __init__(self, message: str, position: int, *, cut: bool = False, deep: bool = False) -> None:
        super().__init__(message)
        self.position = position
        self.cut = cut
        """Whether the text ended before the value did."""
        self.deep = deep
        """Whether it gave up on too many brackets."""
        self.value: Value | None = None
        """As much of the value as could be read; None for nothing."""
        self.between = False
        """Whether the cut fell between two entries of an object."""


def read_strict(text: str, start: int) -> tuple[Value, int] | None:
    """Return the value that begins at `start` and where it ends, or None when it is not strict JSON.

    With a path in it whose backslashes are single it is not, whatever they would stand for.

    Raises `JsonError` when brackets are too deep.
    """
    try:
        value, end = _DECODER.raw_decode(text, start)
        if has_path(text, start, end):
            return None
        return _typed(value, 0), end
    except RecursionError:
        raise JsonError("too many brackets inside each other", len(text), deep=True) from None
    except ValueError:
        return None


@dataclass(slots=True)
class _Object:
    items: list[tuple[str, object]]


_DECODER = json.JSONDecoder(
    object_pairs_hook=_Object, parse_int=Bare, parse_float=Bare, parse_constant=Bare, strict=False
)


def _typed(value: object, depth: int) -> Value:
    if depth > MAX_DEPTH:
        raise RecursionError
    if isinstance(value, (str, Bare)):
        return value
    if isinstance(value, _Object):
        return Pairs([(name, _typed(item, depth + 1)) for name, item in value.items])
    if isinstance(value, list):
        return Items([_typed(item, depth + 1) for item in cast("list[object]", value)])
    return Bare("null" if value is None else str(value))
