"""Calls of real SDKs against a scripted provider: what is sent, what comes back, what is refused."""

import asyncio
import gc
import json
import threading
from decimal import Decimal

import anyio
import pytest
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart
from pydantic_ai.models.function import AgentInfo
from pydantic_ai.models.function import FunctionModel as PydanticFunctionModel
from pydantic_ai.models.test import TestModel as PydanticTestModel
from pydantic_ai.profiles import ModelProfile

from stretto.core.errors import ModelError
from stretto.core.models import Finish, Model, ModelReply, ModelRequest, Turn
from stretto.core.usage import FREE, UNKNOWN_COST, Usage
from stretto.models import open_model
from stretto.models.calls import http_clients as clients
from tests.models.conftest import KEYS

pytestmark = pytest.mark.anyio

PIECES = ["Hel", "lo wor", "ld"]


def _open_on(server, protocol) -> Model:
    return open_model(protocol.spec, base_url=protocol.url(server), keys=KEYS)


async def _ask(model: Model, request: ModelRequest, streamed: bool) -> tuple[ModelReply, list[str]]:
    told: list[str] = []
    return await model.respond(request, told.append if streamed else None), told


@pytest.mark.parametrize(("word", "finish"), [("stop", "stop"), ("length", "length"), ("refusal", "refusal")])
async def test_every_protocol_answers(server, protocol, streamed, make_request, word: str, finish: Finish):
    """Text, end, usage with cached tokens and cost come through on every protocol, streamed and not."""
    server.script = [protocol.reply(PIECES, getattr(protocol, word), streamed=streamed)]
    reply, told = await _ask(_open_on(server, protocol), make_request(), streamed)
    assert reply.text == "Hello world"
    assert told == (PIECES if streamed else [])
    assert reply.finish == finish
    assert reply.usage
    assert (reply.usage.input_tokens, reply.usage.output_tokens, reply.usage.calls) == (2130, 40, 1)
    assert reply.usage.cache_read_tokens == 2000
    assert reply.cost.complete
    assert Decimal(0) < reply.cost.usd < Decimal("0.01")
    assert reply.model.startswith(protocol.spec.partition(":")[2])


async def test_a_stream_without_its_end_is_refused(server, protocol, make_request):
    """A stream that closes cleanly without the provider's finish signal is "cut", however much text came."""
    server.script = [protocol.stream(PIECES, None)]
    told: list[str] = []
    with pytest.raises(ModelError, match="without its end being said") as caught:
        await _open_on(server, protocol).respond(make_request(), told.append)
    assert caught.value.kind == "cut"
    assert caught.value.retryable
    assert told == PIECES


@pytest.mark.parametrize("name", ["anthropic", "responses", "gemini"])
async def test_a_whole_answer_without_its_end_is_refused(server, protocols, make_request, name: str):
    """An unstreamed answer that does not say how it ended is "cut" too."""
    server.script = [protocols[name].whole("Hello", None)]
    with pytest.raises(ModelError) as caught:
        await _open_on(server, protocols[name]).respond(make_request())
    assert caught.value.kind == "cut"


async def test_a_whole_chat_completion_needs_no_finish_reason(server, protocols, make_request):
    """Some local servers leave it out of an unstreamed answer, whose JSON is whole by itself."""
    server.script = [protocols["chat"].whole("Hello", None)]
    reply = await _open_on(server, protocols["chat"]).respond(make_request())
    assert (reply.text, reply.finish) == ("Hello", "stop")


async def test_a_lost_connection_is_told_apart_from_an_end(server, protocol, streamed, make_request):
    """A connection that breaks inside the answer is an error, and no half answer counts."""
    reply = protocol.reply(PIECES, protocol.stop, streamed=streamed)
    reply.end = "abort"
    reply.chunks = reply.chunks[:-2] if streamed else [reply.chunks[0][:10]]
    server.script = [reply]
    with pytest.raises(ModelError, match="connection was lost") as caught:
        await _ask(_open_on(server, protocol), make_request(), streamed)
    assert caught.value.kind == "connection"
    assert "peer closed" in str(caught.value)


@pytest.mark.parametrize("limits", [{"gap_timeout": 0.2}, {"timeout": 0.2}], ids=["gap", "whole"])
async def test_a_stalled_stream_times_out(server, protocol, make_request, limits: dict[str, float]):
    """Silence inside a stream ends at the gap limit, and every call at its own limit."""
    reply = protocol.stream(PIECES, protocol.stop)
    reply.chunks, reply.end = reply.chunks[:-2], "stall"
    server.script = [reply]
    with pytest.raises(ModelError, match="no answer in time") as caught:
        await _open_on(server, protocol).respond(make_request(**limits), [].append)
    assert caught.value.kind == "timeout"


async def test_the_gap_limit_does_not_end_an_answer_in_one_piece(server, protocols, make_request):
    """An unstreamed answer is silence until it is there, so only the whole limit counts for it."""
    late = protocols["chat"].whole("Late", "stop")
    late.end = "stall"
    server.script = [late]
    with anyio.move_on_after(0.6) as scope:
        await _open_on(server, protocols["chat"]).respond(make_request(gap_timeout=0.05))
    assert scope.cancelled_caught


async def test_a_broken_event_is_never_skipped(server, protocol, make_request):
    """One event of a stream that is not JSON fails the call; text is never lost in silence."""
    reply = protocol.stream(PIECES, protocol.stop)
    reply.chunks.insert(-4, b"event: content_block_delta\ndata: {broken\n\n")
    server.script = [reply]
    with pytest.raises(ModelError) as caught:
        await _open_on(server, protocol).respond(make_request(), [].append)
    assert caught.value.kind == "protocol"


async def test_the_sdk_makes_no_retries(server, protocol, streamed, make_request):
    """One request is one request on the wire: retries are the engine's alone."""
    server.say(protocol.error("busy", "server_error"), 500)
    with pytest.raises(ModelError):
        await _ask(_open_on(server, protocol), make_request(), streamed)
    assert len(server.requests) == 1


@pytest.mark.parametrize("name", ["chat", "responses", "anthropic"])
async def test_no_client_is_copied_for_a_call(name, server, protocols, streamed, make_request, monkeypatch):
    """A copy would set itself up anew with each call, in a thread."""
    for kind in (AsyncOpenAI, AsyncAnthropic):
        monkeypatch.delattr(kind, "with_options")
    protocol = protocols[name]
    server.script = [protocol.stream(PIECES, protocol.stop) if streamed else protocol.whole("x", protocol.stop)]
    reply, _ = await _ask(_open_on(server, protocol), make_request(), streamed)
    assert reply.text


async def test_the_limit_on_tokens_is_sent(server, protocol, make_request):
    """`max_output_tokens` reaches every provider under its own name."""
    server.script = [protocol.whole("x", protocol.stop)]
    await _open_on(server, protocol).respond(make_request(max_output_tokens=321))
    assert "321" in json.dumps(server.requests[0].body)


async def test_the_prefix_comes_first_and_is_marked_for_the_cache(server, protocols, make_request):
    """One user message: prefix, cache mark, prompt; the system prompt apart."""
    server.script = [protocols["anthropic"].whole("x", "end_turn")]
    await _open_on(server, protocols["anthropic"]).respond(make_request(prefix="Shared.", system="Be brief."))
    body = server.requests[0].body
    [message] = body["messages"]
    first, second = message["content"]
    assert (first["text"], first["cache_control"]["type"]) == ("Shared.", "ephemeral")
    assert second == {"type": "text", "text": "Write it."}
    assert "Be brief." in json.dumps(body["system"])


async def test_without_a_prefix_nothing_is_marked(server, protocols, make_request):
    """There is no cache mark without a prefix, and no system prompt when it is empty."""
    server.script = [protocols["anthropic"].whole("x", "end_turn")]
    await _open_on(server, protocols["anthropic"]).respond(make_request())
    assert "cache_control" not in json.dumps(server.requests[0].body)
    assert "system" not in server.requests[0].body


@pytest.mark.parametrize(("spec", "name"), [("openai:gpt-6-luna", "responses"), ("openai-chat:gpt-6-luna", "chat")])
async def test_openais_newest_models_cache_the_prefix_and_nothing_else(
    server, protocols, make_request, spec: str, name: str
):
    """These look for a cached beginning at marks only, and would bill a mark of their own at the end."""
    server.script = [protocols[name].whole("x", protocols[name].stop)]
    await open_model(spec, base_url=f"{server.url}/v1", keys=KEYS).respond(make_request(prefix="Shared."))
    body = server.requests[0].body
    assert body["prompt_cache_options"] == {"mode": "explicit"}
    [message] = body.get("input") or body["messages"]
    first, second = message["content"]
    assert (first["text"], first["prompt_cache_breakpoint"]) == ("Shared.", {"mode": "explicit"})
    assert "prompt_cache_breakpoint" not in second


@pytest.mark.parametrize("name", ["responses", "chat", "gemini"])
async def test_models_that_cache_by_themselves_are_sent_no_mark(server, protocols, make_request, name: str):
    """Where a repeated beginning is found without a mark, none is sent."""
    server.script = [protocols[name].whole("x", protocols[name].stop)]
    await _open_on(server, protocols[name]).respond(make_request(prefix="Shared."))
    assert "cache" not in json.dumps(server.requests[0].body)


async def test_turns_are_replayed_in_order(server, protocols, make_request):
    """Answers come back as the assistant's; where there was none, what was said follows in the same message."""
    server.script = [protocols["chat"].whole("x", "stop")]
    turns = (Turn(answer="", reply="Again."), Turn(answer="Bad.", reply="Better."), Turn(answer="", reply="Please."))
    await _open_on(server, protocols["chat"]).respond(make_request(prefix="P.", turns=turns, system="S."))

    def texts(content: object) -> list[str]:
        return [content] if isinstance(content, str) else [part["text"] for part in content]  # type: ignore[attr-defined]

    sent = [(message["role"], texts(message["content"])) for message in server.requests[0].body["messages"]]
    assert sent == [
        ("system", ["S."]),
        ("user", ["P.\n\nWrite it.\n\nAgain."]),
        ("assistant", ["Bad."]),
        ("user", ["Better.\n\nPlease."]),
    ]


SCHEMA = {
    "type": "object",
    "properties": {"analysis": {"type": "string"}},
    "required": ["analysis"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("chat", "response_format"),
        ("responses", "text"),
        ("anthropic", "output_config"),
        ("gemini", "generationConfig"),
    ],
)
async def test_a_schema_becomes_native_structured_output(server, protocols, make_request, name: str, field: str):
    """Where the model has structured output of its own, the schema is sent that way."""
    protocol = protocols[name]
    server.script = [protocol.whole('{"analysis": "a"}', protocol.stop)]
    reply = await _open_on(server, protocol).respond(make_request(schema=SCHEMA))
    assert json.loads(reply.text) == {"analysis": "a"}
    assert "analysis" in json.dumps(server.requests[0].body[field])


async def test_a_schema_is_left_out_where_it_is_not_supported(make_request):
    """A model without structured output is asked in words only."""
    plain = PydanticTestModel(custom_output_text="ok", profile=ModelProfile(supports_json_schema_output=False))
    await open_model(plain).respond(make_request(schema=SCHEMA))
    assert plain.last_model_request_parameters
    assert plain.last_model_request_parameters.output_object is None


async def test_thinking_is_not_text(server, protocols, make_request):
    """Thinking reaches neither the watcher nor the reply, on any way to send it."""
    chat = protocols["chat"]
    thoughts = [chat.chunk({"reasoning_content": "secret"}), chat.chunk({"content": "Open."}), chat.chunk({}, "stop")]
    server.stream(*thoughts)
    reply, told = await _ask(_open_on(server, chat), make_request(), streamed=True)
    assert (reply.text, told) == ("Open.", ["Open."])


async def test_thinking_in_tags_is_not_text(server, protocols, make_request):
    """Models that think in tags inside the text are told from those that answer; pieces and whole agree."""
    chat = protocols["chat"]
    pieces = ["<think>", "secret", "</think>", "\n\nOpen", " and", " whole.\n"]
    server.stream(*(chat.chunk({"content": piece}) for piece in pieces), chat.chunk({}, "stop"))
    model = open_model("ollama:deepseek-r1", base_url=server.url)
    reply, told = await _ask(model, make_request(), streamed=True)
    assert "secret" not in reply.text
    assert "".join(told) == reply.text
    assert reply.text.strip() == "Open and whole."


@pytest.mark.parametrize("pieces", [["<think>", "hm", "</think>\n\nOpen."], ["<thi", "nk>hm</th", "ink>Open."]])
async def test_thinking_that_ends_within_a_piece_hides_nothing(server, protocols, make_request, pieces: list[str]):
    """Where a server sends several tokens at once, the answer behind the tags is found all the same."""
    server.script = [protocols["chat"].stream(pieces, "stop")]
    reply, told = await _ask(_open_on(server, protocols["chat"]), make_request(), streamed=True)
    assert (reply.text.strip(), "".join(told)) == ("Open.", reply.text)


async def test_thinking_without_an_end_stays_in_its_tag(server, protocols, streamed, make_request):
    """An answer that never stops thinking is handed on as it is, so that nobody takes the thoughts for the text."""
    server.script = [protocols["chat"].reply(["<think>", "hm hm"], "stop", streamed=streamed)]
    reply, told = await _ask(_open_on(server, protocols["chat"]), make_request(), streamed)
    assert (reply.text, told) == ("<think>hm hm", [])


async def test_gemini_may_stream_in_any_form_of_the_standard(server, protocols, make_request):
    """Comments, other fields, no space behind a colon, and characters that end a line only for some readers."""
    text = "a\u2028b\u2029c\u0085d"
    reply = protocols["gemini"].stream([text], "STOP")
    loose = json.dumps(json.loads(reply.chunks[0].removeprefix(b"data: ")), ensure_ascii=False)
    reply.chunks[0] = f": hold on\n\nid: 1\nevent: message\nretry: 5\ndata:{loose}\n\n".encode()
    reply.chunks = [bytes([byte]) for byte in b"".join(reply.chunks)]
    server.script = [reply]
    answer, _ = await _ask(_open_on(server, protocols["gemini"]), make_request(), streamed=True)
    assert answer.text == text


async def test_a_long_answer_need_not_be_streamed(server, protocols, make_request):
    """A high limit on tokens is no reason for the SDK to refuse the call."""
    server.script = [protocols["anthropic"].whole("x", "end_turn")]
    reply = await _open_on(server, protocols["anthropic"]).respond(make_request(max_output_tokens=64_000, timeout=60.0))
    assert reply.text == "x"


async def test_usage_that_was_not_reported_is_unknown(server, protocols, make_request):
    """A stream without usage has no usage and an unknown cost, never zero."""
    chat = protocols["chat"]
    server.stream(chat.chunk({"content": "Hi"}), chat.chunk({}, "stop"))
    reply, _ = await _ask(_open_on(server, chat), make_request(), streamed=True)
    assert reply.usage is None
    assert reply.cost == UNKNOWN_COST


async def test_usage_that_cannot_be_is_unknown(server, protocols, make_request):
    """Less than no tokens is no measure: the call counts as one without usage."""
    server.script = [protocols["chat"].whole("Hi", "stop")]
    body = json.loads(server.script[0].chunks[0])
    body["usage"] = {"prompt_tokens": 5, "completion_tokens": -7, "total_tokens": -2}
    server.script[0].chunks = [json.dumps(body).encode()]
    reply = await _open_on(server, protocols["chat"]).respond(make_request())
    assert (reply.text, reply.usage) == ("Hi", None)


async def test_a_text_that_is_null_is_the_providers_fault(server, protocols, make_request):
    """A field of another type than the protocol's fails the call as unreadable, not as a bug of ours."""
    server.say(protocols["anthropic"].message([{"type": "text", "text": None}], "end_turn"))
    with pytest.raises(ModelError) as caught:
        await _open_on(server, protocols["anthropic"]).respond(make_request())
    assert (caught.value.kind, caught.value.retryable) == ("protocol", True)


async def test_openrouters_own_charge_is_the_cost(server, protocols, make_request):
    """What OpenRouter says it charged counts before any price list."""
    router = protocols["openrouter"]
    answer = router.whole("Hi", "stop")
    body = json.loads(answer.chunks[0])
    body["usage"] = {**body["usage"], "cost": 0.25}
    server.say(body)
    reply = await _open_on(server, router).respond(make_request())
    assert reply.cost.usd == Decimal("0.25")


async def test_a_local_ollama_costs_nothing(server, protocols, make_request):
    """Ollama on this machine is free, and its address needs no /v1."""
    server.script = [protocols["chat"].whole("Hi", "stop")]
    model = open_model("ollama:llama3.2", base_url=server.url)
    reply = await model.respond(make_request())
    assert reply.cost == FREE
    assert model.price(Usage(input_tokens=9, output_tokens=9)) == FREE
    assert server.requests[0].path == "/v1/chat/completions"


async def test_a_model_without_a_known_price_is_unknown(server, protocols, make_request):
    """A model of one's own behind a base URL has an unknown cost."""
    server.script = [protocols["chat"].whole("Hi", "stop")]
    answer = json.loads(server.script[0].chunks[0]) | {"model": "my-own"}
    server.script = []
    server.say(answer)
    model = open_model("openai-chat:my-own", base_url=f"{server.url}/v1")
    reply = await model.respond(make_request())
    assert reply.usage
    assert reply.cost == UNKNOWN_COST == model.price(reply.usage)
    assert server.requests[0].headers["authorization"] == "Bearer no-key"


async def test_what_the_watcher_raises_is_not_the_providers_error(server, protocols, make_request):
    """An exception of the watcher comes out as it is."""
    server.script = [protocols["chat"].stream(PIECES, "stop")]

    def watch(text: str) -> None:
        raise LookupError(text)

    with pytest.raises(LookupError, match="Hel"):
        await _open_on(server, protocols["chat"]).respond(make_request(), watch)


async def test_cancelling_closes_the_connection(server, protocol, make_request):
    """A cancelled call leaves no request open."""
    reply = protocol.stream(PIECES, protocol.stop)
    reply.chunks, reply.end = reply.chunks[:-2], "stall"
    server.script = [reply]
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_open_on(server, protocol).respond, make_request(), [].append)
        await server.waiting.wait()
        tasks.cancel_scope.cancel()
    await server.left.wait()


async def test_connections_are_reused(server, protocols, make_request):
    """Calls that follow one another share a connection."""
    server.script = [protocols["chat"].whole(text, "stop") for text in "abc"]
    model = _open_on(server, protocols["chat"])
    for _ in range(3):
        await model.respond(make_request())
    assert {received.connection for received in server.requests} == {1}


async def test_calls_at_once_open_one_client(server, protocols, make_request):
    """Calls that start together on a fresh model all succeed."""
    server.script = [protocols["chat"].whole("x", "stop") for _ in range(5)]
    model = _open_on(server, protocols["chat"])
    texts: list[str] = []

    async def call() -> None:
        texts.append((await model.respond(make_request())).text)

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(call)
    assert texts == ["x"] * 5


async def test_one_model_serves_several_loops(server, protocols, make_request):
    """A model works on one loop after the other and on two at once, and leaves no socket open."""
    server.script = [protocols["chat"].whole(text, "stop") for text in "abcd"]
    model = _open_on(server, protocols["chat"])
    texts: list[str] = []

    def run() -> None:
        texts.append(asyncio.run(model.respond(make_request())).text)

    await model.respond(make_request())
    for _ in range(2):
        thread = threading.Thread(target=run)
        thread.start()
        await asyncio.to_thread(thread.join)
    await model.respond(make_request())
    assert texts == ["b", "c"]


async def test_a_users_model_serves_several_loops(server, make_request):
    """A pydantic-ai model of the user's works on one loop after the other too."""
    model = open_model(PydanticTestModel(custom_output_text="ok"))
    texts = [(await model.respond(make_request())).text]
    thread = threading.Thread(target=lambda: texts.append(asyncio.run(model.respond(make_request())).text))
    thread.start()
    await asyncio.to_thread(thread.join)
    assert texts == ["ok", "ok"]


async def test_a_model_that_is_dropped_closes_its_connections(server, protocols, make_request, monkeypatch):
    """On a loop that lives on, the connections of a model that is gone are closed."""
    monkeypatch.setattr(clients, "_MOMENT", 0.0)
    server.script = [protocols["chat"].whole("x", "stop")]
    model = _open_on(server, protocols["chat"])
    await model.respond(make_request())
    del model
    gc.collect()
    await server.left.wait()


async def test_a_call_that_cannot_begin_does_not_block_the_next(make_request):
    """When entering the model fails, the failure is told and the next call tries again."""

    class Unready(PydanticTestModel):
        tries = 0

        async def __aenter__(self):
            self.tries += 1
            if self.tries == 1:
                raise OSError("no route")
            return await super().__aenter__()

    model = open_model(Unready(custom_output_text="ok"))
    with pytest.raises(ModelError, match="no route") as caught:
        await model.respond(make_request())
    assert caught.value.kind == "connection"
    assert (await model.respond(make_request())).text == "ok"


async def test_a_pydantic_ai_model_is_taken_as_it_is(make_request, streamed):
    """A model object made of a function answers through the same port; it reports no end, and needs none."""

    def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        return ModelResponse(parts=[TextPart("made")])

    async def stream(messages: list[ModelMessage], info: AgentInfo):
        yield "ma"
        yield "de"

    model = open_model(PydanticFunctionModel(answer, stream_function=stream, model_name="mine"))
    reply, told = await _ask(model, make_request(prefix="P."), streamed)
    assert model.name == "function:mine"
    assert (reply.text, reply.finish) == ("made", "stop")
    assert told == (["ma", "de"] if streamed else [])
    assert reply.cost == UNKNOWN_COST


async def test_a_model_object_keeps_its_own_settings_apart(make_request):
    """A setting that a model ignores is not sent to it, so it does not warn."""

    class Plain(PydanticTestModel):
        unsupported_settings = frozenset({"max_retries", "timeout"})

    assert (await open_model(Plain(custom_output_text="ok")).respond(make_request())).text == "ok"


def test_a_quote_is_priced_per_call():
    """Many short calls pay the price of short calls, also where long ones cost more."""
    model = open_model("anthropic:claude-sonnet-4-5", keys=KEYS)
    one = model.price(Usage(input_tokens=150_000, output_tokens=1000, calls=1))
    ten = model.price(Usage(input_tokens=1_500_000, output_tokens=10_000, calls=10))
    assert one.complete
    assert ten.usd == one.usd * 10
    cached = model.price(Usage(input_tokens=150_000, cache_read_tokens=150_000, output_tokens=1000))
    assert cached.usd < one.usd
