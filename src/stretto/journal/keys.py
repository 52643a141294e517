"""How ids and titles are stored: escaped for database columns, sorted by issue. No I/O."""

import re
from collections.abc import Mapping
from typing import cast

from stretto.core.text import replace_surrogates

DELTAS = frozenset({"analysis_delta", "worker_delta", "synthesis_delta"})
"""Events that are not logged: what they carry is in the event that closes them."""

_UNSAFE = re.compile("[\\\\\0\ud800-\udfff]")
_ESCAPED = re.compile(r"\\([0-9a-f]{4})")


def as_key(text: str) -> str:
    """Return an id as it is stored; different ids stay different."""
    return _UNSAFE.sub(lambda match: f"\\{ord(match[0]):04x}", text)


def from_key(key: str) -> str:
    """Return the id that `as_key` was given."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), key)


def as_title(value: object) -> str:
    """Return a text to look at and to search in; empty for what is none."""
    return replace_surrogates(value).replace("\0", "\ufffd") if isinstance(value, str) else ""


def titles_of(spec: Mapping[str, object]) -> tuple[str, str]:
    """Return the task and the recipe's name out of what a run was started with; a recipe may be given whole."""
    recipe = spec.get("recipe")
    if isinstance(recipe, Mapping):
        recipe = cast("Mapping[str, object]", recipe).get("name")
    return as_title(spec.get("task")), as_title(recipe)


def in_order(subtask_id: str) -> tuple[int, str]:
    """Return what sorts ids in the order in which they were issued: s2 before s10."""
    return len(subtask_id), subtask_id
