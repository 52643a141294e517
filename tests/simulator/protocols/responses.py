"""OpenAI Responses. No I/O."""

from typing import Any

from tests.simulator.asked import Asked, Block, Message, ProtocolName
from tests.simulator.bucket import Limits
from tests.simulator.faults import ErrorKind
from tests.simulator.http import Request
from tests.simulator.protocols.base import Rejected, Reply, content_text, dig, form_of
from tests.simulator.protocols.openai import ERRORS, account_headers, error_object, read_body
from tests.simulator.protocols.openai_shapes import RESPONSES
from tests.simulator.sse import Event
from tests.simulator.tokens import count_tokens

_REFUSAL = "I'm sorry, I can't help with that."


class Responses:
    """The Responses API."""

    name: ProtocolName = "responses"
    waits_in_header = True

    def serves(self, request: Request) -> bool:
        """Serve POST /v1/responses."""
        return request.method == "POST" and request.path == "/v1/responses"

    def read(self, request: Request, key: str | None) -> Asked:
        """Validate key and body; raises `Rejected`."""
        body = read_body(request, key, RESPONSES)
        messages = _messages(body)
        return Asked(
            protocol="responses",
            model=body["model"],
            streamed=bool(body.get("stream")),
            messages=messages,
            blocks=tuple(Block(content=m.text, tokens=count_tokens(m.text)) for m in messages),
            body=body,
            max_tokens=body.get("max_output_tokens"),
            schema=dig(body, "text", "format", "schema"),
            cache_key=body.get("prompt_cache_key") or "",
        )

    def body(self, reply: Reply) -> dict[str, Any]:
        """Return the finished response."""
        return _response(reply, *_status(reply), output=_output(reply), usage=True)

    def opening(self, reply: Reply) -> list[Event]:
        """Return response.created and response.in_progress, and the reasoning item where there is one."""
        response = _response(reply, "in_progress", None, output=[], usage=False)
        events = [
            Event({"type": kind, "sequence_number": number, "response": response}, kind)
            for number, kind in enumerate(("response.created", "response.in_progress"))
        ]
        if reply.answer.thinking:
            added = _event("response.output_item.added", 2, output_index=0, item=_reasoning(reply))
            done = _event("response.output_item.done", 3, output_index=0, item=_reasoning(reply))
            events += [added, done]
        return events

    def thinking(self, reply: Reply, piece: str) -> list[Event]:
        """Return nothing: reasoning is billed and not shown."""
        return []

    def text(self, reply: Reply, piece: str, index: int) -> list[Event]:
        """Return a text delta, and before the first the start of the message."""
        events = [] if index else _start_message(reply, {"type": "output_text", "text": "", "annotations": []})
        place = _place(reply)
        return [*events, _event("response.output_text.delta", 6 + index, **place, delta=piece, logprobs=[])]

    def closing(self, reply: Reply) -> list[Event]:
        """Return what ends the message, then response.completed or response.incomplete."""
        number = 7 + count_tokens(reply.answer.text)
        place, events = _place(reply), list[Event]()
        if refused := (reply.answer.finish == "refusal" and not reply.answer.text):
            events += _start_message(reply, {"type": "refusal", "refusal": ""})
            events.append(_event("response.refusal.delta", number, **place, delta=_REFUSAL))
            events.append(_event("response.refusal.done", number + 1, **place, refusal=_REFUSAL))
        elif reply.answer.text:
            events.append(_event("response.output_text.done", number, **place, text=reply.answer.text, logprobs=[]))
        status, details = _status(reply)
        if refused or reply.answer.text:
            item = _message(reply)
            events.append(_event("response.content_part.done", number + 2, **place, part=item["content"][0]))
            done = {"output_index": place["output_index"], "item": item}
            events.append(_event("response.output_item.done", number + 3, **done))
        response = _response(reply, status, details, output=_output(reply), usage=True)
        return [*events, _event(f"response.{status}", number + 4, response=response)]

    def error(
        self, rejected: Rejected, *, request_id: str, model: str, wait: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Return the error object."""
        status, error = error_object(rejected, model)
        return status, {"error": error}

    def error_event(self, kind: ErrorKind, *, request_id: str, model: str) -> Event:
        """Return an error event."""
        form = form_of(ERRORS, kind)
        message = form.message.replace("{model}", model)
        return _event("error", 1, code=form.code or form.type, message=message, param=form.param)

    def ping(self) -> bytes:
        """Return a comment: the protocol has no pings."""
        return b": ping\n\n"

    def headers(self, *, request_id: str, limits: Limits | None) -> list[tuple[str, str]]:
        """Return the request id and where the account stands."""
        return account_headers(request_id, limits)


def _event(kind: str, number: int, /, **fields: Any) -> Event:
    return Event({"type": kind, "sequence_number": number, **fields}, kind)


def _messages(body: dict[str, Any]) -> tuple[Message, ...]:
    said = body["input"]
    items = [{"role": "user", "content": said}] if isinstance(said, str) else said
    messages = [
        Message(role=item["role"], text=content_text(item["content"]))
        for item in items
        if item.get("type", "message") == "message"
    ]
    if body.get("instructions"):
        messages.insert(0, Message(role="system", text=body["instructions"]))
    if not messages:
        raise Rejected("bad_request", "Invalid 'input': at least one message is required.", param="input")
    return tuple(messages)


def _place(reply: Reply) -> dict[str, Any]:
    index = int(bool(reply.answer.thinking))
    return {"item_id": reply.identifier("msg_"), "output_index": index, "content_index": 0}


def _start_message(reply: Reply, part: dict[str, Any]) -> list[Event]:
    place = _place(reply)
    item: dict[str, Any] = {
        "id": place["item_id"],
        "type": "message",
        "status": "in_progress",
        "role": "assistant",
        "content": [],
    }
    return [
        _event("response.output_item.added", 4, output_index=place["output_index"], item=item),
        _event("response.content_part.added", 5, **place, part=part),
    ]


def _status(reply: Reply) -> tuple[str, dict[str, Any] | None]:
    match reply.answer.finish:
        case "length" | "context_window":
            return "incomplete", {"reason": "max_output_tokens"}
        case "refusal" if reply.answer.text:
            return "incomplete", {"reason": "content_filter"}
        case "failed":
            return "failed", None
        case _:
            return "completed", None


def _reasoning(reply: Reply) -> dict[str, Any]:
    return {"id": reply.identifier("rs_"), "type": "reasoning", "summary": []}


def _message(reply: Reply) -> dict[str, Any]:
    text: dict[str, Any] = {"type": "output_text", "text": reply.answer.text, "annotations": [], "logprobs": []}
    refused = reply.answer.finish == "refusal" and not reply.answer.text
    return {
        "id": reply.identifier("msg_"),
        "type": "message",
        "status": "completed" if _status(reply)[0] == "completed" else "incomplete",
        "role": "assistant",
        "content": [{"type": "refusal", "refusal": _REFUSAL} if refused else text],
    }


def _output(reply: Reply) -> list[dict[str, Any]]:
    output = [_reasoning(reply)] if reply.answer.thinking else []
    if reply.answer.text or reply.answer.finish in ("refusal", "stop"):
        output.append(_message(reply))
    return output


def _response(
    reply: Reply, status: str, details: dict[str, Any] | None, *, output: list[dict[str, Any]], usage: bool
) -> dict[str, Any]:
    body = reply.asked.body
    return {
        "id": reply.identifier("resp_"),
        "object": "response",
        "created_at": reply.created,
        "status": status,
        "background": False,
        "error": {"code": "server_error", "message": ERRORS["server"].message} if status == "failed" else None,
        "incomplete_details": details,
        "instructions": body.get("instructions"),
        "max_output_tokens": reply.asked.max_tokens,
        "model": reply.asked.model,
        "output": output,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "prompt_cache_key": body.get("prompt_cache_key"),
        "reasoning": {"effort": None, "summary": None},
        "service_tier": "default",
        "store": body.get("store", True),
        "temperature": 1.0,
        "text": body.get("text") or {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": _usage(reply) if usage and reply.answer.usage else None,
        "metadata": {},
    }


def _usage(reply: Reply) -> dict[str, Any]:
    usage = reply.usage
    return {
        "input_tokens": usage.input,
        "input_tokens_details": {"cached_tokens": usage.cached, "cache_write_tokens": 0},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.thinking},
        "total_tokens": usage.input + usage.output,
    }
