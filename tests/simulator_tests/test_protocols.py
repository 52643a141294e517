"""Every protocol answers the providers' own SDKs, streamed and not."""

import pytest

from tests.simulator import Answer, Fault, Say, Script, Simulator
from tests.simulator.answers import DefaultAnswers
from tests.simulator.asked import ProtocolName
from tests.simulator.tokens import count_tokens
from tests.simulator_tests.clients import ORCHESTRATOR, PROTOCOLS, SYNTHESIS, WORKER, ask, events, exchange

pytestmark = pytest.mark.anyio

each_protocol = pytest.mark.parametrize("protocol", PROTOCOLS)
each_mode = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])

STOP = {"anthropic": "end_turn", "chat": "stop", "responses": "completed", "gemini": "STOP"}
LENGTH = {"anthropic": "max_tokens", "chat": "length", "responses": "max_output_tokens", "gemini": "MAX_TOKENS"}
REFUSED = {"anthropic": "refusal", "chat": "stop", "responses": "completed", "gemini": "PROHIBITED_CONTENT"}
FILTERED = {"anthropic": "refusal", "chat": "content_filter", "responses": "content_filter", "gemini": "SAFETY"}
WINDOW = {**LENGTH, "anthropic": "model_context_window_exceeded"}


def saying(answer: Answer) -> Script:
    """Return a script in which every call gets this answer."""
    return Script((Fault(effects=(Say(answer=answer),)),))


@each_protocol
@each_mode
async def test_the_sdk_reads_text_finish_and_usage(protocol: ProtocolName, streamed: bool) -> None:
    """The SDK gets the text, the finish reason and real token counts."""
    async with Simulator() as sim:
        said = await ask(sim, protocol, streamed=streamed)
        assert said.text.startswith("<response>\nNaïve ")
        assert said.text.endswith("</response>")
        assert said.finish == STOP[protocol]
        assert (said.input, said.output) == (count_tokens(WORKER), count_tokens(said.text))
        (call,) = sim.calls
        assert (call.role, call.end, call.status, call.streamed) == ("worker", "delivered", 200, streamed)
        assert (call.input_tokens, call.output_tokens) == (said.input, said.output)


@each_protocol
async def test_streamed_and_whole_answers_are_the_same(protocol: ProtocolName) -> None:
    """The same question gets the same answer, streamed or not, and whatever was asked before."""
    async with Simulator() as sim:
        whole = await ask(sim, protocol, streamed=False)
        await ask(sim, protocol, SYNTHESIS, streamed=False)
        assert await ask(sim, protocol, streamed=True) == whole
        assert sim.calls[0].digest == sim.calls[2].digest


async def test_another_seed_gives_another_answer() -> None:
    """Answers depend on the seed."""
    async with Simulator(answers=DefaultAnswers(seed=1)) as one, Simulator(answers=DefaultAnswers(seed=2)) as two:
        assert await ask(one, "chat", streamed=False) != await ask(two, "chat", streamed=False)


@each_protocol
@each_mode
async def test_each_role_gets_its_kind_of_answer(protocol: ProtocolName, streamed: bool) -> None:
    """An orchestrator gets a plan of the size that was set, a synthesis a plain text."""
    async with Simulator(answers=DefaultAnswers(subtasks=4)) as sim:
        plan = await ask(sim, protocol, ORCHESTRATOR, streamed=streamed)
        text = await ask(sim, protocol, SYNTHESIS, streamed=streamed)
        assert plan.text.count("<task>") == plan.text.count("</task>") == 4
        assert "<" not in text.text
        assert [call.role for call in sim.calls] == ["orchestrator", "synthesis"]


@each_protocol
@each_mode
async def test_the_limit_on_the_answer_is_kept(protocol: ProtocolName, streamed: bool) -> None:
    """An answer longer than the client's limit is cut at it and says so."""
    async with Simulator() as sim:
        said = await ask(sim, protocol, streamed=streamed, max_tokens=20)
        assert said.finish == LENGTH[protocol]
        assert count_tokens(said.text) == said.output == 20


@each_protocol
@each_mode
async def test_thinking_can_use_the_whole_budget(protocol: ProtocolName, streamed: bool) -> None:
    """Thinking is billed, and when it uses all tokens there is no text and the finish reason is the limit."""
    answer = Answer(thinking="word " * 40, text="never said")
    async with Simulator(script=saying(answer)) as sim:
        said = await ask(sim, protocol, streamed=streamed, max_tokens=30)
        assert (said.text, said.finish, said.output) == ("", LENGTH[protocol], 30)


@each_protocol
@each_mode
async def test_thinking_comes_before_the_text(protocol: ProtocolName, streamed: bool) -> None:
    """Thinking is counted beside the text and never part of it."""
    async with Simulator(script=saying(Answer(thinking="x" * 40, text="y" * 12))) as sim:
        said = await ask(sim, protocol, streamed=streamed)
        assert (said.text, said.finish, said.output) == ("y" * 12, STOP[protocol], 13)


@each_protocol
@each_mode
async def test_a_refusal_is_the_providers_signal(protocol: ProtocolName, streamed: bool) -> None:
    """A refusal from the start, and one in the middle of the text, come as each provider signals them."""
    async with Simulator(script=saying(Answer(finish="refusal"))) as sim:
        said = await ask(sim, protocol, streamed=streamed)
        assert said.finish == REFUSED[protocol]
        assert said.text == ("I'm sorry, I can't help with that." if protocol == "chat" else "")
    async with Simulator(script=saying(Answer(text="first words", finish="refusal"))) as sim:
        said = await ask(sim, protocol, streamed=streamed)
        assert (said.text, said.finish) == ("first words", FILTERED[protocol])


async def test_responses_refuse_in_a_part_of_their_own() -> None:
    """The Responses API says a refusal in a content part of type refusal."""
    async with Simulator(script=saying(Answer(finish="refusal"))) as sim:
        whole = (await exchange(sim, "responses", streamed=False)).json
        last = events(await exchange(sim, "responses", streamed=True))[-1]
        for response in (whole, last["response"]):
            assert response["output"][0]["content"][0]["type"] == "refusal"


@each_protocol
@each_mode
async def test_the_context_window_can_end_an_answer(protocol: ProtocolName, streamed: bool) -> None:
    """A full context window ends the answer with the provider's reason for it."""
    async with Simulator(script=saying(Answer(text="first words", finish="context_window"))) as sim:
        said = await ask(sim, protocol, streamed=streamed)
        assert (said.text, said.finish) == ("first words", WINDOW[protocol])


FAILED = {"anthropic": "pause_turn", "chat": "error", "responses": "failed", "gemini": "OTHER"}


@each_protocol
@each_mode
async def test_the_provider_can_give_up_inside_an_answer(protocol: ProtocolName, streamed: bool) -> None:
    """An answer can end with the provider saying that it is none, in each protocol's own way."""
    async with Simulator(script=saying(Answer(text="first words", finish="failed"))) as sim:
        if protocol == "chat" and streamed:
            *_, last = events(await exchange(sim, protocol, streamed=True))
            assert (last["error"]["code"], last["choices"][0]["finish_reason"]) == (502, "error")
        else:
            said = await ask(sim, protocol, streamed=streamed)
            assert (said.text, said.finish) == ("first words", FAILED[protocol])


@each_protocol
@each_mode
async def test_an_answer_can_be_empty(protocol: ProtocolName, streamed: bool) -> None:
    """An empty answer ends in order and has no text."""
    async with Simulator(script=saying(Answer())) as sim:
        said = await ask(sim, protocol, streamed=streamed)
        assert (said.text, said.finish, said.output) == ("", STOP[protocol], 0)


@each_protocol
@each_mode
async def test_usage_can_be_missing(protocol: ProtocolName, streamed: bool) -> None:
    """A provider that reports no usage is one that can be simulated."""
    async with Simulator(script=saying(Answer(text="words", usage=False))) as sim:
        said = await ask(sim, protocol, streamed=streamed)
        assert (said.text, said.input, said.output) == ("words", 0, 0)


async def test_chat_reports_usage_in_streams_only_when_asked() -> None:
    """Chat Completions sends a usage chunk only with stream_options.include_usage."""
    async with Simulator() as sim:
        without = events(await exchange(sim, "chat", streamed=True))
        asked = {"stream_options": {"include_usage": True}}
        with_usage = events(await exchange(sim, "chat", streamed=True, body=asked))
        assert all("usage" not in event for event in without)
        assert with_usage[-1]["choices"] == []
        assert with_usage[-1]["usage"]["total_tokens"] > 0
        assert all(event["usage"] is None for event in with_usage[:-1])


async def test_a_function_of_the_test_can_answer() -> None:
    """The caller's own function sees what was asked and answers it."""
    async with Simulator(answers=lambda asked: f"{asked.role}: {asked.last}") as sim:
        said = await ask(sim, "gemini", "What?", streamed=True)
        assert said.text == "synthesis: What?"


@each_protocol
async def test_structured_output_fills_the_schema(protocol: ProtocolName) -> None:
    """A JSON schema with a list makes the call an orchestrator's, and the answer has its fields."""
    entry = {"type": "object", "properties": {"type": {}, "description": {}, "tier": {"enum": ["fast", "strong"]}}}
    schema = {"type": "object", "properties": {"analysis": {}, "tasks": {"type": "array", "items": entry}}}
    body = {
        "anthropic": {"output_config": {"format": {"type": "json_schema", "schema": schema}}},
        "chat": {"response_format": {"type": "json_schema", "json_schema": {"name": "plan", "schema": schema}}},
        "responses": {"text": {"format": {"type": "json_schema", "name": "plan", "schema": schema}}},
        "gemini": {"generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": schema}},
    }[protocol]
    async with Simulator() as sim:
        answer = await exchange(sim, protocol, "Plan.", streamed=False, body=body)
        assert sim.calls[0].role == "orchestrator"
        assert '\\"tasks\\":[{\\"type\\":\\"angle a\\"' in answer.body.decode().replace(": ", ":").replace(", ", ",")
        assert '\\"tier\\":\\"fast\\"' in answer.body.decode().replace(": ", ":")
