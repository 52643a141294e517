"""What pydantic-ai sends passes the simulator's validation, and what comes back is read as it was meant."""

from typing import Any

import pytest
from pydantic_ai import ModelSettings
from pydantic_ai.direct import model_request, model_request_stream
from pydantic_ai.messages import (
    CachePoint,
    ModelMessage,
    ModelRequest,
    ModelResponse,
    SystemPromptPart,
    TextPart,
    UserPromptPart,
)
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.google import GoogleProvider
from pydantic_ai.providers.openai import OpenAIProvider

from stretto.recipes.markup import PLAN_SCHEMA
from tests.simulator import FAULTS, Fault, Script, Simulator
from tests.simulator.asked import ProtocolName
from tests.simulator_tests.clients import MODELS, PROTOCOLS, WORKER

pytestmark = pytest.mark.anyio

each_protocol = pytest.mark.parametrize("protocol", PROTOCOLS)
each_mode = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])

GUIDE = "The brand is warm, calm and never loud; it says what a thing does. " * 300
PLAN = ModelRequestParameters(
    output_mode="native", output_object=OutputObjectDefinition(json_schema=dict(PLAN_SCHEMA), name="plan", strict=True)
)


def model_for(sim: Simulator, protocol: ProtocolName) -> Model[Any]:
    """Return the pydantic-ai model that speaks the protocol."""
    name = MODELS[protocol]
    match protocol:
        case "anthropic":
            return AnthropicModel(name, provider=AnthropicProvider(api_key="key", base_url=sim.url))
        case "chat":
            return OpenAIChatModel(name, provider=OpenAIProvider(api_key="key", base_url=sim.openai_url))
        case "responses":
            return OpenAIResponsesModel(name, provider=OpenAIProvider(api_key="key", base_url=sim.openai_url))
        case "gemini":
            return GoogleModel(name, provider=GoogleProvider(api_key="key", base_url=sim.url))


async def request(
    sim: Simulator,
    protocol: ProtocolName,
    messages: list[ModelMessage],
    *,
    streamed: bool,
    parameters: ModelRequestParameters | None = None,
) -> ModelResponse:
    """Make one call through pydantic-ai."""
    model, settings = model_for(sim, protocol), ModelSettings(max_tokens=1000, max_retries=0, temperature=0.7)
    asked: dict[str, Any] = {"model_settings": settings, "model_request_parameters": parameters}
    async with model:
        if not streamed:
            return await model_request(model, messages, **asked)
        async with model_request_stream(model, messages, **asked) as stream:
            async for _ in stream:
                pass
            return stream.get()


def said_by_user(*parts: str | CachePoint) -> ModelRequest:
    """Return a turn of the user's."""
    return ModelRequest(parts=[UserPromptPart(list(parts))])


@each_protocol
@each_mode
async def test_a_conversation_with_a_cached_prefix(protocol: ProtocolName, streamed: bool) -> None:
    """System prompt, cache points and earlier turns are taken; text, finish and usage come back, the cache in it."""
    system = ModelRequest(parts=[SystemPromptPart("Be kind."), UserPromptPart([GUIDE, CachePoint(), WORKER])])
    turns: list[ModelMessage] = [system, ModelResponse(parts=[TextPart("No.")]), said_by_user("Write it again.")]
    async with Simulator() as sim:
        await request(sim, protocol, turns[:1], streamed=streamed)
        response = await request(sim, protocol, turns, streamed=streamed)
        assert response.finish_reason == "stop"
        assert response.text
        assert response.text.startswith("<response>")
        first, second = sim.calls
        assert (first.role, second.role, second.end) == ("worker", "worker", "delivered")
        assert response.usage.cache_read_tokens == second.cached_tokens >= 4992
        assert response.usage.output_tokens == second.output_tokens


@each_protocol
@each_mode
async def test_a_plan_as_structured_output(protocol: ProtocolName, streamed: bool) -> None:
    """The product's plan schema passes, and its plan comes back."""
    async with Simulator() as sim:
        asked: list[ModelMessage] = [said_by_user("Plan.")]
        response = await request(sim, protocol, asked, streamed=streamed, parameters=PLAN)
        assert sim.calls[0].role == "orchestrator"
        assert response.text
        assert response.text.count('"description"') == 3


@each_protocol
@each_mode
@pytest.mark.parametrize(
    ("fault", "finish"),
    [
        ("refusal", "content_filter"),
        ("refusal_mid_output", "content_filter"),
        ("max_tokens_with_text", "length"),
        ("max_tokens_without_text", "length"),
        ("thinking_used_the_budget", "length"),
        ("context_window", "length"),
        ("empty", "stop"),
    ],
)
async def test_what_ends_an_answer_is_read_as_it_was_meant(
    protocol: ProtocolName, streamed: bool, fault: str, finish: str
) -> None:
    """Nothing is raised for these; the finish reason alone tells."""
    async with Simulator(script=Script((Fault(effects=FAULTS[fault]),))) as sim:
        response = await request(sim, protocol, [said_by_user(WORKER)], streamed=streamed)
        assert response.finish_reason == finish
        assert bool(response.text) == (fault in ("refusal_mid_output", "max_tokens_with_text", "context_window"))
