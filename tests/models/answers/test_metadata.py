"""Text and finish reason decide: oddities in what stands beside them cost nobody the answer, streamed or not."""

import json
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest

from stretto.core.errors import ModelError
from stretto.core.models import ModelReply
from stretto.models import open_model
from tests.models.conftest import KEYS, PROTOCOLS, Json, Protocol, Reply, Server

pytestmark = pytest.mark.anyio

PIECES = ["Hel", "lo wor", "ld"]
ABSENT = object()
ODD: dict[str, object] = {"absent": ABSENT, "null": None, "number": 7, "text": "x", "list": [1], "object": {"a": 1}}
COUNTS = {
    "anthropic": ("input_tokens", "output_tokens"),
    "chat": ("prompt_tokens", "completion_tokens"),
    "openrouter": ("prompt_tokens", "completion_tokens"),
    "responses": ("input_tokens", "output_tokens"),
    "gemini": ("promptTokenCount", "candidatesTokenCount"),
}
BESIDE = {
    "anthropic": (
        *("id", "type", "role", "model", "stop_sequence", "stop_details", "container", "context_management"),
        *("input_transformations", "diagnostics", "index", "citations", "service_tier"),
    ),
    "chat": (
        *("id", "object", "created", "model", "system_fingerprint", "service_tier", "moderation", "metadata"),
        *("index", "logprobs", "role", "refusal", "annotations", "audio", "function_call", "reasoning", "provider"),
        *("reasoning_content", "x_groq", "prompt_logprobs", "stop_reason", "timings"),
    ),
    "responses": (
        *("id", "object", "created_at", "model", "role", "service_tier", "background", "conversation", "moderation"),
        *("incomplete_details", "prompt_cache_diagnostics", "annotations", "logprobs", "phase", "sequence_number"),
        *("item_id", "output_index", "content_index", "parallel_tool_calls", "tool_choice", "tools", "metadata"),
        *("reasoning", "temperature", "truncation", "store", "user"),
    ),
    "gemini": (
        *("responseId", "modelVersion", "createTime", "modelStatus", "index", "tokenCount", "safetyRatings"),
        *("avgLogprobs", "logprobsResult", "citationMetadata", "groundingMetadata", "urlContextMetadata", "role"),
        *("finishMessage", "promptFeedback", "somethingNew"),
    ),
}
BESIDE["openrouter"] = (*BESIDE["chat"], "native_finish_reason", "reasoning_details")


def _edited(reply: Reply, edit: Callable[[Json], None]) -> Reply:
    """Return a reply with every JSON object in it, at any depth, passed through `edit`."""
    reply.chunks = [_edit_chunk(chunk, edit) for chunk in reply.chunks]
    return reply


def _edit_chunk(chunk: bytes, edit: Callable[[Json], None]) -> bytes:
    head, mark, data = chunk.rpartition(b"data: ")
    if b"{" not in data:
        return chunk
    body = json.loads(data)
    for place in list(_objects(body)):
        edit(place)
    return head + mark + json.dumps(body).encode() + (b"\n\n" if mark else b"")


def _objects(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
        for inner in list(value.values()):
            yield from _objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner)


def _put(place: Json, field: str, odd: object) -> None:
    if odd is ABSENT:
        place.pop(field, None)
    else:
        place[field] = odd


class Asker:
    """Has one model give the same answer whole and streamed, edited in the same way. Opening a model takes a while."""

    def __init__(self, server: Server, protocol: Protocol, make_request: Any) -> None:
        self._server = server
        self._protocol = protocol
        self._make_request = make_request
        self._model = open_model(protocol.spec, base_url=protocol.url(server), keys=KEYS)

    async def ask(self, edit: Callable[[Json], None]) -> list[ModelReply | str]:
        """Return both replies, or in place of one what went wrong."""
        return [await self._answer(edit, streamed=streamed) for streamed in (False, True)]

    async def _answer(self, edit: Callable[[Json], None], *, streamed: bool) -> ModelReply | str:
        self._server.script = [_edited(self._protocol.reply(PIECES, self._protocol.stop, streamed=streamed), edit)]
        try:
            return await self._model.respond(self._make_request(), [].append if streamed else None)
        except ModelError as error:
            return f"{error.message} {error.__cause__!r}"[:300]


@pytest.fixture(params=list(PROTOCOLS))
def name(request: pytest.FixtureRequest) -> str:
    """Each protocol in turn."""
    return request.param


@pytest.fixture
def asker(server: Server, make_request: Any, name: str) -> Asker:
    """Who asks in this protocol."""
    return Asker(server, PROTOCOLS[name], make_request)


def _same(replies: list[ModelReply | str], *, output: int | None) -> bool:
    """Whether both are the whole answer with the same usage, and how much of it was written is as it should be."""
    whole, streamed = replies
    return (
        isinstance(whole, ModelReply)
        and whole == streamed
        and (whole.text, whole.finish) == ("".join(PIECES), "stop")
        and (whole.usage.output_tokens if whole.usage else None) == output
    )


def _is_place(name: str, place: Json, field: str) -> bool:
    """Whether a field that the answer does not have belongs here."""
    if field in place:
        # What says of which kind an event is, or a block of it, is no metadata; nor is a refusal in words.
        return field != "type" or place[field] == "message"
    if field in ("annotations", "logprobs", "citations") and "text" in place:
        return True
    beside = {"anthropic": "stop_reason", "responses": "status", "gemini": "finishReason"}.get(name, "finish_reason")
    inner = {"audio", "function_call", "reasoning", "reasoning_content", "refusal", "annotations", "reasoning_details"}
    if name in ("chat", "openrouter") and field in inner:
        return "content" in place
    return beside in place or (name in ("chat", "openrouter") and "choices" in place)


async def test_what_stands_beside_an_answer_costs_nobody_the_answer(asker: Asker, name: str):
    """A field that is missing, null or of any other type changes nothing, and both ways of asking agree."""
    wrong: dict[tuple[str, str], object] = {}
    for field, (label, odd) in product(BESIDE[name], ODD.items()):

        def edit(place: Json, field: str = field, odd: object = odd) -> None:
            if _is_place(name, place, field) and (field, odd) != ("refusal", "x"):
                _put(place, field, odd)

        replies = await asker.ask(edit)
        if not _same(replies, output=40):
            wrong[field, label] = replies
    assert not wrong


NO_USAGE = (ABSENT, None, {}, [], "x", 7, [{"a": 1}], {"a": "b"}, {"cost": "free"})


async def test_a_usage_that_is_none_is_unknown(asker: Asker):
    """Whatever stands in place of it, the answer counts, and what it took is not known."""
    wrong: dict[str, object] = {}
    for usage in NO_USAGE:

        def edit(place: Json, usage: object = usage) -> None:
            for field in ("usage", "usageMetadata"):
                if field in place:
                    _put(place, field, usage)

        replies = await asker.ask(edit)
        if not _same(replies, output=None):
            wrong[repr(usage)] = replies
    assert not wrong


NO_COUNT = (ABSENT, None, "40", 40.5, 40.0, True, [40], {}, -5, 10**30)


async def test_a_count_that_cannot_be_read_makes_the_usage_unknown(asker: Asker, name: str):
    """One of the two counts that a price is made of cannot be guessed: what was reserved stands."""
    wrong: dict[tuple[str, str], object] = {}
    for field, count in product(COUNTS[name], NO_COUNT):

        def edit(place: Json, field: str = field, count: object = count) -> None:
            if COUNTS[name][1] in place:
                _put(place, field, count)

        replies = await asker.ask(edit)
        if not _same(replies, output=None):
            wrong[field, repr(count)] = replies
    assert not wrong


MORE = (
    *("total_tokens", "totalTokenCount", "prompt_tokens_details", "input_tokens_details", "output_tokens_details"),
    *("completion_tokens_details", "cache_creation", "server_tool_use", "service_tier"),
    *("inference_geo", "iterations", "promptTokensDetails", "cost_details", "is_byok", "server_tool_use_details"),
    *("trafficType", "toolUsePromptTokensDetails", "speed", "something_new"),
)


async def test_what_else_is_counted_may_be_odd(asker: Asker, name: str):
    """The total, and how the tokens are made up, are read where they can be; the two counts stand all the same."""
    wrong: dict[tuple[str, str], object] = {}
    for field, (label, odd) in product(MORE, ODD.items()):

        def edit(place: Json, field: str = field, odd: object = odd) -> None:
            if COUNTS[name][1] in place:
                _put(place, field, odd)

        replies = await asker.ask(edit)
        if not _same(replies, output=40):
            wrong[field, label] = replies
    assert not wrong


@pytest.mark.parametrize("name", ["chat", "openrouter"], indirect=True)
async def test_a_usage_so_far_is_not_added_up(asker: Asker, name: str):
    """A server that reports what was used until now with every piece is paid what it says at the end."""

    def edit(place: Json) -> None:
        if "choices" in place:
            place["usage"] = PROTOCOLS[name].usage  # type: ignore[attr-defined]

    assert _same(await asker.ask(edit), output=40)


@pytest.mark.parametrize("name", ["chat", "openrouter"], indirect=True)
@pytest.mark.parametrize("last", [ABSENT, None, []], ids=["absent", "null", "empty"])
async def test_the_usage_may_come_without_choices(asker: Asker, last: object):
    """The chunk that brings the usage has no choices, however that is said."""

    def edit(place: Json) -> None:
        if place.get("choices") == []:
            _put(place, "choices", last)

    assert _same(await asker.ask(edit), output=40)
