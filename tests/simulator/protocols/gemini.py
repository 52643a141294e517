"""Gemini generateContent and streamGenerateContent. No I/O."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from tests.simulator.asked import Asked, Block, Message, ProtocolName
from tests.simulator.bucket import Limits
from tests.simulator.faults import ErrorKind
from tests.simulator.http import Request
from tests.simulator.protocols.base import ErrorForm, Rejected, Reply, content_text, dig, form_of, read_json
from tests.simulator.protocols.gemini_shapes import GENERATE
from tests.simulator.shapes import Problem, bracketed
from tests.simulator.sse import Event
from tests.simulator.tokens import count_tokens

_PATH = re.compile(r"/v1(?:beta)?/models/(?P<model>[^/:]+):(?P<method>generateContent|streamGenerateContent)")
_FINISH = {
    "stop": "STOP",
    "length": "MAX_TOKENS",
    "context_window": "MAX_TOKENS",
    "refusal": "SAFETY",
    "failed": "OTHER",
}
_GOOGLE = "type.googleapis.com/google.rpc."


def _quota(quota: str) -> Mapping[str, Any]:
    violation = {"quotaMetric": "generativelanguage.googleapis.com/requests", "quotaId": quota}
    return {"@type": f"{_GOOGLE}QuotaFailure", "violations": [violation]}


_PER_MINUTE = _quota("GenerateRequestsPerMinutePerProjectPerModel")
_PER_DAY = _quota("GenerateRequestsPerDayPerProjectPerModel")
_BAD_KEY = {"@type": f"{_GOOGLE}ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"}
_EXCEEDED = "You exceeded your current quota, please check your plan and billing details."

ERRORS: Mapping[ErrorKind, ErrorForm] = {
    "bad_request": ErrorForm(status=400, type="INVALID_ARGUMENT", message="Request contains an invalid argument."),
    "unsupported_parameter": ErrorForm(
        status=400, type="INVALID_ARGUMENT", message="temperature is not supported for this model"
    ),
    "context_window": ErrorForm(
        status=400,
        type="INVALID_ARGUMENT",
        message="The input token count (1234567) exceeds the maximum number of tokens allowed (1048576).",
    ),
    "authentication": ErrorForm(
        status=400,
        type="INVALID_ARGUMENT",
        message="API key not valid. Please pass a valid API key.",
        details=(_BAD_KEY,),
    ),
    "payment": ErrorForm(
        status=400, type="FAILED_PRECONDITION", message="Please enable billing on your project in Google AI Studio."
    ),
    "permission": ErrorForm(
        status=403, type="PERMISSION_DENIED", message="Your project does not have permission to use this model."
    ),
    "not_found": ErrorForm(status=404, type="NOT_FOUND", message="models/{model} is not found for API version v1beta."),
    "timeout": ErrorForm(status=408, type="DEADLINE_EXCEEDED", message="The request timed out."),
    "conflict": ErrorForm(status=409, type="ABORTED", message="The operation was aborted."),
    "too_large": ErrorForm(
        status=413, type="INVALID_ARGUMENT", message="Request payload size exceeds the limit: 20971520 bytes."
    ),
    "rate_limit": ErrorForm(status=429, type="RESOURCE_EXHAUSTED", message=_EXCEEDED, details=(_PER_MINUTE,)),
    "slow_down": ErrorForm(
        status=429, type="RESOURCE_EXHAUSTED", message="Resource exhausted. Please try again later."
    ),
    "quota": ErrorForm(status=429, type="RESOURCE_EXHAUSTED", message=_EXCEEDED, details=(_PER_DAY,)),
    "spend_limit": ErrorForm(
        status=429,
        type="RESOURCE_EXHAUSTED",
        message="Your project has exceeded its monthly spending cap. Manage it in Google AI Studio.",
    ),
    "server": ErrorForm(status=500, type="INTERNAL", message="An internal error has occurred. Please retry."),
    "bad_gateway": ErrorForm(status=502, type="UNAVAILABLE", message="Bad gateway."),
    "unavailable": ErrorForm(status=503, type="UNAVAILABLE", message="The service is currently unavailable."),
    "gateway_timeout": ErrorForm(
        status=504, type="DEADLINE_EXCEEDED", message="The request did not finish within its deadline."
    ),
    "overloaded": ErrorForm(status=503, type="UNAVAILABLE", message="The model is overloaded. Please try again later."),
}


class Gemini:
    """The Gemini API."""

    name: ProtocolName = "gemini"
    waits_in_header = False

    def serves(self, request: Request) -> bool:
        """Serve POST /v1beta/models/MODEL:generateContent and :streamGenerateContent."""
        return request.method == "POST" and _PATH.fullmatch(request.path) is not None

    def read(self, request: Request, key: str | None) -> Asked:
        """Validate key, query and body; raises `Rejected`."""
        query = parse_qs(request.query)
        given = request.headers.get("x-goog-api-key") or query.get("key", [""])[0]
        if not given:
            message = (
                "Method doesn't allow unregistered callers. Please use API Key or other form of API consumer identity."
            )
            raise Rejected("permission", message)
        if key is not None and given != key:
            raise Rejected("authentication")
        match = _PATH.fullmatch(request.path)
        assert match is not None
        streamed = match["method"] == "streamGenerateContent"
        if streamed and query.get("alt") != ["sse"]:
            raise Rejected("bad_request", "The simulator streams with alt=sse only.")
        try:
            body = read_json(request)
        except ValueError as error:
            raise Rejected("bad_request", "Invalid JSON payload received.") from error
        try:
            GENERATE(body, ())
        except Problem as problem:
            raise Rejected("bad_request", _word(problem)) from problem
        return _asked(body, match["model"], streamed=streamed)

    def body(self, reply: Reply) -> dict[str, Any]:
        """Return the whole answer as one response."""
        return _response(reply, reply.answer.text, last=True)

    def opening(self, reply: Reply) -> list[Event]:
        """Return nothing: the first event has text in it."""
        return []

    def thinking(self, reply: Reply, piece: str) -> list[Event]:
        """Return nothing: thoughts are billed and not shown."""
        return []

    def text(self, reply: Reply, piece: str, index: int) -> list[Event]:
        """Return a response with a piece of the text."""
        return [Event(_response(reply, piece, last=False))]

    def closing(self, reply: Reply) -> list[Event]:
        """Return the response that has the finish reason."""
        return [Event(_response(reply, "", last=True))]

    def error(
        self, rejected: Rejected, *, request_id: str, model: str, wait: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Return the status object; what to wait is one of its details."""
        form = form_of(ERRORS, rejected.kind)
        details = [dict(detail) for detail in form.details]
        if wait is not None:
            details.append({"@type": f"{_GOOGLE}RetryInfo", "retryDelay": f"{wait}s"})
        error: dict[str, Any] = {
            "code": form.status if rejected.status in (None, 200) else rejected.status,
            "message": rejected.message or form.message.replace("{model}", model),
            "status": form.type,
        }
        return rejected.status or form.status, {"error": error | ({"details": details} if details else {})}

    def error_event(self, kind: ErrorKind, *, request_id: str, model: str) -> Event:
        """Return a data event with the status object."""
        return Event(self.error(Rejected(kind), request_id=request_id, model=model)[1])

    def ping(self) -> bytes:
        """Return a comment: the protocol has no pings."""
        return b": ping\n\n"

    def headers(self, *, request_id: str, limits: Limits | None) -> list[tuple[str, str]]:
        """Return what Google sends; it does not say where the account stands."""
        return [("server", "scaffolding on HTTPServer2"), ("x-gemini-service-tier", "standard")]


def _word(problem: Problem) -> str:
    """Say what is wrong the way the provider does."""
    where = bracketed(problem.path)
    match problem.wrong:
        case "unknown":
            parent = bracketed(problem.path[:-1])
            place = f" at '{parent}'" if parent else ""
            return f'Invalid JSON payload received. Unknown name "{problem.path[-1]}"{place}: Cannot find field.'
        case "type" | "value":
            return f"Invalid value at '{where}': {problem.got!r}"
        case "missing" | "empty":
            return f"* GenerateContentRequest.{where}: must not be empty"
        case "range":
            return f"* GenerateContentRequest.{where}: must be {problem.expected}"


def _asked(body: dict[str, Any], model: str, *, streamed: bool) -> Asked:
    messages = [Message(role=c.get("role", "user"), text=content_text(c["parts"])) for c in body["contents"]]
    if system := body.get("systemInstruction"):
        messages.insert(0, Message(role="system", text=content_text(system["parts"])))
    return Asked(
        protocol="gemini",
        model=model,
        streamed=streamed,
        messages=tuple(messages),
        blocks=tuple(Block(content=m.text, tokens=count_tokens(m.text)) for m in messages),
        body=body,
        max_tokens=dig(body, "generationConfig", "maxOutputTokens"),
        schema=dig(body, "generationConfig", "responseJsonSchema") or dig(body, "generationConfig", "responseSchema"),
    )


def _response(reply: Reply, text: str, *, last: bool) -> dict[str, Any]:
    response: dict[str, Any] = {}
    if reply.answer.finish == "refusal" and not reply.answer.text:
        response["promptFeedback"] = {"blockReason": "PROHIBITED_CONTENT"}
    else:
        content: dict[str, Any] = {"role": "model"}
        if text or (last and reply.answer.finish == "stop"):
            content["parts"] = [{"text": text}]
        candidate: dict[str, Any] = {"content": content, "index": 0}
        response["candidates"] = [candidate | ({"finishReason": _FINISH[reply.answer.finish]} if last else {})]
    if reply.answer.usage:
        response["usageMetadata"] = _usage(reply, last=last)
    return response | {"modelVersion": reply.asked.model, "responseId": reply.identifier("sim-")}


def _usage(reply: Reply, *, last: bool) -> dict[str, Any]:
    usage = reply.usage
    counts: dict[str, Any] = {"promptTokenCount": usage.input, "totalTokenCount": usage.input}
    if usage.cached:
        counts["cachedContentTokenCount"] = usage.cached
    if last:
        counts["totalTokenCount"] = usage.input + usage.output
        if usage.text:
            counts["candidatesTokenCount"] = usage.text
        if usage.thinking:
            counts["thoughtsTokenCount"] = usage.thinking
    return counts
