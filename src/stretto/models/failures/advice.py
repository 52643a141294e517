"""Says what a user can do about a failed call."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from pydantic_ai import exceptions as failures

from stretto.core.errors import ErrorKind
from stretto.models.calls.http_hooks import asked_address
from stretto.models.failures.failure_body import is_daily_quota, is_page, read_message
from stretto.models.failures.http_environment import connection_hint, proxy_of
from stretto.models.failures.output_limits import is_about_output
from stretto.models.origin import Origin
from stretto.models.selection.default_models import find_provider
from stretto.models.selection.secrets import mask_keys

# Seconds from which on a wait is named to the user rather than spent by the program.
_LONG_WAIT = 60.0
_HINTS: Mapping[ErrorKind, str] = {
    "permission": "The key may not use this model: check what it is allowed with the provider.",
    "billing": "Add credit or raise the spend limit with the provider, or choose another model.",
    "not_found": "`stretto models` shows names that work.",
    "rate_limit": "Wait a little, or let fewer workers run at once.",
    "overloaded": "The provider is busy: try again in a little while.",
    "server": "The provider has a problem: try again in a little while.",
    "timeout": "Try again, or allow more time.",
    "context_window": "Shorten the task or its context, or choose a model with a larger window.",
    "bad_request": "Choose another model, or change what the provider names.",
}
_DAY = f"The quota for the day is used up, and not there again soon. {_HINTS['billing']}"
_IN_THE_WAY = (
    "It does not say why: a firewall, a proxy or a filter on the way may have turned away this one call."
    " Change its text, or ask whoever runs what answered."
)
_CREDENTIALS = (
    "Status {status} asks for credentials, and it does not say whose: the provider's, or those of a proxy on the way."
)


def advise(
    kind: ErrorKind, error: Exception, origin: Origin, *, status: int | None, wait: float | None, message: str
) -> str:
    """Return the next step; empty when there is none.

    `wait` is in seconds, None when none was told; `message` are the words of what was at the bottom of it.
    """
    match kind:
        case "authentication":
            return _set_key(origin)
        case "connection":
            where = "Check the network and the base URL." if origin.base_url else "Check the network."
            return connection_hint(origin.base_url, message) or where
        case "protocol":
            return f"Try again; if it goes on, check the base URL.{_went_to(origin)}"
        case "unexplained":
            return _explain(error, origin, status or 0)
        case "not_found" if isinstance(error, failures.ModelHTTPError) and error.suggested_model_id:
            return f"Did you mean {error.suggested_model_id}?"
        case "rate_limit" | "overloaded" if wait is not None and wait > _LONG_WAIT:
            return f"The provider asks to wait {_duration(wait)}: try again then, or choose another model."
        case "billing" if is_daily_quota(error):
            return _DAY
        case "bad_request" | "context_window" if is_about_output(read_message(error)):
            return "Lower max_output_tokens in the recipe, or choose a model that writes more."
        case _:
            return _HINTS.get(kind, "")


def _set_key(origin: Origin) -> str:
    provider = find_provider(origin.system) or find_provider(origin.model.partition(":")[0])
    if provider is None or not provider.key_names:
        return "Check the key of this provider."
    return f"Check {provider.key_names[0]}, or run: stretto keys set {provider.name}"


def _explain(error: Exception, origin: Origin, status: int) -> str:
    if 300 <= status < 400:
        return f"If the provider is there, give that address as the base URL.{_went_to(origin)}"
    if status in (404, 405):
        return f"Check the base URL.{_went_to(origin)}{_about_version(origin)}"
    if status in (401, 407) and not (isinstance(error, failures.ModelAPIError) and is_page(error)):
        return f"{_CREDENTIALS.format(status=status)}{_went_to(origin)}"
    return f"{_IN_THE_WAY}{_went_to(origin)}"


def _went_to(origin: Origin) -> str:
    address = asked_address()
    if not address:
        return ""
    through = f", through the proxy of {via}" if (via := proxy_of(origin.base_url)) else ""
    return f" The call went to {mask_keys(address, origin.keys)}{through}."


def _about_version(origin: Origin) -> str:
    if "/v1/v1" in asked_address():
        return " It has /v1 twice."
    bare = not urlsplit(origin.base_url).path.strip("/")
    return " Most servers want /v1 at its end." if bare and origin.system in ("openai", "ollama") else ""


def _duration(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds:.0f} seconds (about {seconds / length:.0f} {unit})"
    return f"{seconds:.0f} seconds"
