"""Tokens as each provider reports them, with what was read from and written to caches, and what is not believed."""

from decimal import Decimal

import pytest
from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.providers.anthropic import AnthropicProvider

from stretto.core.usage import UNKNOWN_COST, Usage
from stretto.models import open_model
from tests.models.conftest import KEYS

pytestmark = pytest.mark.anyio

WRITTEN = {
    "anthropic": None,  # Reports it without being told to.
    "chat": "prompt_tokens_details",
    "openrouter": "prompt_tokens_details",
    "responses": "input_tokens_details",
}


@pytest.mark.parametrize("name", WRITTEN)
async def test_input_is_the_whole_prompt_with_what_was_cached(
    server, protocols, streamed, make_request, name: str, monkeypatch: pytest.MonkeyPatch
):
    """Reads and writes are parts of the input, also where the provider reports them beside it."""
    protocol = protocols[name]
    if details := WRITTEN[name]:
        usage = protocol.usage | {details: {"cached_tokens": 2000, "cache_write_tokens": 30}}
        monkeypatch.setattr(protocol, "usage", usage, raising=False)
    server.script.append(protocol.reply(["Hello"], protocol.stop, streamed=streamed))
    model = open_model(protocol.spec, base_url=protocol.url(server), keys=KEYS)
    reply = await model.respond(make_request(), print if streamed else None)
    assert reply.usage == Usage(
        input_tokens=2130, output_tokens=40, cache_read_tokens=2000, cache_write_tokens=30, calls=1
    )


async def test_gemini_reports_what_was_read(server, protocols, streamed, make_request):
    """It writes by itself and charges nothing for it."""
    gemini = protocols["gemini"]
    server.script.append(gemini.reply(["Hello"], gemini.stop, streamed=streamed))
    model = open_model(gemini.spec, base_url=gemini.url(server), keys=KEYS)
    reply = await model.respond(make_request(), print if streamed else None)
    assert reply.usage == Usage(input_tokens=2130, output_tokens=40, cache_read_tokens=2000, calls=1)


async def test_what_was_cached_has_its_own_price(server, protocols, streamed, make_request):
    """Anthropic's reads cost a tenth and its writes a quarter more than fresh input, in a reply and in a quote."""
    anthropic = protocols["anthropic"]
    server.script.append(anthropic.reply(["Hello"], anthropic.stop, streamed=streamed))
    model = open_model(anthropic.spec, base_url=anthropic.url(server), keys=KEYS)
    reply = await model.respond(make_request(), print if streamed else None)
    million = Decimal(1_000_000)
    assert reply.cost.usd == (100 + 2000 * Decimal("0.1") + 30 * Decimal("1.25") + 40 * 5) / million
    assert reply.usage
    assert model.price(reply.usage) == reply.cost


COUNTED = {  # The fields for the whole input, the output, and what was read.
    "anthropic": ("input_tokens", "output_tokens", "cache_read_input_tokens"),
    "chat": ("prompt_tokens", "completion_tokens", "prompt_tokens_details"),
    "openrouter": ("prompt_tokens", "completion_tokens", "prompt_tokens_details"),
    "responses": ("input_tokens", "output_tokens", "input_tokens_details"),
    "gemini": ("promptTokenCount", "candidatesTokenCount", "cachedContentTokenCount"),
}


@pytest.mark.filterwarnings("ignore")  # pydantic-ai says of some of these that it cannot read them.
@pytest.mark.parametrize("name", COUNTED)
@pytest.mark.parametrize("field", [0, 1, 2], ids=["input", "output", "cached"])
@pytest.mark.parametrize("number", [10**30, 10**9, -5], ids=str)
async def test_counts_that_no_call_can_have_are_not_reported(
    server, protocols, streamed, make_request, name: str, field: int, number: int, monkeypatch: pytest.MonkeyPatch
):
    """Of numbers that cannot be none is believed, nor is a cost made of them: what was reserved stands."""
    protocol = protocols[name]
    key = COUNTED[name][field]
    message = {"cached_tokens": number} if key.endswith("_details") else number
    monkeypatch.setattr(protocol, "usage", protocol.usage | {key: message}, raising=False)
    reply = protocol.reply(["Hello"], protocol.stop, streamed=streamed)
    if key == "output_tokens":  # Anthropic's count at the end of a stream is another.
        reply.chunks = [
            chunk.replace(b'"output_tokens": 40}', f'"output_tokens": {number}}}'.encode()) for chunk in reply.chunks
        ]
    server.script.append(reply)
    model = open_model(protocol.spec, base_url=protocol.url(server), keys=KEYS)
    answer = await model.respond(make_request(), [].append if streamed else None)
    assert (answer.text, answer.usage, answer.cost) == ("Hello", None, UNKNOWN_COST)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["anthropic", "responses"])
@pytest.mark.parametrize("number", [float("nan"), float("inf"), True, "40", [1], None], ids=str)
async def test_counts_that_are_no_numbers_are_not_reported(
    server, protocols, make_request, name: str, number: object, monkeypatch: pytest.MonkeyPatch
):
    """Nor is what is no count at all, where the SDK hands it on."""
    protocol = protocols[name]
    monkeypatch.setattr(protocol, "usage", protocol.usage | {"output_tokens": number}, raising=False)
    server.script.append(protocol.whole("Hello", protocol.stop))
    model = open_model(protocol.spec, base_url=protocol.url(server), keys=KEYS)
    answer = await model.respond(make_request())
    assert (answer.text, answer.usage, answer.cost) == ("Hello", None, UNKNOWN_COST)


@pytest.mark.parametrize("charge", [float("inf"), 1e30, -1.0], ids=str)
async def test_a_charge_that_no_call_has_is_not_believed(
    server, protocols, make_request, charge: float, monkeypatch: pytest.MonkeyPatch
):
    """In place of what OpenRouter cannot have charged, the price list counts."""
    router = protocols["openrouter"]
    monkeypatch.setattr(router, "usage", router.usage | {"cost": charge}, raising=False)
    server.script.append(router.whole("Hello", router.stop))
    reply = await open_model(router.spec, base_url=router.url(server), keys=KEYS).respond(make_request())
    assert reply.cost.complete
    assert Decimal(0) < reply.cost.usd < Decimal("0.01")


@pytest.mark.filterwarnings("ignore")
async def test_an_agents_odd_usage_is_not_reported(server, protocols, make_request, monkeypatch: pytest.MonkeyPatch):
    """One call of an agent's run whose tokens cannot be leaves the whole run unmeasured."""
    anthropic = protocols["anthropic"]
    monkeypatch.setattr(anthropic, "usage", anthropic.usage | {"input_tokens": 10**30}, raising=False)
    server.script.append(anthropic.whole("Hello", anthropic.stop))
    provider = AnthropicProvider(api_key="sk-ant-0123456789", base_url=server.url)
    agent = Agent(AnthropicModel("claude-haiku-4-5", provider=provider))
    async with agent:
        reply = await open_model(agent).respond(make_request())
    assert (reply.text, reply.usage, reply.cost) == ("Hello", None, UNKNOWN_COST)
