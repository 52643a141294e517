"""OpenAI Chat Completions. No I/O."""

import re
from typing import Any

from tests.simulator.asked import Asked, Block, Message, ProtocolName
from tests.simulator.bucket import Limits
from tests.simulator.faults import ErrorKind
from tests.simulator.http import Request
from tests.simulator.protocols.base import Rejected, Reply, content_text, dig
from tests.simulator.protocols.openai import account_headers, error_object, read_body
from tests.simulator.protocols.openai_shapes import CHAT
from tests.simulator.sse import Event
from tests.simulator.tokens import count_tokens

_REASONING = re.compile(r"gpt-5|o\d")
"""Models that know only the newer name of the limit."""

_FINISH = {"stop": "stop", "length": "length", "context_window": "length", "failed": "error"}
_OTHER = "Another answer. "
"""What a second choice says with every piece of the first."""
_REFUSAL = "I'm sorry, I can't help with that."


class Chat:
    """The Chat Completions API."""

    name: ProtocolName = "chat"
    path = "/v1/chat/completions"
    shape = staticmethod(CHAT)
    waits_in_header = True

    def serves(self, request: Request) -> bool:
        """Serve what is posted to the protocol's path."""
        return request.method == "POST" and request.path == self.path

    def read(self, request: Request, key: str | None) -> Asked:
        """Validate key and body; raises `Rejected`."""
        body = read_body(request, key, self.shape)
        if body.get("stream_options") and not body.get("stream"):
            message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
            raise Rejected("bad_request", message, param="stream_options")
        if "max_tokens" in body and _REASONING.match(body["model"]):
            message = "Unsupported parameter: 'max_tokens' is not supported with this model. "
            message += "Use 'max_completion_tokens' instead."
            raise Rejected("bad_request", message, param="max_tokens", code="unsupported_parameter")
        if "max_tokens" in body and "max_completion_tokens" in body:
            message = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
            raise Rejected("bad_request", message, param="max_tokens", code="invalid_parameter_combination")
        messages = tuple(Message(role=m["role"], text=content_text(m.get("content"))) for m in body["messages"])
        return Asked(
            protocol=self.name,
            model=body["model"],
            streamed=bool(body.get("stream")),
            messages=messages,
            blocks=tuple(Block(content=m.text, tokens=count_tokens(m.text)) for m in messages),
            body=body,
            max_tokens=body.get("max_completion_tokens") or body.get("max_tokens"),
            schema=dig(body, "response_format", "json_schema", "schema"),
            include_usage=bool(dig(body, "stream_options", "include_usage")),
            cache_key=body.get("prompt_cache_key") or "",
        )

    def body(self, reply: Reply) -> dict[str, Any]:
        """Return the completion."""
        message: dict[str, Any] = {
            "role": "assistant",
            "content": reply.answer.text,
            "refusal": None,
            "annotations": [],
        }
        if _refused(reply):
            message |= {"content": None, "refusal": _REFUSAL}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(reply)}
        choices = [choice, choice | {"index": 1, "message": message | {"content": _OTHER}}]
        body = _head(reply, "chat.completion") | {"choices": choices[: 1 + reply.second_choice]}
        return body | _failure(reply) | ({"usage": _usage(reply)} if reply.answer.usage else {})

    def opening(self, reply: Reply) -> list[Event]:
        """Return the chunk that names the role."""
        return [Event(_chunk(reply, {"role": "assistant", "content": "", "refusal": None}))]

    def thinking(self, reply: Reply, piece: str) -> list[Event]:
        """Return nothing: reasoning is billed and not shown."""
        return []

    def text(self, reply: Reply, piece: str, index: int) -> list[Event]:
        """Return a content chunk; a second choice comes in the next one, or every other time before the first in it."""
        own = _chunk(reply, {"content": piece})
        if not reply.second_choice:
            return [Event(own)]
        choices = own["choices"] + [_choice({"content": _OTHER}, index=1)]
        groups = [choices[::-1]] if index % 2 else [[choice] for choice in choices]
        return [Event(own | {"choices": group}) for group in groups]

    def closing(self, reply: Reply) -> list[Event]:
        """Return the finish chunk, the usage chunk where asked for, and [DONE]."""
        events = [Event(_chunk(reply, {"refusal": _REFUSAL}))] if _refused(reply) else []
        last = _chunk(reply, {}, _finish(reply))
        if reply.second_choice:
            events.append(Event(last | {"choices": [_choice({}, "length", index=1)]}))
        events.append(Event({**last, **_failure(reply)}))
        if reply.asked.include_usage and reply.answer.usage:
            events.append(Event(_head(reply, "chat.completion.chunk") | {"choices": [], "usage": _usage(reply)}))
        return [*events, Event("[DONE]")]

    def error(
        self, rejected: Rejected, *, request_id: str, model: str, wait: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Return the error object."""
        status, error = error_object(rejected, model)
        return status, {"error": error}

    def error_event(self, kind: ErrorKind, *, request_id: str, model: str) -> Event:
        """Return a data event with the error object."""
        return Event(self.error(Rejected(kind), request_id=request_id, model=model)[1])

    def ping(self) -> bytes:
        """Return a comment: the protocol has no pings."""
        return b": ping\n\n"

    def headers(self, *, request_id: str, limits: Limits | None) -> list[tuple[str, str]]:
        """Return the request id and where the account stands."""
        return account_headers(request_id, limits)


def _refused(reply: Reply) -> bool:
    return reply.answer.finish == "refusal" and not reply.answer.text


def _finish(reply: Reply) -> str:
    if reply.answer.finish == "refusal":
        # A refusal from the start is a message of its own; one in the middle is a filter's.
        return "content_filter" if reply.answer.text else "stop"
    return _FINISH[reply.answer.finish]


def _failure(reply: Reply) -> dict[str, Any]:
    """Return the error beside the choices, as OpenRouter sends it when the provider behind it fails."""
    failed = reply.answer.finish == "failed"
    return {"error": {"code": 502, "message": "Provider disconnected."}} if failed else {}


def _head(reply: Reply, kind: str) -> dict[str, Any]:
    return {
        "id": reply.identifier("chatcmpl-"),
        "object": kind,
        "created": reply.created,
        "model": reply.asked.model,
        "service_tier": "default",
        "system_fingerprint": None,
    }


def _chunk(reply: Reply, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    chunk = _head(reply, "chat.completion.chunk") | {"choices": [_choice(delta, finish)]}
    return chunk | ({"usage": None} if reply.asked.include_usage else {})


def _choice(delta: dict[str, Any], finish: str | None = None, *, index: int = 0) -> dict[str, Any]:
    return {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}


def _usage(reply: Reply) -> dict[str, Any]:
    usage = reply.usage
    return {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.thinking,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
