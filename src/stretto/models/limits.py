"""Where calls meet HTTP: a request is held until it may leave and tells when, a response where the account stands."""

import math
import re
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from anyio.lowlevel import checkpoint_if_cancelled
from pydantic_ai.models import Model as PydanticModel

from stretto.core.errors import ModelError
from stretto.core.models import RateLimits
from stretto.core.sending import before_sending, has_left

if TYPE_CHECKING:
    from httpx2 import Request, Response

# How Anthropic names its headers, and how OpenAI and whoever follows it do: limit, remaining, reset.
_NAMES = tuple(
    tuple(form.format(field) for field in ("limit", "remaining", "reset"))
    for form in ("anthropic-ratelimit-requests-{}", "x-ratelimit-{}-requests")
)
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|[smhd]))+")
_PART = re.compile(r"([\d.]+)(ms|[smhd])")
# Both times have whole seconds: what lies between them may be this much shorter than their difference.
_RESOLUTION = 1.0


@dataclass(slots=True)
class Heard:
    """What the responses to one call said."""

    limits: RateLimits | None = None
    """From the latest response that said something; an agent's run has several."""
    remarks: list[str] = field(default_factory=list[str])
    """What somebody should know of how the calls were made."""
    status: int | None = None
    """Of HTTP, of the latest response."""


_heard: ContextVar[Heard] = ContextVar("stretto_heard_limits")


@contextmanager
def hearing() -> Generator[Heard]:
    """Collect what is said in the responses to the calls made inside; a `ModelError` raised inside carries it too."""
    heard = Heard()
    # What an SDK starts for a call inherits the context, and with it this very object.
    token = _heard.set(heard)
    try:
        yield heard
    except ModelError as error:
        error.limits = heard.limits
        # SDKs name no status below 400, and with a redirect there was no answer.
        if error.status is None and 300 <= (heard.status or 0) < 400:
            error.status = heard.status
        raise
    finally:
        _heard.reset(token)


def remark(text: str) -> None:
    """Have the call that is under way say something beside its answer."""
    if heard := _heard.get(None):
        heard.remarks.append(text)


def listen(model: PydanticModel) -> None:
    """Have this model's requests held and its responses heard, as far as its HTTP client is pydantic-ai's own."""
    hooks = _hooks(model)
    if hooks is not None and _note not in hooks["response"]:
        hooks["response"].append(_note)
        hooks["request"].append(_hold)


def tells(model: PydanticModel | None) -> bool:
    """Whether this model's requests are going to say when they leave, once it was listened to."""
    return model is not None and _hooks(model) is not None


def _hooks(model: PydanticModel) -> dict[str, list[object]] | None:
    # The direct interface hands out no headers, and a provider has no public name for the client that it made. One
    # that a user made is left as it is.
    client: object = getattr(model.provider, "_own_http_client", None)
    return getattr(client, "event_hooks", None)


async def _hold(request: "Request") -> None:
    await before_sending()
    request.extensions["trace"] = _trace


async def _trace(name: str, info: Mapping[str, object]) -> None:
    """Hear from the connection what it is about to do: before its body a request cannot be answered."""
    # The proxy's own request, which asks for a tunnel, has a body of no bytes, too.
    if name.endswith(".send_request_body.started") and getattr(info.get("request"), "method", b"") != b"CONNECT":
        # What was given up by now is not sent either: there is no other moment between this one and the body's write.
        await checkpoint_if_cancelled()
        has_left()


async def _note(response: "Response") -> None:
    has_left()
    if heard := _heard.get(None):
        heard.status = response.status_code
        heard.limits = read_limits(response.headers) or heard.limits


def read_limits(headers: Mapping[str, str]) -> RateLimits | None:
    """Return what these headers say of the limit on requests; None when they say nothing that can be read."""
    for limit, remaining, reset in _NAMES:
        limits = RateLimits(
            requests_limit=_count(headers.get(limit, "")),
            requests_remaining=_count(headers.get(remaining, "")),
            seconds_until_reset=_seconds(headers.get(reset, ""), headers.get("date", "")),
        )
        if limits != RateLimits():
            return limits
    return None


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _seconds(reset: str, date: str) -> float | None:
    """Read a duration such as "6m0s" or "12", or a moment, which is compared to the server's own clock."""
    if _DURATION.fullmatch(reset):
        return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(reset))
    try:
        seconds = float(reset)
    except ValueError:
        return _until(reset, date)
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _until(moment: str, date: str) -> float | None:
    try:
        at = datetime.fromisoformat(moment).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
    try:
        now = parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError, OSError):
        now = time.time()
    return max(0.0, at - now - _RESOLUTION)
