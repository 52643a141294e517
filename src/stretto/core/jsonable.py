"""Values as JSON-ready data, in the one shape that events, results and files share. No I/O."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import cast

from stretto.core.text import ESCAPED_IN_JSON


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


def json_text(value: object, *, indent: int | None = None, ascii_only: bool = False) -> str:
    """Return JSON-ready data as text: letters of any script as they are, what reorders or ends a line escaped."""
    return json.dumps(value, ensure_ascii=ascii_only, indent=indent).translate(ESCAPED_IN_JSON)
