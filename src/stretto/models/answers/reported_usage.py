"""Reads the tokens that an answer reports: what cannot be read is left out, or makes the whole of it unreadable."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

UNREAD = 10**12
"""In place of a count that cannot be read: `doubt_usage` takes a usage with it for none."""

_PARTS = frozenset({"cache_creation", "server_tool_use", "pydantic_ai_gateway", "logfire_ai_gateway"})
_WORDS = frozenset({"service_tier", "speed", "inference_geo"})
_OUTPUT = ("candidatesTokenCount", "thoughtsTokenCount", "toolUsePromptTokenCount")


def read_reported(usage: object, *needed: str, otherwise: Sequence[str] = ()) -> dict[str, Any] | None:
    """Return a usage with the counts that are `needed` and what else in it can be read; None where nothing is said.

    Where one of the needed counts cannot be read, they and those of `otherwise` are `UNREAD`.
    """
    if not usage:
        return None
    fields = cast("Mapping[str, object]", usage if isinstance(usage, Mapping) else {})
    if not all(_is_whole(fields.get(name)) for name in needed) or _is_odd(fields):
        return dict.fromkeys((*needed, *otherwise), UNREAD)
    return _readable(fields)


def read_with_total(usage: object, first: str, second: str) -> dict[str, Any] | None:
    """Return a usage of OpenAI's protocols, whose third count is the sum of the others."""
    read = read_reported(usage, first, second)
    return read and read | {"total_tokens": read[first] + read[second]}


def read_metadata(usage: object) -> dict[str, Any] | None:
    """Return a usage of Gemini's: counts of output that are not said are 0."""
    read = read_reported(usage, "promptTokenCount")
    if read is None or not isinstance(usage, Mapping):
        return read
    message = cast("Mapping[str, object]", usage)
    if any(message.get(name) is not None and name not in read for name in _OUTPUT):
        read |= {"candidatesTokenCount": UNREAD}
    # Counts by kind of content, in lists, which only say how the input is made up.
    return {name: value for name, value in read.items() if name.endswith("TokenCount")}


def _is_odd(fields: Mapping[str, object]) -> bool:
    """Whether counts in it cannot be, or those that are parts of the input or stand beside it cannot be read."""
    return any(_is_odd_count(name, value) for name, value in fields.items())


def _is_odd_count(name: str, value: object) -> bool:
    if isinstance(value, Mapping):
        return _is_odd(cast("Mapping[str, object]", value))
    if isinstance(value, int) and value < 0:
        return True
    is_cache = "cache" in name and name.endswith(("tokens", "TokenCount"))
    return is_cache and value is not None and not _is_whole(value)


def _readable(fields: Mapping[str, object]) -> dict[str, Any]:
    kept = {name: _read(name, value) for name, value in fields.items()}
    # Nothing that is asked here takes several rounds.
    return {name: value for name, value in kept.items() if value is not None and name != "iterations"}


def _read(name: str, value: object) -> object:
    """Return what a field says, where it is of the kind that its name promises; else None."""
    if name.endswith("details") or name in _PARTS:
        return _readable(cast("Mapping[str, object]", value)) if isinstance(value, Mapping) else None
    if name in _WORDS:
        return value if isinstance(value, str) else None
    if isinstance(value, bool) or name.startswith("is_"):
        return value if isinstance(value, bool) and name.startswith("is_") else None
    if "cost" in name:
        return value if isinstance(value, int | float) else None
    return value if _is_whole(value) else None


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
