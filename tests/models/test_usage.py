"""Tokens read from and written to prompt caches, as each provider reports them."""

from decimal import Decimal

import pytest

from stretto.core.usage import Usage
from stretto.models import open_model

pytestmark = pytest.mark.anyio

KEYS = {
    "ANTHROPIC_API_KEY": "sk-ant-0123456789",
    "OPENAI_API_KEY": "sk-0123456789",
    "GOOGLE_API_KEY": "AIza0123456789",
    "OPENROUTER_API_KEY": "sk-or-0123456789",
}
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
