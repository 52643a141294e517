"""Reads every way in which a server tells how long to wait: numbers, durations, moments, fields, prose. No I/O."""

import json
import math
import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import cast

_DEEPEST = 6
# A web page is not read to its end.
_MOST_TEXT = 4_000
# More is no wait but a mistake, such as the end of all time.
_LONGEST = 32 * 86_400.0

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_NAMES = {
    **dict.fromkeys(("ms", "msec", "msecs", "millisecond", "milliseconds", "毫秒"), "ms"),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "秒", "秒钟"), "s"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes", "分", "分钟"), "m"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "小时"), "h"),
    **dict.fromkeys(("d", "day", "days", "天"), "d"),
}
_UNIT = "|".join(sorted(_NAMES, key=len, reverse=True))
_PART = re.compile(rf"(\d+(?:\.\d+)?|\b(?:an?|one)\b)\s*({_UNIT})(?![a-z])", re.IGNORECASE)
_DURATION = rf"{_PART.pattern}(?:(?:\s*,)?\s*(?:and\s+)?{_PART.pattern})*"
_WHOLE = re.compile(_DURATION, re.IGNORECASE)
_MOMENT = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:\s?(?:Z|UTC|GMT)|[+-]\d\d:?\d\d)?"
_CUE = r"(?:\bagain|\bretry(?:ing)?|\bwait(?:ing)?|\bresets?|\bavailable|\bback ?off)\b[^\d.;!?]{0,28}?"
_PROSE = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{_CUE}(?P<said>{_MOMENT})",
        rf"{_CUE}(?P<said>{_DURATION})",
        # Without a unit it is seconds.
        r"(?:\bagain|\bretry)\s+(?:in|after)\s+(?P<said>\d+(?:\.\d+)?)\s*(?:[.,;!)]|$)",
        rf"\bin\s+(?P<said>{_DURATION}),?\s+(?:please\s+)?(?:re)?try\b",
        rf"(?P<said>{_DURATION})\s*(?:之后|以后|后|後)",
    )
)
# Headers of one name are joined by commas, and dates have one behind the day.
_ONE_WAIT = re.compile(r"\s*(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,)?[^,]+", re.IGNORECASE)
_RETRY_AFTER = (("retry-after-ms", 0.001), ("x-ms-retry-after-ms", 0.001), ("retry-after", 1.0), ("x-retry-after", 1.0))
_RESET = re.compile(r"(?:[a-z]+-)*(?:ratelimit|rate-limit)-(?:.*-)?reset(?:-.*)?")
# The header that is to take the place of those: `"minute";r=0;t=12`, before that `limit=9, remaining=0, reset=12`.
_USED_UP = re.compile(r"\b(?:r|remaining)=0\b.*?\b(?:t|reset)=(\d+)")
# Fields of a body, without what parts their words: how long, and until when.
_FIELDS = re.compile(r"retry(?:delay|after|in)(?:seconds?|s|ms)?|resets?(?:after|in)(?:seconds?|s|ms)?")
_MOMENT_FIELDS = re.compile(r"(?:ratelimit)?resets?(?:at|time|timestamp)?")


def server_time(headers: Mapping[str, str]) -> float:
    """Return the seconds since 1970 by the server's own clock; by ours when it does not say."""
    try:
        return parsedate_to_datetime(headers.get("date", "")).timestamp()
    except (ValueError, OverflowError, OSError):
        return time.time()


def seconds_until(message: str, now: float, *, early: float = 0.0) -> float | None:
    """Return the seconds that a text names: a number, a duration ("7m12s") or a moment; None when it is none of them.

    A number too large for a wait is a moment in seconds, milliseconds or less since 1970. Of a moment, `early` seconds
    are taken off.
    """
    message = message.strip()
    try:
        number = float(message)
    except ValueError:
        if _WHOLE.fullmatch(message):
            return _sum(message)
        at = _moment(message)
    else:
        if not math.isfinite(number) or number < 0:
            return None
        at = _since_1970(number)
        if at is None:
            return number
    return None if at is None else max(0.0, at - now - early)


def _since_1970(number: float) -> float | None:
    # A billion seconds are the year 2001; no wait takes thirty years.
    if number < 1e9:
        return None
    while number >= 1e12:
        number /= 1_000
    return number


def _sum(duration: str) -> float:
    return sum(
        (float(number) if number[0].isdigit() else 1.0) * _SECONDS[_NAMES[unit.lower()]]
        for number, unit in _PART.findall(duration)
    )


def _moment(message: str) -> float | None:
    iso = re.sub(r"\s?(?:Z|UTC|GMT)$", "+00:00", message, flags=re.IGNORECASE)
    for read, text in ((datetime.fromisoformat, iso), (parsedate_to_datetime, message)):
        try:
            at = read(text)
            # A form without a zone means the same as those with one.
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError, OSError):
            pass
    return None


def wait_in_headers(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that Retry-After names; of several the longest."""
    now = server_time(headers)
    for name, unit in _RETRY_AFTER:
        message = _ONE_WAIT.findall(headers.get(name, ""))
        waits = [wait * unit for one in message if (wait := seconds_until(one, now)) is not None]
        if waits:
            # Some proxies add one of their own: whoever waits the longest does as both ask.
            return max(waits)
    return None


def wait_until_reset(headers: Mapping[str, str]) -> float | None:
    """Return the seconds until what is used up is there again, by the headers about rate limits."""
    now = server_time(headers)
    waits = [float(seconds) for seconds in _USED_UP.findall(headers.get("ratelimit", ""))]
    for name, message in headers.items():
        if _RESET.fullmatch(name) and not _has_left(headers, name):
            wait = seconds_until(message, now)
            if wait is not None:
                waits.append(wait)
    return _plausible(max(waits, default=None))


def _has_left(headers: Mapping[str, str], reset: str) -> bool:
    """Whether there is more of what this header is about: then it is not what the call was refused for."""
    left = headers.get(reset.replace("reset-after", "remaining").replace("reset", "remaining"), "").strip()
    return left.isdecimal() and int(left) > 0


def wait_in_body(body: object, *, resets: bool) -> float | None:
    """Return the seconds that an error's body names, in fields or in words; `resets`: also those until a limit's reset.

    Of several the longest, since whoever waits that long does as all of them ask.
    """
    return _plausible(max(_waits_in(body, resets, 0), default=None))


def _waits_in(body: object, resets: bool, depth: int) -> Iterator[float]:
    if depth > _DEEPEST:
        return
    if isinstance(body, Mapping):
        for name, value in cast("Mapping[object, object]", body).items():
            yield from _waits_of_field(str(name).lower(), value, resets, depth)
    elif isinstance(body, list):
        for item in cast("list[object]", body):
            yield from _waits_in(item, resets, depth + 1)
    elif isinstance(body, str):
        yield from _waits_in_text(body, resets, depth)


def _waits_of_field(name: str, value: object, resets: bool, depth: int) -> Iterator[float]:
    word = name.replace("_", "").replace("-", "")
    if name == "headers" and isinstance(value, Mapping):
        # What the provider behind a gateway said.
        headers = {str(key).lower(): str(one) for key, one in cast("Mapping[object, object]", value).items()}
        wait = wait_in_headers(headers) or (wait_until_reset(headers) if resets else None)
    elif _FIELDS.fullmatch(word) or (resets and _MOMENT_FIELDS.fullmatch(word)):
        wait = _field_seconds(value)
        if wait is not None and word.endswith("ms"):
            wait /= 1_000
    else:
        yield from _waits_in(value, resets, depth + 1)
        return
    if wait is not None:
        yield wait


def _field_seconds(value: object) -> float | None:
    if isinstance(value, Mapping):  # A protobuf's duration, or moment.
        value = cast("Mapping[object, object]", value).get("seconds")
    message = "" if value is None or isinstance(value, bool) else str(value)
    return seconds_until(message, time.time())


def _waits_in_text(text: str, resets: bool, depth: int) -> Iterator[float]:
    if text.lstrip().startswith(("{", "[")):
        try:
            inner: object = json.loads(text)
        except ValueError:
            pass
        else:
            yield from _waits_in(inner, resets, depth + 1)
            return
    for form in _PROSE:
        for found in form.finditer(text[:_MOST_TEXT]):
            wait = seconds_until(found["said"], time.time())
            if wait is not None:
                yield wait


def _plausible(wait: float | None) -> float | None:
    return wait if wait is not None and wait <= _LONGEST else None
