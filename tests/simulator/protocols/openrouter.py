"""OpenRouter: Chat Completions as it passes them on, with errors in its own words. No I/O."""

from collections.abc import Mapping
from typing import Any, cast

from tests.simulator.asked import ProtocolName
from tests.simulator.bucket import Limits
from tests.simulator.faults import ErrorKind
from tests.simulator.protocols.base import Rejected, Reply, form_of
from tests.simulator.protocols.chat import Chat
from tests.simulator.protocols.openai import ERRORS
from tests.simulator.protocols.openai_shapes import OPENROUTER
from tests.simulator.sse import Event

_BEHIND = "Amazon Bedrock"
"""Who answers for the model."""

_OWN: Mapping[ErrorKind, tuple[int, str]] = {
    "authentication": (401, "No auth credentials found"),
    "payment": (402, "Insufficient credits. Add more using https://openrouter.ai/settings/credits"),
    "quota": (402, "Insufficient credits. Add more using https://openrouter.ai/settings/credits"),
    "spend_limit": (402, "This request requires more credits, or fewer max_tokens."),
    "context_window": (
        400,
        "This endpoint's maximum context length is 200000 tokens. However, you requested about 200001 tokens. "
        "Please reduce the length of either one.",
    ),
    "key_limit": (
        403,
        "Key limit exceeded (monthly limit). Manage it using https://openrouter.ai/settings/keys",
    ),
    "in_flight": (
        402,
        "This request would exceed your available credits given your current in-flight requests. "
        "Retry after in-flight requests settle, or add credits.",
    ),
    "flagged": (403, '{model} requires moderation on OpenRouter. Your input was flagged for "violence".'),
    "permission": (403, "The request was blocked by a guardrail of your account."),
    "not_found": (404, "No endpoints found for {model}."),
    "rate_limit": (429, "Provider returned error"),
    "slow_down": (429, "Rate limit exceeded: free-models-per-min. "),
    "server": (502, "Provider returned error"),
    "bad_gateway": (502, "Bad gateway"),
    "unavailable": (503, "No available model provider meets your routing requirements."),
    "overloaded": (503, "The provider behind the model is overloaded."),
}
"""Status and words where they are not those of the provider behind."""

_METADATA: Mapping[ErrorKind, Mapping[str, Any]] = {
    "in_flight": {"reason": "in_flight_budget_exhausted", "limit_source": "openrouter_in_flight_budget"},
    "flagged": {"reasons": ["violence"], "flagged_input": "Write…", "provider_name": _BEHIND},
}
"""What else is said of an error that OpenRouter itself has found."""


class OpenRouter(Chat):
    """OpenRouter's API."""

    name: ProtocolName = "openrouter"
    path = "/api/v1/chat/completions"
    shape = staticmethod(OPENROUTER)

    def body(self, reply: Reply) -> dict[str, Any]:
        """Return the completion, with who it is from."""
        return _passed_on(super().body(reply))

    def opening(self, reply: Reply) -> list[Event]:
        """Return the chunk that names the role."""
        return _chunks(super().opening(reply))

    def text(self, reply: Reply, piece: str, index: int) -> list[Event]:
        """Return a content chunk."""
        return _chunks(super().text(reply, piece, index))

    def closing(self, reply: Reply) -> list[Event]:
        """Return the finish chunk, the usage chunk where asked for, and [DONE]."""
        return _chunks(super().closing(reply))

    def error(
        self, rejected: Rejected, *, request_id: str, model: str, wait: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Return the error; its code is a status, also where the answer's own status is 200."""
        form = form_of(ERRORS, rejected.kind)
        code, message = _OWN.get(rejected.kind, (form.status, form.message))
        if rejected.status and rejected.status >= 400:
            code = rejected.status
        message = rejected.message or message.replace("{model}", model)
        behind = {"provider_name": _BEHIND, "raw": "upstream error"} if "Provider" in message else {}
        metadata = _METADATA.get(rejected.kind, behind)
        error = {"code": code, "message": message} | ({"metadata": metadata} if metadata else {})
        return rejected.status or code, {"error": error}

    def error_event(self, kind: ErrorKind, *, request_id: str, model: str) -> Event:
        """Return a chunk that has the error beside a choice that it ended."""
        choice = {"index": 0, "delta": {"content": ""}, "finish_reason": "error", "native_finish_reason": None}
        head = {"id": f"gen-{request_id}", "object": "chat.completion.chunk", "created": 0, "model": model}
        error = self.error(Rejected(kind), request_id=request_id, model=model)[1]
        return Event({**head, "provider": _BEHIND, **error, "choices": [choice]})

    def ping(self) -> bytes:
        """Return the comment that keeps a connection alive."""
        return b": OPENROUTER PROCESSING\n\n"

    def headers(self, *, request_id: str, limits: Limits | None) -> list[tuple[str, str]]:
        """Return the generation's id: where the account stands is not said."""
        return [("x-generation-id", f"gen-{request_id}")]


def _chunks(events: list[Event]) -> list[Event]:
    return [Event(_passed_on(event.data)) if isinstance(event.data, dict) else event for event in events]


def _passed_on(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body or a chunk as it comes from the provider behind."""
    choices = cast("list[dict[str, Any]]", body.get("choices", []))
    named = [choice | {"native_finish_reason": choice.get("finish_reason")} for choice in choices]
    return {**body, "provider": _BEHIND, "choices": named}
