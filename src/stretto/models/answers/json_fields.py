"""Puts right single fields of parsed JSON."""

from collections.abc import Callable, Mapping
from typing import Any

Json = dict[str, Any]
Sound = Callable[[Any], bool]
"""Whether a field is as it should be."""


def set_text(place: Json, *names: str) -> None:
    """Make sure that these fields are texts."""
    keep(place, is_text, *names, otherwise="")


def keep(place: Json, is_sound: Sound, *names: str, otherwise: object) -> None:
    """Give fields that are missing or odd a value."""
    for name in names:
        if not is_sound(place.get(name)):
            place[name] = otherwise


def drop(place: Json, is_sound: Sound, *names: str) -> None:
    """Leave out fields that are odd."""
    for name in names:
        if name in place and not is_sound(place[name]):
            del place[name]


def is_text(value: object) -> bool:
    """Whether it is a text."""
    return isinstance(value, str)


def is_whole(value: object) -> bool:
    """Whether it is a whole number."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> bool:
    """Whether it is a number that a moment can be, in seconds."""
    # What lies further ahead is no moment that a date can hold.
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e11


def is_flag(value: object) -> bool:
    """Whether it is true or false."""
    return isinstance(value, bool)


def is_list(value: object) -> bool:
    """Whether it is a list."""
    return isinstance(value, list)


def is_object(value: object) -> bool:
    """Whether it is an object."""
    return isinstance(value, Mapping)


def is_nothing(_: object) -> bool:
    """Return False: for fields that nobody reads."""
    return False
