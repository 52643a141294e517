"""Where calls meet HTTP: a request is held until it may leave and tells when, a response where the account stands."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from anyio.lowlevel import checkpoint_if_cancelled
from pydantic_ai.models import Model as PydanticModel

from stretto.core.addresses import shown_address
from stretto.core.errors import ModelError
from stretto.core.models import RateLimits
from stretto.core.sending import before_sending, has_left
from stretto.models.failures.retry_after import seconds_until, server_time

if TYPE_CHECKING:
    from httpx2 import Request, Response

# How Anthropic names its headers, and how OpenAI and whoever follows it do: limit, remaining, reset.
_NAMES = tuple(
    tuple(form.format(field) for field in ("limit", "remaining", "reset"))
    for form in ("anthropic-ratelimit-requests-{}", "x-ratelimit-{}-requests")
)
# Both times have whole seconds: what lies between them may be this much shorter than their difference.
_RESOLUTION = 1.0


@dataclass(slots=True)
class ResponseInfo:
    """What the responses to one call said."""

    limits: RateLimits | None = None
    """From the latest response that said something; an agent's run has several."""
    remarks: list[str] = field(default_factory=list[str])
    """What somebody should know of how the calls were made."""
    address: str = ""
    """Whither the latest request went, without secrets."""
    points_to: str = ""
    """The address that the latest response gave in place of an answer, without secrets."""


_response_info: ContextVar[ResponseInfo] = ContextVar("stretto_heard_limits")


@contextmanager
def collecting_response_info() -> Generator[ResponseInfo]:
    """Collect what is said in the responses to the calls made inside; a `ModelError` raised inside carries it too."""
    response_info = ResponseInfo()
    # What an SDK starts for a call inherits the context, and with it this very object.
    token = _response_info.set(response_info)
    try:
        yield response_info
    except ModelError as error:
        error.limits = response_info.limits
        raise
    finally:
        _response_info.reset(token)


def add_remark(text: str) -> None:
    """Have the call that is under way say something beside its answer."""
    if response_info := _response_info.get(None):
        response_info.remarks.append(text)


def asked_address() -> str:
    """Return whither the latest request of this call went; empty when none did, or nobody listened."""
    response_info = _response_info.get(None)
    return response_info.address if response_info else ""


def points_to() -> str:
    """Return the address that this call was sent on to; empty when it was not."""
    response_info = _response_info.get(None)
    return response_info.points_to if response_info else ""


def install_http_hooks(model: PydanticModel) -> None:
    """Have this model's requests held and its responses heard, as far as its HTTP client is pydantic-ai's own."""
    hooks = _hooks(model)
    if hooks is not None and _on_response not in hooks["response"]:
        hooks["response"].append(_on_response)
        hooks["request"].append(_on_request)


def reports_sending(model: PydanticModel | None) -> bool:
    """Whether this model's requests are going to say when they leave, once it was listened to."""
    return model is not None and _hooks(model) is not None


def _hooks(model: PydanticModel) -> dict[str, list[object]] | None:
    # The direct interface hands out no headers, and a provider has no public name for the client that it made. One
    # that a user made is left as it is.
    client: object = getattr(model.provider, "_own_http_client", None)
    return getattr(client, "event_hooks", None)


async def _on_request(request: "Request") -> None:
    if response_info := _response_info.get(None):
        response_info.address, response_info.points_to = shown_address(str(request.url)), ""
    await before_sending()
    request.extensions["trace"] = _trace


async def _trace(name: str, info: Mapping[str, object]) -> None:
    """Hear from the connection what it is about to do: before its body a request cannot be answered."""
    # The proxy's own request, which asks for a tunnel, has a body of no bytes, too.
    if name.endswith(".send_request_body.started") and getattr(info.get("request"), "method", b"") != b"CONNECT":
        # What was given up by now is not sent either: there is no other moment between this one and the body's write.
        await checkpoint_if_cancelled()
        has_left()


async def _on_response(response: "Response") -> None:
    has_left()
    if response_info := _response_info.get(None):
        if place := response.headers.get("location", ""):
            response_info.points_to = shown_address(str(response.request.url.join(place)))
        if limits := read_limits(response.headers):
            response_info.limits = limits


def read_limits(headers: Mapping[str, str]) -> RateLimits | None:
    """Return what these headers say of the limit on requests; None when they say nothing that can be read."""
    for limit, remaining, reset in _NAMES:
        if limit not in headers and remaining not in headers and reset not in headers:
            continue
        limits = RateLimits(
            requests_limit=_count(headers.get(limit, "")),
            requests_remaining=_count(headers.get(remaining, "")),
            seconds_until_reset=seconds_until(headers.get(reset, ""), server_time(headers), early=_RESOLUTION),
        )
        if limits != RateLimits():
            return limits
    return None


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None
