"""The task with its context, and the block of a prompt that carries both to every model. No I/O."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import cast

from stretto.core.context import to_plain
from stretto.core.errors import InputError
from stretto.core.text import replace_surrogates

EMPTY: Mapping[str, object] = MappingProxyType({})


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
