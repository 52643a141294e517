"""Turns what goes wrong in a call into our errors: the kind, whether to try again, and the next step for the user."""

import hashlib
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

import httpx2
from pydantic import ValidationError
from pydantic_ai import exceptions as failures
from pydantic_ai.models import Model as PydanticModel

from stretto.core.addresses import read_address
from stretto.core.errors import ErrorKind, ModelError
from stretto.models.catalog import find_provider
from stretto.models.failure_body import flags_input, own_words, read_codes, read_message, read_wait
from stretto.models.secrets import mask_keys

_LONGEST = 200

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
# Seconds from which on a wait is named to the user rather than spent by the program.
_LONG_WAIT = 60.0
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
_HINTS: Mapping[ErrorKind, str] = {
    "permission": "The key may not use this model: check what it is allowed with the provider.",
    "billing": "Add credit or raise the spend limit with the provider, or choose another model.",
    "not_found": "`stretto models` shows names that work.",
    "rate_limit": "Wait a little, or let fewer workers run at once.",
    "overloaded": "The provider is busy: try again in a little while.",
    "server": "The provider has a problem: try again in a little while.",
    "timeout": "Try again, or allow more time.",
    "context_window": "Shorten the task or its context, or choose a model with a larger window.",
    "protocol": "Try again; if it goes on, check the base URL.",
    "bad_request": "Choose another model, or change what the provider names.",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Which model a call goes to, as far as an error has to know."""

    model: str
    """How users name it."""
    system: str
    """pydantic-ai's name of the provider."""
    base_url: str = ""
    """As it may be shown: without user, password and query."""
    keys: tuple[str, ...] = field(default=(), repr=False)
    """What must never be shown."""

    @classmethod
    def of(cls, model: PydanticModel, *, name: str, keys: tuple[str, ...] = (), base_url: str = "") -> "Origin":
        """Return where calls of this model go."""
        key: object = getattr(getattr(model, "client", None), "api_key", None)
        address = read_address((base_url or model.base_url or "").rstrip("/"))
        secrets = (*keys, key if isinstance(key, str) else "", *address.secrets)
        return cls(
            model=name,
            system=model.system,
            base_url=address.shown.rstrip("/"),
            keys=tuple(dict.fromkeys(secret for secret in secrets if secret)),
        )

    @property
    def account(self) -> str:
        """Who pays: the provider, where it is reached, and a mark of the key that gives nothing of it away."""
        marks = hashlib.sha256("\n".join(self.keys).encode()).hexdigest()[:8] if self.keys else "no key"
        address = urlsplit(self.base_url)
        place = f"{address.hostname or ''}:{address.port or ''}{address.path}"
        return f"{self.system} {place} {marks}"


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
    status = _status(error)
    kind = _kind(error, status, otherwise)
    told = False if _says_no_retry(error) else None
    return ModelError(
        f"{origin.model}: {_describe(error, kind, status, origin)}",
        kind=kind,
        retryable=told,
        retry_after=read_wait(error),
        model=origin.model,
        status=status,
        sent=getattr(error, "phase", None) not in ("pool", "connect"),
        hint=_hint(kind, error, origin),
    )


def _kind(error: Exception, status: int | None, otherwise: ErrorKind) -> ErrorKind:
    if not isinstance(error, failures.ModelAPIError):
        return _by_class(error) or otherwise
    codes = set(read_codes(error))
    if codes & _IN_FLIGHT:
        return "rate_limit"
    if any(word in code for code in codes for word in _BILLING):
        return "billing"
    if (spent := _SPENT.get(status or 0)) and spent.search(read_message(error)):
        return "billing"
    if _TOO_LONG in codes or (status == 400 and _NO_ROOM in read_message(error)):
        return "context_window"
    if codes & _OVERLOADED:
        return "overloaded"
    if codes & _FLAGGED or (status == 403 and flags_input(error)):
        return "refused"
    if isinstance(error, failures.ModelAuthenticationError):
        # One class for "who are you" and "you may not"; Gemini says the former with status 400.
        return "permission" if status == 403 else "authentication"
    if kind := _by_class(error):
        return kind
    # Flagged input too: pydantic-ai gives it this class also where it drops the reasons.
    if status == 403 and isinstance(error, failures.ModelRequestRejectedError):
        return "refused"
    if kind := _BY_STATUS.get(status or 0):
        return kind
    if status is not None:
        return "server" if status >= 500 else "bad_request"
    return "server" if error.in_stream else "protocol"


def _by_class(error: Exception) -> ErrorKind | None:
    return next((kind for cls, kind in _BY_CLASS if isinstance(error, cls)), None)


def _status(error: Exception) -> int | None:
    return error.status_code if isinstance(error, failures.ModelHTTPError) else None


def _says_no_retry(error: Exception) -> bool:
    return isinstance(error, failures.ModelHTTPError) and error.provider_retry_hint is False


def _describe(error: Exception, kind: ErrorKind, status: int | None, origin: Origin) -> str:
    if kind == "timeout":
        return "no answer in time."
    if kind == "connection":
        where = f" at {mask_keys(origin.base_url, origin.keys)}" if origin.base_url else ""
        said = _one_line(own_words(_root(error)), origin.keys).rstrip(".")
        return f"the provider{where} could not be reached, or the connection was lost ({said})."
    if kind == "protocol" and not isinstance(error, failures.AgentRunError):
        return f"the provider's answer could not be read ({type(error).__name__})."
    if isinstance(error.__cause__, ValidationError):
        fields = ", ".join(dict.fromkeys(str(wrong["loc"][0]) for wrong in error.__cause__.errors() if wrong["loc"]))
        return f"the provider's answer is not what its protocol says (missing or odd: {fields or 'all of it'})."
    said = _one_line(read_message(error), origin.keys).rstrip(".")
    if said.startswith("<"):
        said = "a web page instead of an answer"
    if kind == "unexpected":
        said = f"{type(error).__name__}: {said}"
    # An error inside a stream has a status by analogy only: the HTTP answer was a 200.
    answered = status is not None and not (isinstance(error, failures.ModelAPIError) and error.in_stream)
    return f"HTTP {status}: {said}." if answered else f"{said}."


def _root(error: BaseException) -> BaseException:
    # "Connection error." says nothing; what the SDK raised it from names the host or the certificate.
    seen = {id(error)}
    while (cause := error.__cause__) is not None and id(cause) not in seen:
        seen.add(id(cause))
        error = cause
    return error


def _one_line(text: str, keys: tuple[str, ...]) -> str:
    line = " ".join(mask_keys(text, keys).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _hint(kind: ErrorKind, error: Exception, origin: Origin) -> str:
    if kind == "authentication":
        provider = find_provider(origin.system) or find_provider(origin.model.partition(":")[0])
        if provider is None or not provider.key_names:
            return "Check the key of this provider."
        return f"Check {provider.key_names[0]}, or run: stretto keys set {provider.name}"
    if kind == "connection":
        return "Check the network and the base URL." if origin.base_url else "Check the network."
    if kind == "not_found" and isinstance(error, failures.ModelHTTPError) and error.suggested_model_id:
        return f"Did you mean {error.suggested_model_id}?"
    wait = read_wait(error)
    if kind in ("rate_limit", "overloaded") and wait is not None and wait > _LONG_WAIT:
        return f"The provider asks to wait {wait:.0f} seconds: try again then, or choose another model."
    return _HINTS.get(kind, "")
