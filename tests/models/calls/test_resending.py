"""What a server refuses by name is left out, an output limit without room is lowered, and the call is made again."""

import json
from typing import Any

import pytest

from stretto.core.errors import ModelError
from stretto.core.models import ModelReply
from stretto.models import open_model
from tests.models.conftest import KEYS, PROTOCOLS, Json, Server, make_request

pytestmark = pytest.mark.anyio


def _openai(message: str, **fields: object) -> Json:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None, **fields}}


def _detail(*loc: object, msg: str = "Extra inputs are not permitted") -> Json:
    return {
        "detail": [{"type": "extra_forbidden", "loc": ["body", *loc], "msg": msg, "input": {"include_usage": True}}]
    }


def _vllm(text: str) -> Json:
    return {"object": "error", "message": text, "type": "BadRequestError", "param": None, "code": 400}


class Asked:
    """Has one model answer behind refusals, and keeps what was sent."""

    def __init__(self, server: Server, name: str, spec: str | None = None) -> None:
        self.server = server
        self.protocol = PROTOCOLS[name]
        self.model = open_model(spec or self.protocol.spec, base_url=self.protocol.url(server), keys=KEYS)

    async def ask(self, *refusals: object, status: int = 400, streamed: bool = True, **fields: Any) -> ModelReply:
        """Return the answer that follows the refusals."""
        for body in refusals:
            self.server.say(body, status)
        self.server.script.append(self.protocol.reply(["Hello"], self.protocol.stop, streamed=streamed))
        reply = await self.model.respond(make_request(**fields), [].append if streamed else None)
        assert not self.server.script
        return reply

    @property
    def sent(self) -> list[Json]:
        """The bodies that were sent."""
        return [request.body for request in self.server.requests]


STREAM_OPTIONS = [
    _openai("Unrecognized request argument supplied: stream_options"),
    _openai("Unsupported parameter: 'stream_options'", param="stream_options", code="unsupported_parameter"),
    _openai("bad request", param="stream_options.include_usage", code="unknown_parameter"),
    _openai("Validation error at #/stream_options: Extra inputs are not permitted"),
    _detail("stream_options"),
    _detail("stream_options", "include_usage"),
    _vllm("[{'type': 'extra_forbidden', 'loc': ('body', 'stream_options'), 'msg': 'Extra inputs are not permitted'}]"),
    {"error": "Extra inputs are not permitted, field: 'stream_options'"},
    {"message": 'json: unknown field "stream_options"'},
    {"detail": "body -> stream_options\n  Extra inputs are not permitted (type=extra_forbidden)"},
    {"stream_options": ["This field is not supported."]},
    {"code": 400, "msg": "stream_options: 不支持的参数"},
]


@pytest.mark.parametrize("status", [400, 422])
async def test_what_is_refused_by_name_is_left_out_once_for_a_server(server, status: int):
    """However it is said: the call is made again without it, and the next calls are made so at once."""
    for refusal in STREAM_OPTIONS:
        asked = Asked(server, "chat", "openai-chat:some-model")
        server.url += "/v1"  # Another address each time, so that nothing is known of it.
        asked = Asked(server, "chat", "openai-chat:some-model")
        server.requests.clear()
        assert (await asked.ask(refusal, status=status)).text == "Hello", refusal
        assert (await asked.ask()).text == "Hello"
        assert ["stream_options" in body for body in asked.sent] == [True, False, False], refusal
        assert {body["max_tokens"] for body in asked.sent} == {500}


async def test_several_things_are_left_out_one_after_the_other(server):
    """A server that names one field at a time is asked until nothing is left that it refuses."""
    asked = Asked(server, "chat", "openai-chat:gpt-4.1-mini")
    refusals = [_detail("stream_options"), _detail("prompt_cache_key"), _detail("max_completion_tokens")]
    assert (await asked.ask(*refusals, prefix="Guide. " * 800)).text == "Hello"
    assert asked.sent[-1].keys() == {"model", "messages", "stream", "max_tokens"}


LIMIT_NAMES = [
    _openai("Unrecognized request argument supplied: max_completion_tokens"),
    _detail("max_completion_tokens"),
    _vllm("[{'type': 'extra_forbidden', 'loc': ('body', 'max_completion_tokens'), 'msg': 'Extra inputs …'}]"),
    _openai("Unsupported parameter: 'max_completion_tokens' is not supported. Use 'max_tokens' instead."),
]


async def test_the_output_limit_has_another_name_but_is_never_left_out(server):
    """A refused name is replaced by the one that other servers know: a call without a limit could cost anything."""
    for refusal in LIMIT_NAMES:
        server.url += "/v1"
        asked = Asked(server, "chat", "openai-chat:gpt-4.1-mini")
        server.requests.clear()
        await asked.ask(refusal)
        await asked.ask()
        limits = [(body.get("max_completion_tokens"), body.get("max_tokens")) for body in asked.sent]
        assert limits == [(500, None), (None, 500), (None, 500)], refusal


async def test_the_older_name_is_replaced_where_it_is_refused(server):
    """A server under an unknown name that knows only the newer limit gets that."""
    asked = Asked(server, "chat", "openai-chat:my-o3")
    message = (
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    )
    await asked.ask(_openai(message, param="max_tokens", code="unsupported_parameter"))
    assert [(body.get("max_completion_tokens"), body.get("max_tokens")) for body in asked.sent] == [
        (None, 500),
        (500, None),
    ]


async def test_a_server_that_wants_neither_name_is_not_asked_for_ever(server):
    """Without a limit no call is made; the failure is the server's words."""
    asked = Asked(server, "chat", "openai-chat:gpt-4.1-mini")
    for name in ("max_completion_tokens", "max_tokens"):
        server.say(_detail(name), 400)
    with pytest.raises(ModelError) as caught:
        await asked.model.respond(make_request())
    assert caught.value.kind == "bad_request"
    assert len(asked.sent) == 2


async def test_content_is_a_text_where_one_will_do(server):
    """A compatible server is sent a string, prefix and prompt in one."""
    asked = Asked(server, "chat", "openai-chat:some-model")
    await asked.ask(prefix="Guide.", prompt="Write it.")
    assert asked.sent[0]["messages"] == [{"role": "user", "content": "Guide.\n\nWrite it."}]


PARTS = [
    _detail("messages", 0, "content", msg="Input should be a valid string"),
    _openai("Failed to deserialize the JSON body: messages[0]: invalid type: sequence, expected a string"),
    _openai("messages[0].content must be a string"),
    {"error": "json: cannot unmarshal array into Go struct field Message.messages.content of type string"},
]


@pytest.mark.parametrize("name", ["openrouter", "anthropic"])
async def test_parts_become_a_text_where_they_are_refused(server, name: str):
    """Where marks for a cache need parts, a server that takes only strings gets those, once for all."""
    for refusal in PARTS:
        server.url += "/v1" if name == "anthropic" else "/x"
        asked = Asked(server, name)
        server.requests.clear()
        await asked.ask(refusal, prefix="Guide.", prompt="Write it.")
        await asked.ask(prefix="Guide.", prompt="Write it.")
        kinds = [type(body["messages"][0]["content"]) for body in asked.sent]  # type: ignore[index]
        assert kinds == [list, str, str], refusal


SYSTEM = [
    _openai("System role not supported"),
    _openai("Only user and assistant roles are supported!"),
    _vllm("[{'type': 'literal_error', 'loc': ('body', 'messages', 0, 'role'), 'msg': \"Input should be 'user'\"}]"),
]


async def test_a_system_prompt_that_is_refused_stands_in_the_first_message(server):
    """Some models' templates have no such role."""
    for refusal in SYSTEM:
        server.url += "/v1"
        asked = Asked(server, "chat", "openai-chat:some-model")
        server.requests.clear()
        await asked.ask(refusal, system="Be brief.", prompt="Write it.")
        assert asked.sent[-1]["messages"] == [{"role": "user", "content": "Be brief.\n\nWrite it."}], refusal


async def test_gemini_without_instructions_is_told_in_the_first_message(server):
    """Gemma behind Gemini's API takes none."""
    asked = Asked(server, "gemini")
    refusal = {
        "error": {"code": 400, "message": "Developer instruction is not enabled for models/gemma-3", "status": "x"}
    }
    await asked.ask(refusal, system="Be brief.")
    assert "systemInstruction" in asked.sent[0]
    assert "systemInstruction" not in asked.sent[1]
    assert "Be brief." in json.dumps(asked.sent[1]["contents"])


async def test_what_models_refuse_in_different_ways_is_known_of_each(server):
    """Two models on one server that know only one name each are both asked in theirs, without a second refusal."""
    newer, older = (Asked(server, "chat", f"openai-chat:{name}") for name in ("gpt-new", "gpt-old"))
    await older.ask(_detail("max_completion_tokens"))
    await newer.ask(_detail("max_tokens"))
    await older.ask()
    await newer.ask()
    assert [("max_tokens" in body) for body in newer.sent] == [False, True, True, False, True, False]


@pytest.mark.parametrize("name", ["chat", "responses", "anthropic", "gemini", "openrouter"])
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_a_limit_above_the_models_own_is_lowered(server, name: str, streamed: bool):
    """It is lowered to what the error names, said with the answer, and kept for the next call."""
    asked = Asked(server, name)
    refusal = asked.protocol.error(
        "max_tokens: 64000 > 8192, which is the maximum allowed number of output tokens", "x"
    )
    reply = await asked.ask(refusal, streamed=streamed, max_output_tokens=64000)
    assert [_limit(body) for body in asked.sent] == [64000, 8192]
    assert reply.remarks == ("there is no room for 64000 output tokens, so at the most 8192 were asked for.",)
    again = await asked.ask(streamed=streamed, max_output_tokens=64000)
    assert [_limit(body) for body in asked.sent] == [64000, 8192, 8192]
    assert again.remarks == reply.remarks
    assert not (await asked.ask(streamed=streamed, max_output_tokens=500)).remarks


async def test_a_limit_beside_a_long_input_is_lowered_for_that_call(server):
    """What is free beside one input says nothing of the next."""
    asked = Asked(server, "chat")
    words = (
        "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (500 in the messages, "
    )
    words += "8500 in the completion). Please reduce the length of the messages or completion."
    reply = await asked.ask(_openai(words, code="context_length_exceeded"), max_output_tokens=8500)
    assert reply.remarks
    await asked.ask(max_output_tokens=8500)
    assert [_limit(body) for body in asked.sent] == [8500, 7692, 8500]


async def test_without_a_number_the_advice_is_to_lower_the_limit(server):
    """Nobody is told to shorten a task that would fit."""
    asked = Asked(server, "chat")
    server.say(_openai("max_tokens is larger than this model supports.", param="max_tokens"), 400)
    with pytest.raises(ModelError) as caught:
        await asked.model.respond(make_request(max_output_tokens=64000))
    assert "max_output_tokens" in caught.value.hint
    assert len(asked.sent) == 1


async def test_an_input_that_fills_the_window_is_not_a_matter_of_the_limit(server):
    """There the task has to be shorter."""
    asked = Asked(server, "chat")
    words = (
        "This model's maximum context length is 8192 tokens. However, you requested 9500 tokens (9000 in the messages, "
    )
    words += "500 in the completion)."
    server.say(_openai(words, code="context_length_exceeded"), 400)
    with pytest.raises(ModelError) as caught:
        await asked.model.respond(make_request())
    assert (caught.value.kind, len(asked.sent)) == ("context_window", 1)
    assert "Shorten the task" in caught.value.hint


async def test_other_refusals_are_not_tried_again(server):
    """A bad request that names nothing that can be left out is one call."""
    for words in ("The model's name is not known.", "messages: at least one is needed", "stream_options"):
        asked = Asked(server, "chat")
        server.requests.clear()
        server.say(_openai(words), 400)
        with pytest.raises(ModelError):
            await asked.model.respond(make_request(), [].append)
        assert len(asked.sent) == 1


def _limit(body: Json) -> object:
    config: Any = body.get("generationConfig") or body
    names = ("max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens")
    return next(config[name] for name in names if name in config)
