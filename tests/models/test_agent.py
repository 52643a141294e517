"""A user's own agent, with its tools, as a worker."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from pydantic_ai import Agent, AgentRunResult, CachePoint, RunContext, TextOutput
from pydantic_ai.agent import WrapperAgent
from pydantic_ai.exceptions import UnexpectedModelBehavior, UsageLimitExceeded
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.fallback import FallbackModel
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel
from pydantic_ai.models.test import TestModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.usage import RequestUsage

from stretto import Orchestrator
from stretto.core.errors import ErrorKind, InputError, ModelError
from stretto.core.models import Turn
from stretto.core.usage import UNKNOWN_COST, Usage
from stretto.models import open_model

pytestmark = pytest.mark.anyio


def _answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    if len(messages) == 1:
        return ModelResponse(parts=[ToolCallPart("weigh")], usage=RequestUsage(input_tokens=10, output_tokens=2))
    return ModelResponse(parts=[TextPart("It weighs 300 g.")], usage=RequestUsage(input_tokens=20, output_tokens=5))


async def _stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str | DeltaToolCalls]:
    if len(messages) == 1:
        yield {0: DeltaToolCall(name="weigh", json_args="{}")}
    else:
        yield "It weighs "
        yield "300 g."


def _make_agent(**options: object) -> Agent:
    agent = Agent(FunctionModel(_answer, stream_function=_stream), name="scales", **options)  # type: ignore[call-overload]

    @agent.tool_plain
    def weigh() -> str:
        return "300 g"

    return agent


async def test_an_agent_uses_its_tools(make_request, streamed):
    """The reply is the agent's output; usage and calls are those of its whole run."""
    model = open_model(_make_agent())
    told: list[str] = []
    reply = await model.respond(make_request(), told.append if streamed else None)
    assert (model.name, model.label) == ("agent:scales", "")
    assert (reply.text, reply.finish) == ("It weighs 300 g.", "stop")
    assert told == (["It weighs ", "300 g."] if streamed else [])
    if not streamed:
        assert reply.usage == Usage(input_tokens=30, output_tokens=7, calls=2)
    assert reply.cost == UNKNOWN_COST


async def test_what_an_agent_is_sent(make_request):
    """Prefix, prompt, turns and system prompt reach the agent's model in order."""
    seen: list[ModelMessage] = []

    def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        seen.extend(messages)
        assert info.model_settings
        assert info.model_settings.get("max_tokens") == 500
        return ModelResponse(parts=[TextPart("ok")])

    turns = (Turn(answer="Bad.", reply="Better."),)
    agent = Agent(FunctionModel(answer))
    await open_model(agent).respond(make_request(prefix="Shared.", turns=turns, system="Be brief."))
    first, second, third = seen
    assert isinstance(first, ModelRequest)
    assert first.parts[0].content == ["Shared.", CachePoint(), "Write it."]
    assert isinstance(second, ModelResponse)
    assert second.parts == [TextPart("Bad.")]
    assert isinstance(third, ModelRequest)
    assert third.parts[0].content == ["Better."]
    assert third.instructions == "Be brief."


@dataclass
class Copy:
    """What an agent may return in place of text."""

    title: str


def _say_nothing(text: str) -> None:
    return None


@pytest.mark.parametrize("streamed_too", [False, True])
async def test_output_that_is_not_text_becomes_json(make_request, streamed_too: bool):
    """A structured output is its JSON, and no output is no text."""
    told: list[str] = []
    agent = Agent(TestModel(custom_output_args={"title": "Bottle"}), output_type=Copy)
    reply = await open_model(agent).respond(make_request(), told.append if streamed_too else None)
    assert (reply.text, reply.finish) == ('{"title":"Bottle"}', "stop")
    silent = Agent(TestModel(custom_output_text="x"), output_type=TextOutput(_say_nothing))
    assert (await open_model(silent).respond(make_request())).text == ""


async def test_an_agents_model_is_priced(server, protocols, make_request, streamed):
    """With a real model under it the cost is known, per run and for a quote."""
    provider = AnthropicProvider(api_key="sk-ant-0123456789", base_url=server.url)
    agent = Agent(AnthropicModel("claude-haiku-4-5", provider=provider))
    model = open_model(agent)
    server.script = [protocols["anthropic"].reply(["Hi"], "end_turn", streamed=streamed)]
    async with agent:
        reply = await model.respond(make_request(prefix="P."), [].append if streamed else None)
    assert reply.cost.complete
    assert reply.usage
    assert model.price(reply.usage).usd > 0
    assert server.requests[0].body["messages"][0]["content"][0]["cache_control"]


async def test_an_agents_cut_stream_is_refused(server, protocols, make_request):
    """The guard against silent truncation holds for agents too."""
    provider = AnthropicProvider(api_key="sk-ant-0123456789", base_url=server.url)
    agent = Agent(AnthropicModel("claude-haiku-4-5", provider=provider))
    server.script = [protocols["anthropic"].stream(["Hal"], None)]
    async with agent:
        with pytest.raises(ModelError) as caught:
            await open_model(agent).respond(make_request(), [].append)
    assert caught.value.kind == "cut"


async def test_a_tool_that_raises_is_a_failed_call(make_request, streamed):
    """What a tool raises is told as the agent's failure and not retried."""
    agent = Agent(TestModel(), name="scales")

    @agent.tool_plain
    def weigh() -> str:
        raise RuntimeError("the scales are broken")

    with pytest.raises(ModelError, match="agent:scales: RuntimeError: the scales are broken") as caught:
        await open_model(agent).respond(make_request(), [].append if streamed else None)
    assert (caught.value.kind, caught.value.retryable) == ("unexpected", False)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (UsageLimitExceeded("too many"), "budget"),
        (UnexpectedModelBehavior("odd"), "protocol"),
        (OSError("gone"), "connection"),
    ],
)
async def test_how_an_agent_fails(make_request, error: Exception, kind: ErrorKind):
    """An agent's own errors have the kinds of any other call's."""

    def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        raise error

    with pytest.raises(ModelError) as caught:
        await open_model(Agent(FunctionModel(answer))).respond(make_request())
    assert caught.value.kind == kind


async def test_an_agent_that_asks_no_model(make_request):
    """An agent of a user's own making that ends without a single answer of a model has not answered."""

    class Mute(WrapperAgent):
        async def run(self, *args: object, **options: object) -> AgentRunResult[object]:  # type: ignore[override]
            return AgentRunResult("made up")

    with pytest.raises(ModelError, match="without an answer") as caught:
        await open_model(Mute(Agent(TestModel()))).respond(make_request())
    assert caught.value.kind == "empty"


async def test_an_agent_has_a_time_limit(make_request, streamed):
    """A run that takes longer than the call may is a timeout."""
    agent = Agent(TestModel())

    @agent.tool_plain
    async def wait() -> str:
        await asyncio.Event().wait()
        return ""

    with pytest.raises(ModelError) as caught:
        await open_model(agent).respond(make_request(timeout=0.1), [].append if streamed else None)
    assert caught.value.kind == "timeout"


def test_an_agent_whose_model_is_a_name_is_priced():
    """The name of an agent's model is enough for a quote; an agent without a model has no price."""
    named = Agent("anthropic:claude-haiku-4-5", defer_model_check=True)
    usage = Usage(input_tokens=1000, output_tokens=1000)
    assert open_model(named).price(usage).usd > 0
    other = Agent("acme:model", defer_model_check=True)
    assert open_model(other).price(usage) == UNKNOWN_COST
    assert open_model(Agent()).price(usage) == UNKNOWN_COST
    assert open_model(Agent()).name == "agent:unnamed"


async def test_an_agent_without_a_model_says_so(make_request):
    """An agent that has no model cannot be asked."""
    with pytest.raises(ModelError, match="model") as caught:
        await open_model(Agent()).respond(make_request())
    assert caught.value.kind == "bad_request"


async def test_the_last_of_several_models_speaks(server, protocols, make_request):
    """When every model of a FallbackModel fails, the error is the last one's."""
    provider = AnthropicProvider(api_key="sk-ant-0123456789", base_url=server.url)
    models = [AnthropicModel("claude-haiku-4-5", provider=provider) for _ in range(2)]
    server.say(protocols["anthropic"].error("m", "overloaded_error"), 529)
    server.say(protocols["anthropic"].error("m", "rate_limit_error"), 429)
    with pytest.raises(ModelError) as caught:
        await open_model(FallbackModel(*models)).respond(make_request())
    assert caught.value.kind == "rate_limit"


@dataclass
class Shop:
    """What an agent's tools need."""

    stock: int


def _make_shop_agent(model: object) -> Agent[Shop, str]:
    agent = Agent(model, name="shop", deps_type=Shop)  # type: ignore[call-overload]

    @agent.tool
    def count(context: RunContext[Shop]) -> str:
        return f"{context.deps.stock} left"

    return agent


async def test_the_deps_of_an_agent_reach_its_tools(make_request, streamed):
    """What is given for a program's own agent is handed to every run of it."""
    model = open_model(_make_shop_agent(TestModel()), deps=Shop(stock=7))
    reply = await model.respond(make_request(), (lambda text: None) if streamed else None)
    assert "7 left" in reply.text


def test_an_agent_that_needs_deps_is_refused_without_them():
    """Its tools would break in the middle of a run; the error says how deps are given."""
    agent = _make_shop_agent(TestModel())
    with pytest.raises(InputError, match=r"agent shop needs deps of type Shop. .*open_model\(agent, deps=…\)"):
        open_model(agent)
    with pytest.raises(InputError, match="worker_model cannot be used: The agent shop needs deps of type Shop"):
        Orchestrator(model="demo", worker_model=agent)
    with pytest.raises(InputError, match="deps are for a pydantic-ai Agent, and 'demo' is none"):
        open_model("demo", deps=Shop(stock=1))
