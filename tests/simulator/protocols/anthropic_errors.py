"""How Anthropic words its errors. No I/O."""

from collections.abc import Mapping

from tests.simulator.faults import ErrorKind
from tests.simulator.protocols.base import ErrorForm
from tests.simulator.shapes import Problem, dotted

ERRORS: Mapping[ErrorKind, ErrorForm] = {
    "bad_request": ErrorForm(status=400, type="invalid_request_error", message="Invalid request."),
    "unsupported_parameter": ErrorForm(
        status=400, type="invalid_request_error", message="`temperature` is not supported by this model."
    ),
    "context_window": ErrorForm(
        status=400, type="invalid_request_error", message="prompt is too long: 201234 tokens > 200000 maximum"
    ),
    "authentication": ErrorForm(status=401, type="authentication_error", message="invalid x-api-key"),
    "payment": ErrorForm(
        status=402, type="billing_error", message="There is a problem with your billing; check your payment method."
    ),
    "permission": ErrorForm(
        status=403, type="permission_error", message="Your API key may not use the requested resource."
    ),
    "not_found": ErrorForm(status=404, type="not_found_error", message="model: {model}"),
    "timeout": ErrorForm(status=408, type="timeout_error", message="Request timed out."),
    "conflict": ErrorForm(status=409, type="conflict_error", message="The request conflicts with another one."),
    "too_large": ErrorForm(
        status=413, type="request_too_large", message="Request exceeds the maximum allowed number of bytes."
    ),
    "rate_limit": ErrorForm(
        status=429,
        type="rate_limit_error",
        message="This request would exceed your organization's rate limit for requests per minute.",
    ),
    "slow_down": ErrorForm(
        status=429,
        type="rate_limit_error",
        message="This request would exceed how fast your usage may grow.",
        code="ramp_limit_exceeded",
    ),
    # An exhausted prepaid balance is a 400 that only its message tells from others.
    "quota": ErrorForm(
        status=400,
        type="invalid_request_error",
        message="Your credit balance is too low to access the Anthropic API. "
        "Please go to Plans & Billing to upgrade or purchase credits.",
    ),
    "spend_limit": ErrorForm(
        status=429,
        type="rate_limit_error",
        message="You have reached your specified API usage limits.",
        code="enforced_spend_limit_reached",
    ),
    "server": ErrorForm(status=500, type="api_error", message="Internal server error"),
    "bad_gateway": ErrorForm(status=502, type="api_error", message="Bad gateway"),
    "unavailable": ErrorForm(status=503, type="api_error", message="Service unavailable"),
    "gateway_timeout": ErrorForm(status=504, type="timeout_error", message="Request timed out."),
    "overloaded": ErrorForm(status=529, type="overloaded_error", message="Overloaded"),
}


def word(problem: Problem) -> str:
    """Say what is wrong the way the provider does: path, then reason."""
    where = dotted(problem.path)
    match problem.wrong:
        case "missing":
            return f"{where}: Field required"
        case "unknown":
            return f"{where}: Extra inputs are not permitted"
        case "type":
            return f"{where}: Input should be a valid {problem.expected}"
        case "value":
            return f"{where}: Input should be {problem.expected}"
        case "range":
            return f"{where}: Input should be {problem.expected}"
        case "empty" if problem.path[-1] == "text":
            return "messages: text content blocks must be non-empty"
        case "empty":
            return f"{where}: at least one item is required"
