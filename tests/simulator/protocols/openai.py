"""What OpenAI's two protocols share: keys, errors, headers. No I/O."""

import math
from collections.abc import Mapping
from typing import Any

from tests.simulator.bucket import Limits
from tests.simulator.faults import ErrorKind
from tests.simulator.http import Request
from tests.simulator.protocols.base import ErrorForm, Rejected, bearer, form_of, read_json
from tests.simulator.shapes import Check, Problem, bracketed, type_name

_INVALID = "invalid_request_error"
_SERVER_MESSAGE = "The server had an error while processing your request. Sorry about that!"

ERRORS: Mapping[ErrorKind, ErrorForm] = {
    "bad_request": ErrorForm(status=400, type=_INVALID, message="Invalid request."),
    "unsupported_parameter": ErrorForm(
        status=400,
        type=_INVALID,
        code="unsupported_parameter",
        param="temperature",
        message="Unsupported parameter: 'temperature' is not supported with this model.",
    ),
    "context_window": ErrorForm(
        status=400,
        type=_INVALID,
        code="context_length_exceeded",
        param="messages",
        message="Your input exceeds the context window of this model. Please adjust your input and try again.",
    ),
    "authentication": ErrorForm(
        status=401,
        type=_INVALID,
        code="invalid_api_key",
        message="Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys.",
    ),
    "payment": ErrorForm(status=402, type="insufficient_credits", code="402", message="Insufficient credits."),
    "permission": ErrorForm(
        status=403,
        type="invalid_request_error",
        code="model_not_allowed",
        message="Project does not have access to model `{model}`.",
    ),
    "not_found": ErrorForm(
        status=404,
        type=_INVALID,
        code="model_not_found",
        message="The model `{model}` does not exist or you do not have access to it.",
    ),
    "timeout": ErrorForm(status=408, type="timeout", message="Request timed out."),
    "conflict": ErrorForm(status=409, type="conflict", message="The resource was changed by another request."),
    "too_large": ErrorForm(status=413, type=_INVALID, message="The request body is too large."),
    "rate_limit": ErrorForm(
        status=429,
        type="requests",
        code="rate_limit_exceeded",
        message="Rate limit reached for {model} on requests per min (RPM). Please slow down.",
    ),
    "slow_down": ErrorForm(
        status=429,
        type="rate_limit_error",
        code="slow_down",
        message="Your request rate increased too quickly. Please reduce it and raise it gradually.",
    ),
    "quota": ErrorForm(
        status=429,
        type="insufficient_quota",
        code="insufficient_quota",
        message="You exceeded your current quota, please check your plan and billing details.",
    ),
    "spend_limit": ErrorForm(
        status=429,
        type="insufficient_quota",
        code="organization_spend_limit_exceeded",
        message="Your organization reached its spend limit.",
    ),
    "server": ErrorForm(status=500, type="server_error", code="server_error", message=_SERVER_MESSAGE),
    "bad_gateway": ErrorForm(status=502, type="server_error", message="Bad gateway."),
    "unavailable": ErrorForm(
        status=503, type="service_unavailable_error", message="The service is temporarily unavailable."
    ),
    "gateway_timeout": ErrorForm(status=504, type="server_error", message="Gateway timeout."),
    "overloaded": ErrorForm(
        status=503,
        type="service_unavailable_error",
        code="server_is_overloaded",
        message="The model is currently overloaded with other requests. Please try again later.",
    ),
}


def read_body(request: Request, key: str | None, shape: Check) -> dict[str, Any]:
    """Check key and body; raises `Rejected`."""
    given = bearer(request)
    if not given:
        raise Rejected("authentication", "You didn't provide an API key.", code="missing_api_key")
    if key is not None and given != key:
        raise Rejected("authentication")
    try:
        body = read_json(request)
    except ValueError as error:
        raise Rejected("bad_request", "We could not parse the JSON body of your request.") from error
    try:
        shape(body, ())
    except Problem as problem:
        raise rejection(problem) from problem
    return body


def rejection(problem: Problem) -> Rejected:
    """Say what is wrong the way the provider does."""
    where = bracketed(problem.path)
    match problem.wrong:
        case "missing":
            words, code = f"Missing required parameter: '{where}'.", "missing_required_parameter"
        case "unknown":
            words, code = f"Unknown parameter: '{where}'.", "unknown_parameter"
        case "type":
            got = type_name(problem.got)
            words = (
                f"Invalid type for '{where}': expected {_article(problem.expected)}, but got {_article(got)} instead."
            )
            code = "invalid_type"
        case "value":
            words = f"Invalid value: '{problem.got}'. Supported values are: {problem.expected}."
            code = "invalid_value"
        case "range":
            words = f"Invalid '{where}': expected a value {problem.expected}, but got {problem.got} instead."
            code = "integer_below_min_value"
        case "empty":
            words, code = f"Invalid '{where}': must not be empty.", "empty_array"
    return Rejected("bad_request", words, param=where, code=code)


def _article(name: str) -> str:
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def error_object(rejected: Rejected, model: str) -> tuple[int, dict[str, Any]]:
    """Return status and the `error` object."""
    form = form_of(ERRORS, rejected.kind)
    return rejected.status or form.status, {
        "message": rejected.message or form.message.replace("{model}", model),
        "type": form.type,
        "param": rejected.param or form.param,
        "code": rejected.code or form.code,
    }


def account_headers(request_id: str, limits: Limits | None) -> list[tuple[str, str]]:
    """Return the request id and where the account stands."""
    headers = [
        ("x-request-id", request_id),
        ("openai-organization", "simulated-organization"),
        ("openai-version", "2020-10-01"),
        ("openai-processing-ms", "1"),
    ]
    if limits is not None:
        headers += [
            ("x-ratelimit-limit-requests", str(limits.limit)),
            ("x-ratelimit-remaining-requests", str(limits.remaining)),
            ("x-ratelimit-reset-requests", _duration(limits.reset)),
        ]
    return headers


def _duration(seconds: float) -> str:
    """Write a duration as 6m0s, 1.5s or 120ms."""
    if seconds < 1:
        return f"{math.ceil(seconds * 1000)}ms"
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}m{rest:g}s" if minutes else f"{rest:.3g}s"
