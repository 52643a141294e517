"""How an answer ended is understood in whichever words it is said, in every protocol, streamed or not."""

import json
from itertools import product
from typing import Any

import pytest

from stretto import Orchestrator
from stretto.app.run_spec import from_spec, to_spec
from stretto.core.errors import ModelError
from stretto.core.task import Task
from stretto.engine import Job, RoleModels, RunSettings
from stretto.models import open_model
from tests.models.conftest import KEYS, PROTOCOLS, Json, Protocol, Reply, Server, make_request

pytestmark = pytest.mark.anyio

STOPS = (
    *(
        "stop",
        "STOP",
        "Stop",
        "stopped",
        "end",
        "eos",
        "EOS",
        "eos_token",
        "EOS_TOKEN",
        "end_turn",
        "END_TURN",
        "EndTurn",
    ),
    *(
        "endTurn",
        "end-turn",
        "end turn",
        "end_of_turn",
        "end_of_text",
        "stop_sequence",
        "stop_token",
        "stop_word",
        "</s>",
    ),
    *("<|im_end|>", "<|eot_id|>", "complete", "COMPLETE", "completed", "done", "finished", "success", "normal"),
    *("FINISH_REASON_STOP", "REASON_STOP", "stop_reason_end_turn"),
)
CUTS = (
    *("length", "LENGTH", "max_tokens", "MAX_TOKENS", "MaxTokens", "max-tokens", "max_output_tokens", "max_new_tokens"),
    *("max_completion_tokens", "max_length", "model_length", "token_limit", "limit", "truncated", "context_length"),
    *("length_limit", "FINISH_REASON_MAX_TOKENS", "REASON_MAX_LEN", "ERROR_LIMIT"),
)
FILTERS = (
    *(
        "content_filter",
        "CONTENT_FILTER",
        "content_filtered",
        "ContentFilter",
        "safety",
        "SAFETY",
        "refusal",
        "blocked",
    ),
    *(
        "sensitive",
        "guardrail_intervened",
        "moderation",
        "content_policy_violation",
        "ERROR_TOXIC",
        "FINISH_REASON_SAFETY",
    ),
)
UNKNOWN = ("all_said", "Übergabe", "写完了", "42", "x" * 300)


@pytest.fixture(params=list(PROTOCOLS))
def protocol(request: pytest.FixtureRequest) -> Protocol:
    """Each protocol in turn."""
    return PROTOCOLS[request.param]


def _ended(protocol: Protocol, word: object, *, streamed: bool) -> Reply:
    """Return an answer that ends with a word in place of the protocol's own."""
    reply = protocol.reply(["Hel", "lo"], protocol.stop, streamed=streamed)
    reply.chunks = [_with_end(chunk, word) for chunk in reply.chunks]
    return reply


def _with_end(chunk: bytes, word: object) -> bytes:
    head, mark, data = chunk.rpartition(b"data: ")
    if b"{" not in data:
        return chunk
    body = json.loads(data)
    inner: Json = body.get("response") or body
    for place in (inner, body.get("delta"), *body.get("choices", ()), *body.get("candidates", ())):
        for field in ("finish_reason", "stop_reason", "finishReason", "native_finish_reason"):
            if isinstance(place, dict) and place.get(field):
                place[field] = word
    if inner.get("status") == "completed":
        inner["status"] = word
    return head + mark + json.dumps(body).encode() + (b"\n\n" if mark else b"")


async def _finish_info(server: Server, protocol: Protocol, word: object, **options: Any) -> list[str]:
    """Return how the same answer ended when asked for whole and streamed."""
    model = options.pop("model", None) or open_model(protocol.spec, base_url=protocol.url(server), keys=KEYS, **options)
    finish_info: list[str] = []
    for streamed in (False, True):
        server.script = [_ended(protocol, word, streamed=streamed)]
        try:
            reply = await model.respond(make_request(), [].append if streamed else None)
            assert reply.text == "Hello"
            finish_info.append(reply.finish)
        except ModelError as error:
            finish_info.append(f"{error.kind}, {error.retryable}: {error}")
    return finish_info


@pytest.mark.filterwarnings("error")
async def test_an_end_is_understood_in_other_words(server, protocol: Protocol):
    """What means that the answer is whole, was cut or was held back does so in any case and punctuation."""
    model = open_model(protocol.spec, base_url=protocol.url(server), keys=KEYS)
    wrong: dict[str, object] = {}
    for words, finish in ((STOPS, "stop"), (CUTS, "length"), (FILTERS, "refusal")):
        for word in words:
            if (finish_info := await _finish_info(server, protocol, word, model=model)) != [finish, finish]:
                wrong[word] = finish_info
    assert not wrong


@pytest.mark.filterwarnings("error")
async def test_an_unknown_end_is_named_and_not_asked_for_again(server, protocol: Protocol):
    """The message has the word, the advice the setting; whoever ends one answer so ends all of them so."""
    model = open_model(protocol.spec, base_url=protocol.url(server), keys=KEYS)
    for word in UNKNOWN:
        for message in await _finish_info(server, protocol, word, model=model):
            assert message.startswith("cut, False"), message
            assert word[:60] in message
            assert "accept_finish_reasons" in message


async def test_an_unknown_end_can_be_accepted(server, protocol: Protocol):
    """In any case; what is known to be a cut stays one, also when somebody accepts it."""
    model = open_model(
        protocol.spec, base_url=protocol.url(server), keys=KEYS, accept_finish_reasons=["All said", "max_tokens"]
    )
    assert await _finish_info(server, protocol, "all_said", model=model) == ["stop", "stop"]
    assert await _finish_info(server, protocol, "max_tokens", model=model) == ["length", "length"]
    assert (await _finish_info(server, protocol, "something_else", model=model))[0].startswith("cut")


async def test_a_run_that_is_gone_on_with_accepts_what_it_accepted(server):
    """The words are kept with the run, so that another process reads its answers as the first one did."""
    protocol = PROTOCOLS["chat"]
    place: Any = {"base_url": protocol.url(server), "keys": KEYS}
    first = Orchestrator(model=protocol.spec, accept_finish_reasons=["all_said"], **place)
    spec = to_spec(_job(first), base_url=place["base_url"], accept_finish_reasons=["all_said"])
    again = from_spec("r", spec, own=None, own_settings=None, keys=KEYS, review=None, deltas=False)
    assert await _finish_info(server, protocol, "all_said", model=again.role_models.worker) == ["stop", "stop"]


def _job(orchestrator: Orchestrator) -> Job:
    model = open_model(orchestrator.models["worker"], base_url="http://localhost:8000/v1", keys=KEYS)
    role_models = RoleModels(orchestrator=model, worker=model, synthesis=model)
    settings = RunSettings(subtasks=(1, 2), max_subtasks=3)
    return Job(
        run_id="r", task=Task.of("t", {}), recipe=orchestrator.recipe, role_models=role_models, settings=settings
    )


@pytest.mark.parametrize(("name", "word"), list(product(["chat", "openrouter"], ["generating", "null", "progress"])))
async def test_a_word_in_every_chunk_is_no_end(server, name: str, word: str):
    """Gateways that put a word into every chunk are understood by the last one, also where the others are unknown."""
    protocol: Any = PROTOCOLS[name]
    pieces = [protocol.chunk({"content": piece}, word) for piece in ("Hel", "lo")]
    server.stream(*pieces, protocol.chunk({}, "stop"), protocol.chunk({}) | {"choices": [], "usage": protocol.usage})
    model = open_model(protocol.spec, base_url=protocol.url(server), keys=KEYS)
    reply = await model.respond(make_request(), [].append)
    assert (reply.text, reply.finish) == ("Hello", "stop")
