"""Checks JSON against the shape that a provider wants, and says what is wrong and where. No I/O."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, cast

Path = tuple[str | int, ...]
Check = Callable[[Any, Path], None]
Wrong = Literal["missing", "unknown", "type", "value", "empty", "range"]


class Problem(Exception):
    """Something in a request that the provider refuses."""

    def __init__(self, wrong: Wrong, path: Path, *, expected: str = "", got: object = None) -> None:
        super().__init__(wrong, path)
        self.wrong: Wrong = wrong
        self.path = path
        self.expected = expected
        """What was wanted: a type, or the values allowed."""
        self.got = got


_TYPE_NAMES: dict[type[Any], str] = {
    bool: "boolean",
    int: "integer",
    float: "decimal",
    str: "string",
    list: "array",
    dict: "object",
}


def dotted(path: Path) -> str:
    """Return a path as Anthropic writes it: messages.0.content."""
    return ".".join(str(step) for step in path)


def bracketed(path: Path) -> str:
    """Return a path as OpenAI and Gemini write it: messages[0].content."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def type_name(value: object) -> str:
    """Return the JSON name of a value's type."""
    if value is None:
        return "null"
    return _TYPE_NAMES[type(value)]


def anything(value: Any, path: Path) -> None:
    """Let everything pass."""


def text(value: Any, path: Path) -> None:
    """Want a string."""
    if not isinstance(value, str):
        raise Problem("type", path, expected="string", got=value)


def filled_text(value: Any, path: Path) -> None:
    """Want a string that is not blank."""
    text(value, path)
    if not value.strip():
        raise Problem("empty", path)


def boolean(value: Any, path: Path) -> None:
    """Want true or false."""
    if not isinstance(value, bool):
        raise Problem("type", path, expected="boolean", got=value)


def integer(least: int | None = None) -> Check:
    """Want a whole number of at least `least`."""

    def check(value: Any, path: Path) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            raise Problem("type", path, expected="integer", got=value)
        if least is not None and value < least:
            raise Problem("range", path, expected=f"greater than or equal to {least}", got=value)

    return check


def number(low: float, high: float) -> Check:
    """Want a number within limits."""

    def check(value: Any, path: Path) -> None:
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise Problem("type", path, expected="number", got=value)
        if not low <= value <= high:
            limit = f"less than or equal to {high}" if value > high else f"greater than or equal to {low}"
            raise Problem("range", path, expected=limit, got=value)

    return check


def one_of(*values: str) -> Check:
    """Want one of some strings."""

    def check(value: Any, path: Path) -> None:
        text(value, path)
        if value not in values:
            raise Problem("value", path, expected=", ".join(f"'{name}'" for name in values), got=value)

    return check


def nullable(check: Check) -> Check:
    """Want null or what `check` wants."""
    return lambda value, path: None if value is None else check(value, path)


def array(item: Check, *, least: int = 0) -> Check:
    """Want a list of at least `least` items."""

    def check(value: Any, path: Path) -> None:
        if not isinstance(value, list):
            raise Problem("type", path, expected="array", got=value)
        items = cast("list[Any]", value)
        if len(items) < least:
            raise Problem("empty", path, got=items)
        for index, entry in enumerate(items):
            item(entry, (*path, index))

    return check


def text_or(check: Check, string: Check = text) -> Check:
    """Want a string that `string` lets pass, or what `check` wants."""
    return lambda value, path: string(value, path) if isinstance(value, str) else check(value, path)


def record(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """Want an object with these fields and no others."""
    known = {**required, **(optional or {})}

    def check(value: Any, path: Path) -> None:
        if not isinstance(value, dict):
            raise Problem("type", path, expected="object", got=value)
        fields = cast("dict[str, Any]", value)
        for name in required:
            if name not in fields:
                raise Problem("missing", (*path, name))
        for name, content in fields.items():
            if name not in known:
                raise Problem("unknown", (*path, name))
            known[name](content, (*path, name))

    return check


def tagged(tag: str, kinds: Mapping[str, Check], *, default: str | None = None) -> Check:
    """Want an object whose field `tag` says which of `kinds` it is."""

    def check(value: Any, path: Path) -> None:
        if not isinstance(value, dict):
            raise Problem("type", path, expected="object", got=value)
        kind = cast("dict[str, Any]", value).get(tag, default)
        if kind is None:
            raise Problem("missing", (*path, tag))
        if not isinstance(kind, str) or kind not in kinds:
            raise Problem("value", (*path, tag), expected=", ".join(f"'{name}'" for name in kinds), got=kind)
        kinds[kind](cast("Any", value), path)

    return check
