"""An event that is copied is the one that the SDK would have built."""

import copy
from typing import Any

import httpx2
import pytest
from anthropic import AsyncAnthropic
from anthropic.types import RawMessageStreamEvent
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionChunk
from openai.types.responses import ResponseStreamEvent

from stretto.models.answers.repeated_events import RepeatedEvents


def _chat(content: object = "a", **fields: object) -> dict[str, Any]:
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": None}
    return {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice], **fields}


def _anthropic(text: str, index: int = 0) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": text}}


def _responses(text: str, number: int, item: str = "i") -> dict[str, Any]:
    place = {"item_id": item, "output_index": 0, "content_index": 0, "logprobs": []}
    return {"type": "response.output_text.delta", "sequence_number": number, "delta": text, **place}


_FIRST = {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}
_LAST = {"index": 0, "delta": {"content": "z"}, "finish_reason": "stop"}
_TWO = [{"index": n, "delta": {"content": "z"}, "finish_reason": None} for n in (0, 1)]
STREAMS: dict[str, tuple[Any, Any, list[dict[str, Any]]]] = {
    "chat": (
        AsyncOpenAI,
        ChatCompletionChunk,
        [
            *(_chat(choices=[_FIRST]), _chat("a"), _chat("b"), _chat("c", usage={"total_tokens": 3}), _chat("d")),
            *(_chat("e", id="y"), _chat("f", id="y", extra={"k": [1]}), _chat(None), _chat(["g"]), _chat("h")),
            *(
                _chat(choices=_TWO),
                _chat(choices=[]),
                _chat(choices=None),
                _chat(choices=[_LAST]),
                _chat(choices=[_LAST]),
            ),
        ],
    ),
    "anthropic": (
        AsyncAnthropic,
        RawMessageStreamEvent,
        [_anthropic("a"), _anthropic("b"), _anthropic("c", 1), {"type": "message_stop"}, _anthropic("d", 1)],
    ),
    "responses": (
        AsyncOpenAI,
        ResponseStreamEvent,
        [_responses("a", 4), _responses("b", 5), _responses("c", 6, "j"), _responses("d", 7, "j")],
    ),
}


@pytest.mark.parametrize("name", STREAMS)
def test_what_is_copied_equals_what_is_built(name: str):
    """Whatever changes from one event to the next, and no event shares what a reader may change with another."""
    kind, cast_to, events = STREAMS[name]
    client: Any = kind(api_key="any")
    repeated, built = RepeatedEvents(), [0]

    def build(event: dict[str, Any]) -> Any:
        built[0] += 1
        return client._process_response_data(data=event, cast_to=cast_to, response=httpx2.Response(200))

    made: list[Any] = [repeated.build(one := copy.deepcopy(event), lambda one=one: build(one)) for event in events]
    assert built[0] < len(events)
    expected = [build(copy.deepcopy(one)) for one in events]
    assert made == expected
    assert [type(one) for one in made] == [type(one) for one in expected]
    for one in made:
        if getattr(one, "choices", None):
            one.choices[0].delta.content = one.choices[0].finish_reason = "changed"
    assert repeated.build(events[1], lambda: build(events[1])) == build(events[1])
