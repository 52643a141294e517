"""Validates the value of one option: of the right type and within bounds, or an error that names it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from math import inf, isfinite, nan
from numbers import Integral, Real
from typing import cast

from stretto.core.errors import InputError

_LONGEST = 80


def refuse(name: str, needed: str, given: object, hint: str = "") -> InputError:
    """Return the error for an option that cannot be used."""
    return InputError(f"{name} must be {needed}, got {shown(given)}.", hint=hint)


def shown(given: object) -> str:
    """Return a value as an error shows it: as Python writes it, and shortened."""
    text = repr(given)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def read_whole_number(name: str, given: object, *, unit: str = "", most: int | None = None) -> int:
    """Return a whole number from 1 to `most`; raises `InputError`."""
    needed = f"from 1 to {most}" if most else f"more than 0 {unit}" if unit else "1 or more"
    # True is a whole number to Python, and nobody means one by it.
    if isinstance(given, bool) or not isinstance(given, Integral):
        raise refuse(name, f"a whole number, {needed}", given)
    number = int(given)
    if number < 1 or (most is not None and number > most):
        raise refuse(name, needed, given)
    return number


def read_number(name: str, given: object, unit: str, *, least: float | None = None, endless: bool = False) -> float:
    """Return a number of `unit` above 0, or from `least`; `endless` allows infinity. Raises `InputError`."""
    needed = f"more than 0 {unit}" if least is None else f"{least:g} {unit} or more"
    if isinstance(given, bool) or not isinstance(given, (Real, Decimal)):
        raise refuse(name, f"a number, {needed}", given)
    try:
        number = float(given)
    except (OverflowError, ValueError):  # More digits than that; a signalling NaN.
        number = nan
    if endless and number == inf:
        return number
    if not isfinite(number):
        raise refuse(name, f"a number, {needed}", given)
    if number < least if least is not None else number <= 0:
        raise InputError(f"{name} must be {needed}, got {number:g}.")
    return number


def read_text(name: str, given: object, example: str) -> str | None:
    """Return text that is not empty, or None when there is none; raises `InputError`."""
    if given is None:
        return None
    if not isinstance(given, str) or not given.strip():
        raise refuse(name, f"text such as {example!r}", given)
    return given


def read_list(name: str, given: object, of: str, example: str) -> tuple[object, ...]:
    """Return the entries of a list; raises `InputError`, also for a text, whose letters would be the entries."""
    if isinstance(given, (str, bytes, bytearray)) or not isinstance(given, Sequence):
        raise refuse(name, f"a list of {of}", given, hint=f"Write {name}={example}, or {name}=[] for none.")
    return tuple(cast("Sequence[object]", given))


def read_mapping(name: str, given: object, of: str, example: str) -> Mapping[str, object]:
    """Return names with values; raises `InputError`."""
    if not isinstance(given, Mapping):
        raise refuse(name, of, given, hint=f"Write {name}={example}.")
    return cast("Mapping[str, object]", given)


def read_choice(name: str, given: object, known: Sequence[str]) -> str:
    """Return one of the known words; raises `InputError`."""
    if not isinstance(given, str) or given not in known:
        raise refuse(name, f"one of {', '.join(known)}", given)
    return given


def read_flag(name: str, given: object) -> bool:
    """Return True or False; raises `InputError` for anything else, the text "no" among it."""
    if not isinstance(given, bool):
        raise refuse(name, "True or False", given)
    return given
