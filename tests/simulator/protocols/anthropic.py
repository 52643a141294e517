"""Anthropic Messages. No I/O."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from tests.simulator.asked import Asked, Block, Message, ProtocolName
from tests.simulator.bucket import Limits
from tests.simulator.faults import ErrorKind
from tests.simulator.http import Request
from tests.simulator.protocols.anthropic_errors import ERRORS, word
from tests.simulator.protocols.anthropic_shapes import CACHE_MARKS, MESSAGES, VERSIONS
from tests.simulator.protocols.base import Rejected, Reply, bearer, content_text, dig, form_of, read_json
from tests.simulator.shapes import Problem
from tests.simulator.sse import Event
from tests.simulator.tokens import count_tokens

_STOP = {
    "stop": "end_turn",
    "length": "max_tokens",
    "refusal": "refusal",
    "context_window": "model_context_window_exceeded",
    "failed": "pause_turn",
}


class Anthropic:
    """The Messages API."""

    name: ProtocolName = "anthropic"
    waits_in_header = True

    def serves(self, request: Request) -> bool:
        """Serve POST /v1/messages."""
        return request.method == "POST" and request.path == "/v1/messages"

    def read(self, request: Request, key: str | None) -> Asked:
        """Validate key, version and body; raises `Rejected`."""
        given = request.headers.get("x-api-key") or bearer(request)
        if not given:
            raise Rejected("authentication", "x-api-key header is required")
        if key is not None and given != key:
            raise Rejected("authentication")
        version = request.headers.get("anthropic-version")
        if version is None:
            raise Rejected("bad_request", "anthropic-version: header is required")
        if version not in VERSIONS:
            raise Rejected("bad_request", f"anthropic-version: {version!r} is not a valid version")
        try:
            body = read_json(request)
        except ValueError as error:
            raise Rejected("bad_request", "The request body is not valid JSON.") from error
        try:
            MESSAGES(body, ())
        except Problem as problem:
            raise Rejected("bad_request", word(problem)) from problem
        _check_sense(body)
        return _asked(body)

    def body(self, reply: Reply) -> dict[str, Any]:
        """Return the message with all its blocks."""
        usage = _usage(reply, reply.usage.output)
        return {**_message(reply), "content": _content(reply), **_stop(reply), "usage": usage}

    def opening(self, reply: Reply) -> list[Event]:
        """Return message_start, which knows the input, and the first content block."""
        message: dict[str, Any] = _message(reply) | {"content": [], "stop_reason": None, "stop_sequence": None}
        message["usage"] = _usage(reply, 1)
        events = [_event("message_start", message=message)]
        if reply.answer.thinking:
            block = {"type": "thinking", "thinking": "", "signature": ""}
            events.append(_event("content_block_start", index=0, content_block=block))
        return [*events, _event("ping")]

    def thinking(self, reply: Reply, piece: str) -> list[Event]:
        """Return a thinking delta."""
        return [_event("content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": piece})]

    def text(self, reply: Reply, piece: str, index: int) -> list[Event]:
        """Return a text delta, and before the first the start of its block."""
        block = int(bool(reply.answer.thinking))
        delta = _event("content_block_delta", index=block, delta={"type": "text_delta", "text": piece})
        if index:
            return [delta]
        start = _event("content_block_start", index=block, content_block={"type": "text", "text": ""})
        return [*_end_thinking(reply), start, delta]

    def closing(self, reply: Reply) -> list[Event]:
        """Return message_delta with reason and usage, then message_stop."""
        events: list[Event] = []
        if reply.answer.text:
            events.append(_event("content_block_stop", index=int(bool(reply.answer.thinking))))
        else:
            events += _end_thinking(reply)
        usage = {"output_tokens": reply.usage.output if reply.answer.usage else 0}
        return [*events, _event("message_delta", delta=_stop(reply), usage=usage), _event("message_stop")]

    def error(
        self, rejected: Rejected, *, request_id: str, model: str, wait: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Return the error object with its type, and details where the provider has some."""
        form = form_of(ERRORS, rejected.kind)
        error: dict[str, Any] = {
            "type": form.type,
            "message": rejected.message or form.message.replace("{model}", model),
        }
        if form.code:
            error["details"] = {"error_code": form.code}
        return rejected.status or form.status, {"type": "error", "error": error, "request_id": request_id}

    def error_event(self, kind: ErrorKind, *, request_id: str, model: str) -> Event:
        """Return `event: error`."""
        _, body = self.error(Rejected(kind), request_id=request_id, model=model)
        return Event(body, "error")

    def ping(self) -> bytes:
        """Return a ping event."""
        return _event("ping").encode()

    def headers(self, *, request_id: str, limits: Limits | None) -> list[tuple[str, str]]:
        """Return the request id and where the account stands."""
        headers = [("request-id", request_id), ("anthropic-organization-id", "simulated-organization")]
        if limits is not None:
            reset = datetime.now(UTC) + timedelta(seconds=limits.reset)
            headers += [
                ("anthropic-ratelimit-requests-limit", str(limits.limit)),
                ("anthropic-ratelimit-requests-remaining", str(limits.remaining)),
                ("anthropic-ratelimit-requests-reset", reset.strftime("%Y-%m-%dT%H:%M:%SZ")),
            ]
        return headers


def _event(kind: str, **fields: Any) -> Event:
    return Event({"type": kind, **fields}, kind)


def _end_thinking(reply: Reply) -> list[Event]:
    if not reply.answer.thinking:
        return []
    signature = _event("content_block_delta", index=0, delta={"type": "signature_delta", "signature": "c2lt"})
    return [signature, _event("content_block_stop", index=0)]


def _message(reply: Reply) -> dict[str, Any]:
    return {
        "id": reply.identifier("msg_"),
        "type": "message",
        "role": "assistant",
        "model": reply.asked.model,
    }


def _content(reply: Reply) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    if reply.answer.thinking:
        blocks.append({"type": "thinking", "thinking": reply.answer.thinking, "signature": "c2lt"})
    if reply.answer.text:
        blocks.append({"type": "text", "text": reply.answer.text})
    return blocks


def _stop(reply: Reply) -> dict[str, Any]:
    stop: dict[str, Any] = {"stop_reason": _STOP[reply.answer.finish], "stop_sequence": None}
    if reply.answer.finish == "refusal":
        stop["stop_details"] = {"type": "refusal", "category": None, "explanation": None}
    return stop


def _usage(reply: Reply, output: int) -> dict[str, Any]:
    if not reply.answer.usage:
        # The field is never missing in this protocol; a gateway that does not count sends zeros.
        return {"input_tokens": 0, "output_tokens": 0}
    usage = reply.usage
    return {
        "input_tokens": usage.input - usage.cached - usage.written,
        "cache_creation_input_tokens": usage.written,
        "cache_read_input_tokens": usage.cached,
        "cache_creation": {
            "ephemeral_5m_input_tokens": usage.written - usage.written_1h,
            "ephemeral_1h_input_tokens": usage.written_1h,
        },
        "output_tokens": output,
        "service_tier": "standard",
    }


def _check_sense(body: dict[str, Any]) -> None:
    """Check what no single field tells; raises `Rejected`."""
    messages: list[dict[str, Any]] = body["messages"]
    if messages[0]["role"] != "user":
        raise Rejected("bad_request", 'messages: first message must use the "user" role')
    for index, message in enumerate(messages):
        last = index == len(messages) - 1
        prefill = content_text(message["content"]) if last and message["role"] == "assistant" else ""
        if prefill != prefill.rstrip():
            raise Rejected("bad_request", "messages: final assistant content cannot end with trailing whitespace")
        if not content_text(message["content"]).strip() and not _has_other(message):
            words = "all messages must have non-empty content except for the optional final assistant message"
            raise Rejected("bad_request", f"messages.{index}: {words}")
    budget = dig(body, "thinking", "budget_tokens")
    if budget is not None and budget >= body["max_tokens"]:
        raise Rejected("bad_request", "`max_tokens` must be greater than `thinking.budget_tokens`")


def _has_other(message: dict[str, Any]) -> bool:
    return isinstance(message["content"], list) and any(
        block["type"] != "text" for block in cast("list[dict[str, Any]]", message["content"])
    )


def _asked(body: dict[str, Any]) -> Asked:
    schema = dig(body, "output_config", "format", "schema")
    messages = [Message(role=m["role"], text=content_text(m["content"])) for m in body["messages"]]
    if body.get("system"):
        messages.insert(0, Message(role="system", text=content_text(body["system"])))
    return Asked(
        protocol="anthropic",
        model=body["model"],
        streamed=bool(body.get("stream")),
        messages=tuple(messages),
        blocks=tuple(_blocks(body)),
        body=body,
        max_tokens=body["max_tokens"],
        schema=schema,
    )


def _blocks(body: dict[str, Any]) -> list[Block]:
    """Return tools, system and messages as the cache sees them, in that order."""
    raw = [("tool", tool) for tool in body.get("tools") or ()]
    raw += [("system", block) for block in _as_blocks(body.get("system") or [])]
    for message in body["messages"]:
        raw += [(message["role"], block) for block in _as_blocks(message["content"])]
    blocks = [_block(where, block) for where, block in raw]
    marks = sum(block.marked for block in blocks) + bool(body.get("cache_control"))
    if marks > CACHE_MARKS:
        raise Rejected(
            "bad_request", f"A maximum of {CACHE_MARKS} blocks with cache_control may be provided. Found {marks}."
        )
    if body.get("cache_control"):
        where, block = raw[-1]
        blocks[-1] = _block(where, {**block, "cache_control": body["cache_control"]})
    return blocks


def _as_blocks(content: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _block(where: str, block: dict[str, Any]) -> Block:
    mark = block.get("cache_control")
    bare = {name: value for name, value in block.items() if name != "cache_control"}
    content = json.dumps([where, bare], sort_keys=True)
    size = block["text"] if isinstance(block.get("text"), str) else json.dumps(bare)
    ttl = 3600.0 if mark and mark.get("ttl") == "1h" else 300.0
    return Block(content=content, tokens=count_tokens(size), marked=mark is not None, ttl=ttl)
