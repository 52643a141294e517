"""Reads what a provider said when it failed: codes, a message, how long to wait."""

import math
import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import cast

from pydantic_ai import exceptions as failures

_DEEPEST = 5
_WAITS = (("retry-after-ms", 0.001), ("retry-after", 1.0))
# Headers of one name are joined by commas, and dates have one behind the day.
_ONE_WAIT = re.compile(r"\s*(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,)?[^,]+", re.IGNORECASE)
_STATUS = re.compile(r"[45][0-9]{2}")
_CODE_FIELDS = ("code", "type", "status", "reason", "error_code", "error_type", "limit_source")

# Beside an error: why the input was flagged, the words in it, what in it a guardrail looks for.
_FLAGS = frozenset({"reasons", "flagged_input", "patterns"})


def read_codes(error: failures.ModelAPIError) -> Iterator[str]:
    """Yield every code in the error and its body, in lower case."""
    codes: tuple[object, ...] = (error.provider_error_code, error.provider_error_type)
    for code in codes:
        if isinstance(code, str):  # Some gateways put a number there.
            yield code.lower()
    yield from _codes_in(error.body, 0)


def _codes_in(body: object, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(body, Mapping):
        for name, value in cast("Mapping[object, object]", body).items():
            if isinstance(value, str):
                if name in _CODE_FIELDS:
                    yield value.lower()
            else:
                yield from _codes_in(value, depth + 1)
    elif isinstance(body, list):
        for item in cast("list[object]", body):
            yield from _codes_in(item, depth + 1)


def flags_input(error: failures.ModelAPIError) -> bool:
    """Whether the error lists what moderation or a guardrail found in the input, as OpenRouter's do."""
    body: object = error.body
    metadata = cast("Mapping[str, object]", body).get("metadata") if isinstance(body, Mapping) else None
    return isinstance(metadata, Mapping) and not _FLAGS.isdisjoint(cast("Mapping[object, object]", metadata))


def error_beside(answer: object, model: str) -> failures.ModelAPIError | None:
    """Return the error that a body with status 200 holds in a field beside its answer; None when that says nothing."""
    error: object = getattr(answer, "error", None)
    said = cast("Mapping[str, object]", error if isinstance(error, Mapping) else {"message": error})
    if not any(said.values()):
        return None
    code = str(said.get("code") or "")
    status = int(code) if _STATUS.fullmatch(code) else 429 if "rate_limit" in code else None
    if status is None:
        return failures.ModelAPIError(model, "an error beside the answer", body=said, in_stream=True)
    return failures.ModelHTTPError(status, model, body=said, in_stream=True)


def read_wait(error: Exception) -> float | None:
    """Return the seconds that the provider asks to wait; None when it does not say."""
    if not isinstance(error, failures.ModelAPIError):
        return None
    headers = error.headers if isinstance(error, failures.ModelHTTPError) else None
    for name, unit in _WAITS:
        waits = [
            wait for said in _ONE_WAIT.findall((headers or {}).get(name, "")) if (wait := _seconds(said)) is not None
        ]
        if waits:
            # Some proxies add one of their own: whoever waits the longest does as both ask.
            return max(waits) * unit
    return error.retry_after  # Gemini says it in the body.


def _seconds(said: str) -> float | None:
    try:
        seconds = float(said)
    except ValueError:
        return _until(said)
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _until(date: str) -> float | None:
    try:
        at = parsedate_to_datetime(date)
        # The oldest form has no zone, and means the same.
        return max(0.0, (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def read_message(error: Exception) -> str:
    """Return the provider's own words, or what there is in place of them."""
    body: object = error.body if isinstance(error, failures.ModelAPIError) else None
    for _ in range(2):
        if isinstance(body, Mapping):
            fields = cast("Mapping[str, object]", body)
            if isinstance(message := fields.get("message"), str) and message:
                return message
            body = fields.get("error", fields)
    if isinstance(body, str) and body:
        return body
    if isinstance(error, failures.ModelHTTPError):
        return "no explanation" if not body else str(body)
    return own_words(error)


def own_words(error: BaseException) -> str:
    """Return an exception's own words, or its name when it has none."""
    try:
        return str(error) or type(error).__name__
    except TypeError:  # Of an error event without a message pydantic-ai makes an exception whose text is None.
        return "no explanation"
