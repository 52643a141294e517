"""Turns what goes wrong in a call into our errors: the kind, whether to try again, and the next step for the user."""

import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from json import JSONDecodeError
from typing import TypeVar, cast

import httpx2
from pydantic import ValidationError
from pydantic_ai import exceptions as failures

from stretto.core.errors import RETRYABLE, ErrorKind, ModelError
from stretto.models.answers.bodies import ErrorInstead, PageInstead, Redirected
from stretto.models.calls.http_hooks import points_to
from stretto.models.failures.advice import advise
from stretto.models.failures.failure_body import (
    flags_input,
    is_daily_quota,
    is_page,
    looks_like_page,
    own_words,
    read_codes,
    read_message,
    read_wait,
)
from stretto.models.failures.refusal_cause import Cause, named_cause
from stretto.models.origin import Origin
from stretto.models.selection.secrets import mask_keys

_LONGEST = 200
_PAGE = "a web page instead of an answer"

_OVERLOADED = frozenset(
    {"slow_down", "overloaded", "overloaded_error", "server_is_overloaded", "engine_overloaded", "model_overloaded"}
)
_BILLING = (
    *("spend_limit", "insufficient_quota", "billing", "insufficient_credits", "payment_required"),
    *("key_limit", "guardrail_budget", "workspace_budget"),
)
# OpenRouter's 402 for a balance that the calls under way have taken up: there is room again when they have ended.
_IN_FLIGHT = frozenset({"openrouter_in_flight_budget", "in_flight_budget_exhausted"})
# Only the message tells Anthropic's usage limits from any bad request, Google's spend cap from a limit per minute, and
# OpenRouter's of a key from a missing right.
_SPENT: Mapping[int, re.Pattern[str]] = {
    400: re.compile(r"\bAPI usage limits\b", re.IGNORECASE),
    429: re.compile(r"\bspend(?:ing)? cap\b", re.IGNORECASE),
    403: re.compile(r"\b(?:key|budget|daily|weekly|monthly|total) limit\b", re.IGNORECASE),
}
_FLAGGED = frozenset({"content_policy_violation", "content_filter", "refusal"})
# The window is too small for the request: llama.cpp's type, under whatever status, and Anthropic's words where only the
# room for the answer no longer fits in, which come as any bad request.
_TOO_LONG = "exceed_context_size_error"
_NO_ROOM = "exceed context limit"
_BY_STATUS: Mapping[int, ErrorKind] = {
    401: "authentication",
    402: "billing",
    403: "permission",
    404: "not_found",
    408: "server",
    409: "server",
    413: "context_window",
    # What stood behind the server failed, or the server gave up: the request itself is sound.
    424: "server",
    425: "server",
    429: "rate_limit",
    499: "server",
    529: "overloaded",
}
# The first that fits counts, so what is special stands before what it is a case of.
_BY_CLASS: tuple[tuple[type[Exception], ErrorKind], ...] = (
    (failures.ModelQuotaExceededError, "billing"),
    (failures.ModelContextWindowExceededError, "context_window"),
    (failures.ModelNotFoundError, "not_found"),
    (failures.ModelRateLimitError, "rate_limit"),
    (failures.ModelOverloadedError, "overloaded"),
    (failures.ModelUnavailableError, "server"),
    (failures.ModelServerError, "server"),
    (failures.ModelRequestTimeout, "timeout"),
    (failures.ModelTimeoutError, "timeout"),
    (failures.ModelConnectionError, "connection"),
    (failures.ContentFilterError, "refused"),
    (failures.OutputTokenLimitExceeded, "truncated"),
    (failures.UsageLimitExceeded, "budget"),
    (failures.UnexpectedModelBehavior, "protocol"),
    (failures.UserError, "bad_request"),
    (httpx2.TimeoutException, "timeout"),
    (httpx2.TransportError, "connection"),
    (TimeoutError, "timeout"),
    (OSError, "connection"),
)
# With these the cause may lie with whoever asks, with the text, or with something on the way that is no provider.
_REFUSED = frozenset({401, 403, 404, 405, 407})
_OF_ASKER = (failures.ModelAuthenticationError, failures.ModelNotFoundError)


@contextmanager
def translated(origin: Origin, *, otherwise: ErrorKind = "protocol") -> Generator[None]:
    """Raise every failure under it as `ModelError`.

    What runs under it is a provider's library reading what a network sent, so an exception of any class is
    about that call, never a reason to end a run; `otherwise` is the kind of those that say nothing better.
    """
    try:
        yield
    except Exception as error:
        raise to_model_error(error, origin, otherwise=otherwise) from error


def to_model_error(error: Exception, origin: Origin, *, otherwise: ErrorKind = "protocol") -> ModelError:
    """Return our error for one that pydantic-ai, an SDK or a user's tool raised."""
    if isinstance(error, ExceptionGroup):
        # The models of a FallbackModel failed one after the other; the last one speaks for all.
        group = cast("ExceptionGroup[Exception]", error)
        return to_model_error(group.exceptions[-1], origin, otherwise=otherwise)
    if (instead := _found(error, ErrorInstead)) is not None:
        return to_model_error(instead.to_error(origin.model), origin, otherwise=otherwise)
    status = _status(error)
    kind = _kind(error, status, otherwise)
    wait = read_wait(error, limited=kind == "rate_limit")
    if kind == "rate_limit" and wait is None and is_daily_quota(error):
        kind = "billing"
    retryable = False if _forbids_retry(error) else None
    return ModelError(
        f"{origin.model}: {_describe(error, kind, status, origin)}",
        kind=kind,
        retryable=retryable,
        retry_after=wait,
        model=origin.model,
        status=status,
        sent=getattr(error, "phase", None) not in ("pool", "connect"),
        hint=advise(kind, error, origin, status=status, wait=wait, message=own_words(_root(error))),
    )


_Cause = TypeVar("_Cause", bound=Exception)


def _found(error: BaseException, wanted: type[_Cause]) -> _Cause | None:
    """Return what an error was raised from, as far as it is of a class of ours: the SDKs wrap it in their own."""
    return next((cause for cause in _causes(error) if isinstance(cause, wanted)), None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__


def _kind(error: Exception, status: int | None, otherwise: ErrorKind) -> ErrorKind:
    if _found(error, PageInstead):
        return "protocol"
    if _found(error, Redirected):
        return "unexplained"
    if not isinstance(error, failures.ModelAPIError):
        return _by_class(error) or otherwise
    codes = set(read_codes(error))
    if codes & _IN_FLIGHT:
        return "rate_limit"
    if any(word in code for code in codes for word in _BILLING):
        return "billing"
    page = is_page(error)
    if not page and (spent := _SPENT.get(status or 0)) and spent.search(read_message(error)):
        return "billing"
    if _TOO_LONG in codes or (status == 400 and _NO_ROOM in read_message(error)):
        return "context_window"
    if codes & _OVERLOADED:
        return "overloaded"
    if codes & _FLAGGED or (status == 403 and flags_input(error)):
        return "refused"
    if status is not None and (refusal := _refusal(error, status, page=page)):
        return refusal
    if isinstance(error, failures.ModelAuthenticationError):
        # One class for "who are you" and "you may not"; Gemini says the former with status 400.
        return "permission" if status == 403 else "authentication"
    if kind := _by_class(error):
        return kind
    if kind := _BY_STATUS.get(status or 0):
        return kind
    if status is not None:
        return "server" if status >= 500 else "bad_request"
    return "server" if error.in_stream else "protocol"


def _refusal(error: failures.ModelAPIError, status: int, *, page: bool) -> ErrorKind | None:
    """Return the kind of a refusal whose cause is not who asks; None for one that is, and for what is no refusal."""
    # pydantic-ai gives flagged input this class also where it drops the reasons.
    if status == 403 and isinstance(error, failures.ModelRequestRejectedError) and not isinstance(error, _OF_ASKER):
        return "refused"
    if page and 400 <= status < 500 and _BY_STATUS.get(status) not in RETRYABLE:
        return "context_window" if status == 413 else "unexplained"
    cause = named_cause(error, status, error.model_name) if status in _REFUSED else "asker"
    kinds: dict[Cause, ErrorKind | None] = {"asker": None, "text": "refused", "nothing": "unexplained"}
    return kinds[cause]


def _by_class(error: Exception) -> ErrorKind | None:
    return next((kind for cls, kind in _BY_CLASS if isinstance(error, cls)), None)


def _status(error: Exception) -> int | None:
    if redirected := _found(error, Redirected):
        return redirected.status
    return error.status_code if isinstance(error, failures.ModelHTTPError) else None


def _forbids_retry(error: Exception) -> bool:
    return isinstance(error, failures.ModelHTTPError) and error.provider_retry_hint is False


def _describe(error: Exception, kind: ErrorKind, status: int | None, origin: Origin) -> str:
    if kind == "timeout":
        return "no answer in time."
    if _found(error, PageInstead):
        return f"{_PAGE}."
    if _found(error, Redirected):
        return f"HTTP {status}: a redirect to {_one_line(points_to() or 'nowhere', origin.keys)} instead of an answer."
    if kind == "connection":
        where = f" at {mask_keys(origin.base_url, origin.keys)}" if origin.base_url else ""
        message = _one_line(own_words(_root(error)), origin.keys).rstrip(".")
        return f"the provider{where} could not be reached, or the connection was lost ({message})."
    if kind == "protocol":
        return _unreadable(error, origin)
    message = _one_line(read_message(error), origin.keys).rstrip(".")
    if looks_like_page(message):
        message = _PAGE
    if kind == "unexpected":
        message = f"{type(error).__name__}: {message}"
    # An error inside a stream has a status by analogy only: the HTTP answer was a 200.
    answered = status is not None and not (isinstance(error, failures.ModelAPIError) and error.in_stream)
    return f"HTTP {status}: {message}." if answered else f"{message}."


def _unreadable(error: Exception, origin: Origin) -> str:
    """Say in what way an answer is none; how a library says so is not shown."""
    wrong = _found(error, ValidationError)
    if wrong is not None:
        fields = ", ".join(dict.fromkeys(str(one["loc"][0]) for one in wrong.errors() if one["loc"]))
        return f"the provider's answer is not what its protocol says (missing or odd: {fields or 'all of it'})."
    message = own_words(error)
    if "ended without content" in message:
        return "the answer ended without any content."
    if "as JSON" in message or "JSON data" in message or _found(error, JSONDecodeError):
        return "the provider's answer is no JSON, or only a part of it."
    if isinstance(error, failures.ModelAPIError):
        return f"{_one_line(read_message(error), origin.keys).rstrip('.')}."
    if isinstance(error, failures.AgentRunError):
        return f"{_one_line(message, origin.keys).rstrip('.')}."
    return "the provider's answer does not have the form that its protocol says."


def _root(error: BaseException) -> BaseException:
    # "Connection error." says nothing; what the SDK raised it from names the host or the certificate.
    return tuple(_causes(error))[-1]


def _one_line(text: str, keys: tuple[str, ...]) -> str:
    line = " ".join(mask_keys(text, keys).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
