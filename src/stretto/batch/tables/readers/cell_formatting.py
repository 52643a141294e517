"""Values as people see them: 1 and not 1.0, a date and not its number. No I/O."""

import math
from datetime import date, datetime, time
from decimal import Decimal

from stretto.core.task import render_value
from stretto.core.text import replace_surrogates


def format_value(value: object) -> str:
    """Return any value that a table can hold as text; what is not there is empty."""
    match value:
        case str():
            return replace_surrogates(value)
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return format_number(value)
        case float() | Decimal():
            return format_number(value)
        case datetime() | date() | time():
            return format_time(value)
        case bytes():
            return _format_bytes(value)
        case _:
            return replace_surrogates(render_value(value))


def format_number(value: float | Decimal) -> str:
    """Return a number without a needless ".0", noise in its last digits or an exponent; NaN is empty."""
    if isinstance(value, int):
        return format(Decimal(value), "f")  # str() refuses very long ones
    if math.isnan(value):
        return ""
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else str(value)
    text = f"{value:.15g}"
    if "e" not in text:
        return text
    return format(Decimal(text), "f") if 1e-9 < abs(value) < 1e21 else text


def format_time(value: date | time) -> str:
    """Return a moment as ISO 8601 with a blank, without the parts that say nothing."""
    if isinstance(value, datetime):
        if value.tzinfo is None and value.time() == time():
            return value.date().isoformat()
        return value.isoformat(sep=" ", timespec="seconds" if value.second else "minutes")
    if isinstance(value, time):
        return value.isoformat(timespec="seconds" if value.second else "minutes")
    return value.isoformat()


def _format_bytes(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return f"({len(value):,} bytes that are no text)"
