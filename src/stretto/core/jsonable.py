"""Values as JSON-ready data, in the one shape that events, results and files share. No I/O."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import cast


def to_jsonable(value: object) -> object:
    """Return an event, or any value it carries, as JSON-ready data; money becomes a number."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_jsonable(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {key: to_jsonable(item) for key, item in cast("Mapping[str, object]", value).items()}
    if isinstance(value, (list, tuple)):
        return [to_jsonable(item) for item in cast("list[object]", value)]
    return value
