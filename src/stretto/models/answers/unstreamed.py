"""Tells an answer that came in one piece as the stream that was asked for, in each protocol. No I/O."""

import json
from collections.abc import Iterator
from typing import Any, cast

Json = dict[str, Any]


def to_events(answer: Json) -> Iterator[bytes]:
    """Yield the server-sent events of a whole answer; none for what is no answer of a known protocol."""
    if isinstance(answer.get("choices"), list):
        yield _event(_chunk(answer))
        yield b"data: [DONE]\n\n"
    elif "candidates" in answer or "promptFeedback" in answer:
        yield _event(answer)
    elif isinstance(answer.get("content"), list):
        yield from map(_named, _message(answer))
    elif isinstance(answer.get("output"), list):
        for number, event in enumerate(_response(answer)):
            yield _named(event | {"sequence_number": number})


def _event(data: Json) -> bytes:
    return f"data: {json.dumps(data)}\n\n".encode()


def _named(data: Json) -> bytes:
    return f"event: {data['type']}\n".encode() + _event(data)


def _chunk(completion: Json) -> Json:
    """Return a Chat Completion as its only chunk."""
    choices: list[Json] = []
    for choice in cast("list[Json]", completion["choices"]):
        words = choice.get("delta") or choice.get("message") or {"content": choice.get("text")}
        choices.append({name: value for name, value in choice.items() if name != "message"} | {"delta": words})
    return completion | {"object": "chat.completion.chunk", "choices": choices}


def _message(message: Json) -> Iterator[Json]:
    """Yield the events of a message of Anthropic's."""
    yield {"type": "message_start", "message": message | {"content": [], "stop_reason": None}}
    for index, block in enumerate(cast("list[Json]", message["content"])):
        # What comes in pieces begins empty.
        empty = {name: "" if name in ("text", "thinking", "signature") else value for name, value in block.items()}
        yield {"type": "content_block_start", "index": index, "content_block": empty}
        for name in ("text", "thinking", "signature"):
            if block.get(name):
                delta = {"type": f"{name}_delta", name: block[name]}
                yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    ended = {"stop_reason": message.get("stop_reason"), "stop_sequence": message.get("stop_sequence")}
    yield {"type": "message_delta", "delta": ended, "usage": message.get("usage")}
    yield {"type": "message_stop"}


def _response(response: Json) -> Iterator[Json]:
    """Yield the events of a Response: its text, and its end with all the rest."""
    status = response.get("status")
    yield {"type": "response.created", "response": response | {"output": [], "status": "in_progress", "usage": None}}
    for place, item in enumerate(response["output"]):
        if item.get("type") != "message":
            continue
        yield {"type": "response.output_item.added", "output_index": place, "item": item | {"content": []}}
        for index, part in enumerate(item.get("content") or ()):
            where = {"item_id": item.get("id"), "output_index": place, "content_index": index}
            yield {"type": "response.content_part.added", **where, "part": part | {"text": ""}}
            if part.get("text"):
                yield {"type": "response.output_text.delta", **where, "delta": part["text"], "logprobs": ()}
    kind = status if status in ("incomplete", "failed") else "completed"
    yield {"type": f"response.{kind}", "response": response}
