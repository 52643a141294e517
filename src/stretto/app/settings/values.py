"""Reads the value of one setting, from a file's own types or from text. A `ValueError` says what was expected."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import cast, get_args

from stretto.core.plan import HARD_CEILING, Tier
from stretto.core.result import SynthesisStrategy

Reader = Callable[[object], object]

_WORDS_FOR_FLAGS = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}
_RANGE = re.compile(r"(\d{1,9})(?:\s*(?:-|–|\.\.)\s*(\d{1,9}))?")


def read_text(given: object) -> str:
    """Return text that is not empty."""
    if not isinstance(given, str) or not given.strip():
        raise ValueError("text that is not empty")
    return given.strip()


def read_models(given: object) -> tuple[str, ...]:
    """Return names of models; as one text they are separated by commas."""
    return _split_list(given, "names of models")


def read_words(given: object) -> tuple[str, ...]:
    """Return words; as one text they are separated by commas."""
    return _split_list(given, "words")


def _split_list(given: object, expected: str) -> tuple[str, ...]:
    items = given.split(",") if isinstance(given, str) else given
    if not isinstance(items, (list, tuple)):
        raise ValueError(expected)
    listed = cast("Sequence[object]", items)
    if not all(isinstance(item, str) and item.strip() for item in listed):
        raise ValueError(expected)
    return tuple(str(item).strip() for item in listed)


def read_tiers(given: object) -> Mapping[Tier, str]:
    """Return models by tier; as text: fast=MODEL,strong=MODEL."""
    expected = "models for fast and strong, such as fast=MODEL"
    if isinstance(given, Mapping):
        pairs = list(cast("Mapping[object, object]", given).items())
    else:
        pairs = [_split_pair(item, expected) for item in _split_list(given, expected)]
    tiers: dict[Tier, str] = {}
    for name, model in pairs:
        if name not in get_args(Tier) or not isinstance(model, str) or not model.strip():
            raise ValueError(expected)
        tiers[cast("Tier", name)] = model.strip()
    return MappingProxyType(tiers)


def _split_pair(item: str, expected: str) -> tuple[str, str]:
    name, equals, model = item.partition("=")
    if not equals:
        raise ValueError(expected)
    return name.strip(), model


def read_range(given: object) -> tuple[int, int]:
    """Return the two ends of a range such as 3 or "2-3"."""
    expected = f'a number or a range such as "2-3", from 1 to {HARD_CEILING}'
    match = _RANGE.fullmatch(_as_range_text(given))
    if match is None:
        raise ValueError(expected)
    low = int(match[1])
    high = int(match[2] or low)
    if low > high:
        raise ValueError(f'a range with the smaller number first ("{high}-{low}")')
    if low < 1 or high > HARD_CEILING:
        raise ValueError(expected)
    return low, high


def _as_range_text(given: object) -> str:
    if isinstance(given, (list, tuple)):
        return "-".join(str(end) for end in cast("Sequence[object]", given))
    return str(given).strip()


def read_count(most: int | None = None) -> Callable[[object], int]:
    """Return a reader of whole numbers from 1 to `most`."""
    expected = f"a whole number from 1 to {most}" if most else "a whole number from 1"

    def read(given: object) -> int:
        number = _as_number(given, expected)
        if number != int(number) or number < 1 or (most and number > most):
            raise ValueError(expected)
        return int(number)

    return read


def read_seconds(given: object) -> float:
    """Return a number of seconds, more than 0."""
    expected = "a number of seconds above 0"
    seconds = _as_number(given, expected)
    if seconds <= 0:
        raise ValueError(expected)
    return seconds


def read_flag(given: object) -> bool:
    """Return whether something is wanted; as text: true or false, and words that mean the same."""
    if isinstance(given, bool):
        return given
    word = given.strip().lower() if isinstance(given, str) else ""
    if word not in _WORDS_FOR_FLAGS:
        raise ValueError("true or false")
    return _WORDS_FOR_FLAGS[word]


def read_dollars(given: object) -> Decimal:
    """Return an amount of US dollars, more than 0, exactly as it was written."""
    expected = "a number of US dollars above 0"
    if _as_number(given, expected) <= 0:
        raise ValueError(expected)
    return Decimal(str(given).strip())


def read_synthesis(given: object) -> SynthesisStrategy:
    """Return the name of a synthesis strategy."""
    if given not in get_args(SynthesisStrategy):
        raise ValueError(" or ".join(get_args(SynthesisStrategy)))
    return cast("SynthesisStrategy", given)


def _as_number(given: object, expected: str) -> float:
    if isinstance(given, bool) or not isinstance(given, (str, int, float)):
        raise ValueError(expected)
    try:
        number = float(given)
    except (ValueError, OverflowError):
        raise ValueError(expected) from None
    if not math.isfinite(number):
        raise ValueError(expected)
    return number
