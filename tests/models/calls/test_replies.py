"""Ways of ending that are neither a stop, nor the limit, nor a refusal."""

import json

import pytest

from stretto.core.errors import ErrorKind, ModelError
from stretto.models import open_model

pytestmark = pytest.mark.anyio

KEYS = dict.fromkeys(("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GOOGLE_API_KEY", "OPENROUTER_API_KEY"), "sk-0123456789")


def _open_on(server, protocol):
    return open_model(protocol.spec, base_url=protocol.url(server), keys=KEYS)


@pytest.mark.parametrize(
    ("name", "finish", "kind"),
    [
        ("anthropic", "pause_turn", "cut"),
        ("anthropic", "something_new", "cut"),
        ("anthropic", "tool_use", "protocol"),
        ("gemini", "OTHER", "cut"),
        ("gemini", "LANGUAGE", "server"),
        ("gemini", "MALFORMED_FUNCTION_CALL", "server"),
        ("chat", "tool_calls", "protocol"),
    ],
)
async def test_other_ends_are_errors(
    server, protocols, streamed, make_request, name: str, finish: str, kind: ErrorKind
):
    """An end that is not the answer's own fails the call, with the provider's word for it where that helps."""
    server.script = [protocols[name].reply(["Half"], finish, streamed=streamed)]
    with pytest.raises(ModelError) as caught:
        await _open_on(server, protocols[name]).respond(make_request(), [].append if streamed else None)
    assert caught.value.kind == kind


@pytest.mark.parametrize("finish", ["SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"])
async def test_gemini_refuses_in_many_words(server, protocols, streamed, make_request, finish: str):
    """Each of Gemini's words for withholding an answer is a refusal."""
    server.script = [protocols["gemini"].reply([""], finish, streamed=streamed)]
    reply = await _open_on(server, protocols["gemini"]).respond(make_request(), [].append if streamed else None)
    assert (reply.finish, reply.text) == ("refusal", "")


async def test_a_blocked_prompt_is_a_refusal(server, protocols, streamed, make_request):
    """Gemini may refuse before it begins: no candidate, only a reason."""
    body = {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 9}}
    if streamed:
        server.stream(body)
    else:
        server.say(body)
    reply = await _open_on(server, protocols["gemini"]).respond(make_request(), [].append if streamed else None)
    assert reply.finish == "refusal"


async def test_thinking_that_uses_the_whole_limit_is_length(server, protocols, streamed, make_request):
    """Gemini may think until the limit: no text at all, and the end is the limit."""
    server.script = [protocols["gemini"].reply([""], "MAX_TOKENS", streamed=streamed)]
    reply = await _open_on(server, protocols["gemini"]).respond(make_request(), [].append if streamed else None)
    assert (reply.finish, reply.text) == ("length", "")


async def test_openai_refuses_in_a_field_of_its_own(server, protocols, streamed, make_request):
    """A `refusal` in place of content is a refusal."""
    chat = protocols["chat"]
    if streamed:
        server.stream(chat.chunk({"refusal": "I cannot."}), chat.chunk({}, "stop"))
    else:
        body = json.loads(chat.whole("", "stop").chunks[0])
        body["choices"][0]["message"] = {"role": "assistant", "content": None, "refusal": "I cannot."}
        server.say(body)
    reply = await _open_on(server, chat).respond(make_request(), [].append if streamed else None)
    assert reply.finish == "refusal"


async def test_a_full_context_window(server, protocols, streamed, make_request):
    """The request is too long for any whole answer, whether there was room for some text or for none."""
    anthropic = protocols["anthropic"]
    for pieces in (["Half"], []):
        server.script = [anthropic.reply(pieces, "model_context_window_exceeded", streamed=streamed)]
        with pytest.raises(ModelError) as caught:
            await _open_on(server, anthropic).respond(make_request(), [].append if streamed else None)
        assert (caught.value.kind, caught.value.retryable) == ("context_window", False)


@pytest.mark.parametrize("name", ["chat", "responses", "gemini"])
async def test_text_beside_a_call_for_a_tool_is_half_an_answer(server, protocols, streamed, make_request, name: str):
    """A tool that was never offered is asked for, under an end that says "stop": the text beside it does not count."""
    protocol = protocols[name]
    body = json.loads(protocol.whole("Half", protocol.stop).chunks[0])
    if name == "gemini":
        body["candidates"][0]["content"]["parts"].append({"functionCall": {"name": "write", "args": {}}})
        events = [body]
    elif name == "chat":
        call = {"index": 0, "id": "t1", "type": "function", "function": {"name": "write", "arguments": "{}"}}
        body["choices"][0]["message"]["tool_calls"] = [call]
        events = [protocol.chunk({"content": "Half", "tool_calls": [call]}), protocol.chunk({}, "stop")]
    else:
        call = {"id": "f1", "call_id": "t1", "type": "function_call", "name": "write", "arguments": "{}"}
        body["output"].append(call | {"status": "completed"})
        added = {"type": "response.output_item.added", "output_index": 1, "item": call, "sequence_number": 4}
        events = [json.loads(chunk.split(b"data: ")[1]) for chunk in protocol.stream(["Half"], "completed").chunks]
        events = [*events[:-1], added, events[-1] | {"response": body, "sequence_number": 5}]
    if streamed:
        server.stream(*events, named=name == "responses")
    else:
        server.say(body)
    with pytest.raises(ModelError) as caught:
        await _open_on(server, protocol).respond(make_request(), [].append if streamed else None)
    assert (caught.value.kind, caught.value.retryable) == ("protocol", True)
