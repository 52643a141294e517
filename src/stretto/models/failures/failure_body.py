"""Reads what a provider said when it failed: codes, a message, how long to wait."""

import re
from collections.abc import Iterator, Mapping
from typing import cast

from pydantic_ai import exceptions as failures

from stretto.models.failures.retry_after import wait_in_body, wait_in_headers, wait_until_reset

_DEEPEST = 5
_MOST_BLANK = 1_000
_MOST_BODY = 4_000
_DAY = re.compile(r"\bper[ _-]?day\b|PerDay|\bdaily\b|\ba day\b|\bRPD\b|\bTPD\b|每天|每日", re.IGNORECASE)
# Where servers put what they say to people, and what may be around that.
_MESSAGES = ("message", "detail", "msg", "error_description", "error_message", "reason", "title")
_INNER = ("error", "detail", "errors", "fault")
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
    message = cast("Mapping[str, object]", error if isinstance(error, Mapping) else {"message": error})
    if not any(message.values()):
        return None
    code = str(message.get("code") or "")
    status = int(code) if _STATUS.fullmatch(code) else 429 if "rate_limit" in code else None
    if status is None:
        return failures.ModelAPIError(model, "an error beside the answer", body=message, in_stream=True)
    return failures.ModelHTTPError(status, model, body=message, in_stream=True)


def read_wait(error: Exception, *, limited: bool) -> float | None:
    """Return the seconds that the provider asks to wait; None when it does not say.

    `limited`: whether a rate limit is what it failed for; the moment at which the limit is reset then counts too.
    """
    if not isinstance(error, failures.ModelAPIError):
        return None
    headers = (error.headers if isinstance(error, failures.ModelHTTPError) else None) or {}
    # Nothing, and no time at all, leave it to the other ways of telling it.
    header_wait = wait_in_headers(headers)
    reset = wait_until_reset(headers) if limited else None
    return header_wait or wait_in_body(error.body, resets=limited) or error.retry_after or reset or header_wait


def read_message(error: Exception) -> str:
    """Return the provider's own words, or what there is in place of them."""
    body: object = error.body if isinstance(error, failures.ModelAPIError) else None
    if message := message_in(body):
        return message
    if isinstance(error, failures.ModelHTTPError):
        return str(body) if _has_content(body) else "no explanation"
    return own_words(error)


def message_in(body: object, depth: int = 0) -> str:
    """Return what the body of an error says to people; empty when nothing in it looks like that."""
    if isinstance(body, str):
        return body.strip()
    if isinstance(body, list) and body:
        return message_in(cast("list[object]", body)[0], depth + 1)
    if not isinstance(body, Mapping) or depth > _DEEPEST:
        return ""
    fields = cast("Mapping[str, object]", body)
    direct = (value for name in _MESSAGES if isinstance(value := fields.get(name), str) and value.strip())
    inner = (message for name in _INNER if (message := message_in(fields.get(name), depth + 1)))
    return next(direct, "") or next(inner, "")


def _has_content(body: object) -> bool:
    # Of an empty body Google's SDK makes one with the status line in it.
    if isinstance(body, Mapping):
        fields = cast("Mapping[str, object]", body)
        return any(value for name, value in fields.items() if name != "status")
    return bool(body)


def is_daily_quota(error: Exception) -> bool:
    """Whether what is used up is a quota for a day."""
    return isinstance(error, failures.ModelAPIError) and bool(_DAY.search(str(error.body)[:_MOST_BODY]))


def is_page(error: failures.ModelAPIError) -> bool:
    """Whether a web page came where an error's body was to be."""
    return looks_like_page(read_message(error))


def looks_like_page(text: str) -> bool:
    """Whether a text begins as HTML or XML does."""
    return text[:_MOST_BLANK].lstrip("\ufeff \t\r\n").startswith("<")


def own_words(error: BaseException) -> str:
    """Return an exception's own words, or its name when it has none."""
    try:
        return str(error) or type(error).__name__
    except TypeError:  # Of an error event without a message pydantic-ai makes an exception whose text is None.
        return "no explanation"
