"""Values as people see them: 1 and not 1.0, a date and not its number. No I/O."""

import math
import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache

from stretto.core.task import render_value
from stretto.core.text import replace_surrogates


def shown(value: object) -> str:
    """Return any value that a table can hold as text; what is not there is empty."""
    match value:
        case str():
            return replace_surrogates(value)
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return shown_number(value)
        case float() | Decimal():
            return shown_number(value)
        case datetime() | date() | time():
            return shown_time(value)
        case bytes():
            return _shown_bytes(value)
        case _:
            return replace_surrogates(render_value(value))


def shown_number(value: float | Decimal) -> str:
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


def shown_time(value: date | time) -> str:
    """Return a moment as ISO 8601 with a blank, without the parts that say nothing."""
    if isinstance(value, datetime):
        if value.tzinfo is None and value.time() == time():
            return value.date().isoformat()
        return value.isoformat(sep=" ", timespec="seconds" if value.second else "minutes")
    if isinstance(value, time):
        return value.isoformat(timespec="seconds" if value.second else "minutes")
    return value.isoformat()


def _shown_bytes(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return f"({len(value):,} bytes that are no text)"


_SECTION = re.compile(r'\[\$([^\]-]*)[^\]]*\]|\[[^\]]*\]|"([^"]*)"|\\(.)|_.|\*.|([^\[\]"\\_*]+)', re.DOTALL)
_DIGITS = re.compile(r"([#0?,]*0|[#?][#0?,]*)(?:\.([0#?]+))?")
_DATE_LETTERS = re.compile(r"[dmyhs]", re.IGNORECASE)


def _section(code: str) -> list[tuple[bool, str]]:
    """Return the format's part for positive numbers as literal (True) and other pieces."""
    pieces: list[tuple[bool, str]] = []
    for piece in _SECTION.finditer(code):
        currency, quoted, escaped, other = piece.groups()
        if other is None:
            pieces.append((True, currency or quoted or escaped or ""))
            continue
        active, end, _ = other.partition(";")
        pieces.append((False, active))
        if end:
            break
    return pieces


@lru_cache(maxsize=1024)
def is_date_format(code: str) -> bool:
    """Whether a sheet's number format shows a date or a time."""
    if code.lower() == "general":
        return False
    return any(_DATE_LETTERS.search(text) for literal, text in _section(code) if not literal)


@lru_cache(maxsize=1024)
def number_format(code: str) -> Callable[[float], str]:
    """Return what shows a number in a sheet's format: decimals, percent, leading zeros, text around it.

    Separators of thousands are left out; a format that is not understood shows the number plainly.
    """
    before, digits, after = "", "", ""
    for literal, text in _section(code):
        found = None if literal else _DIGITS.search(text)
        if found and not digits:
            before, digits, after = before + text[: found.start()], found[0], after + text[found.end() :]
        elif digits:
            after += text
        else:
            before += text
    match = _DIGITS.fullmatch(digits)
    plain = before + after
    if not match or any(letter in plain for letter in "E@/?#0") or "general" in plain.lower():
        return shown_number
    whole, decimals = match[1], match[2] or ""
    percent = "%" in plain
    zeros = 0 if "," in whole else whole.count("0")
    least = decimals.count("0")

    def show(value: float) -> str:
        text = f"{abs(value) * (100 if percent else 1):.{len(decimals)}f}"
        head, _, tail = text.partition(".")
        tail = tail[:least] + tail[least:].rstrip("0")
        sign = "-" if value < 0 and float(text) else ""
        return f"{sign}{before}{head.zfill(zeros)}{'.' if tail else ''}{tail}{after}".strip()

    return show
