"""Reads what a provider said when it failed: codes, a message, how long to wait."""

import re
from collections.abc import Iterator, Mapping
from typing import cast

from pydantic_ai import exceptions as failures

from stretto.models.waits import wait_in_body, wait_in_headers, wait_until_reset

_DEEPEST = 5
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


def read_wait(error: Exception, *, limited: bool) -> float | None:
    """Return the seconds that the provider asks to wait; None when it does not say.

    `limited`: whether a rate limit is what it failed for; the moment at which the limit is reset then counts too.
    """
    if not isinstance(error, failures.ModelAPIError):
        return None
    headers = (error.headers if isinstance(error, failures.ModelHTTPError) else None) or {}
    # Nothing, and no time at all, leave it to the other ways of telling it.
    told = wait_in_headers(headers)
    reset = wait_until_reset(headers) if limited else None
    return told or wait_in_body(error.body, resets=limited) or error.retry_after or reset or told


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
