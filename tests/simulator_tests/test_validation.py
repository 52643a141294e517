"""Requests are refused where the provider refuses them, in its words."""

from collections.abc import Mapping
from typing import Any

import anthropic
import openai
import pytest

from tests.simulator import Simulator
from tests.simulator.asked import ProtocolName
from tests.simulator_tests.clients import PROTOCOLS, RawClient, exchange, request_for

pytestmark = pytest.mark.anyio

USER = {"role": "user", "content": "Hello"}
PART = {"parts": [{"text": "Hello"}]}

BAD: list[tuple[ProtocolName, dict[str, Any], str]] = [
    ("anthropic", {"foo": 1}, "foo: Extra inputs are not permitted"),
    ("anthropic", {"max_tokens": None}, "max_tokens: Input should be a valid integer"),
    ("anthropic", {"max_tokens": True}, "max_tokens: Input should be a valid integer"),
    ("anthropic", {"max_tokens": 0}, "max_tokens: Input should be greater than or equal to 1"),
    ("anthropic", {"temperature": 1.5}, "temperature: Input should be less than or equal to 1"),
    ("anthropic", {"temperature": "hot"}, "temperature: Input should be a valid number"),
    ("anthropic", {"stream": "yes"}, "stream: Input should be a valid boolean"),
    ("anthropic", {"messages": []}, "messages: at least one item is required"),
    ("anthropic", {"messages": {}}, "messages: Input should be a valid array"),
    ("anthropic", {"messages": ["Hello"]}, "messages.0: Input should be a valid object"),
    ("anthropic", {"messages": [{"role": "user"}]}, "messages.0.content: Field required"),
    ("anthropic", {"messages": [{**USER, "name": "x"}]}, "messages.0.name: Extra inputs are not permitted"),
    ("anthropic", {"messages": [{**USER, "role": "bot"}]}, "messages.0.role: Input should be 'user'"),
    ("anthropic", {"messages": [{**USER, "role": "assistant"}]}, 'first message must use the "user" role'),
    ("anthropic", {"messages": [{**USER, "content": ""}]}, "messages.0: all messages must have non-empty content"),
    (
        "anthropic",
        {"messages": [{**USER, "content": [{"type": "text", "text": " "}]}]},
        "text content blocks must be non-empty",
    ),
    ("anthropic", {"messages": [{**USER, "content": [{"text": "x"}]}]}, "messages.0.content.0.type: Field required"),
    ("anthropic", {"messages": [{**USER, "content": ["x"]}]}, "messages.0.content.0: Input should be a valid object"),
    (
        "anthropic",
        {"messages": [USER, {"role": "assistant", "content": "So: "}]},
        "final assistant content cannot end with trailing whitespace",
    ),
    ("anthropic", {"thinking": {"type": "enabled", "budget_tokens": 4096}}, "must be greater than"),
    (
        "anthropic",
        {"system": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}] * 5},
        "A maximum of 4 blocks with cache_control may be provided. Found 5.",
    ),
    ("chat", {"foo": 1}, "Unknown parameter: 'foo'."),
    ("chat", {"messages": []}, "Invalid 'messages': must not be empty."),
    ("chat", {"messages": [{"role": "user"}]}, "Missing required parameter: 'messages[0].content'."),
    ("chat", {"messages": [{**USER, "role": "bot"}]}, "Invalid value: 'bot'. Supported values are: 'system'"),
    ("chat", {"messages": [{**USER, "content": [{"type": "text", "text": ""}]}]}, "messages[0].content[0].text"),
    ("chat", {"max_completion_tokens": 0}, "Invalid 'max_completion_tokens': expected a value greater than"),
    ("chat", {"temperature": "hot"}, "expected a number, but got a string instead"),
    ("chat", {"temperature": None, "seed": "x"}, "Invalid type for 'seed': expected an integer, but got a string"),
    ("chat", {"stream": 1.5}, "expected a boolean, but got a decimal instead"),
    ("chat", {"stream_options": {"include_usage": True}}, "only allowed when 'stream' is enabled"),
    ("chat", {"max_tokens": 10}, "Unsupported parameter: 'max_tokens' is not supported with this model."),
    ("chat", {"model": "gpt-4.1", "max_tokens": 10, "max_completion_tokens": 10}, "at the same time"),
    ("responses", {"messages": []}, "Unknown parameter: 'messages'."),
    ("responses", {"input": ""}, "Invalid 'input': must not be empty."),
    ("responses", {"input": []}, "Invalid 'input': must not be empty."),
    ("responses", {"input": [{"type": "reasoning", "id": "x"}]}, "at least one message is required"),
    ("responses", {"input": [{"role": "model", "content": "x"}]}, "Invalid value: 'model'."),
    ("responses", {"input": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]}, "Supported values are"),
    ("responses", {"max_output_tokens": 1}, "greater than or equal to 16"),
    ("responses", {"max_output_tokens": [1]}, "expected an integer, but got an array instead"),
    ("gemini", {"foo": 1}, 'Unknown name "foo": Cannot find field.'),
    ("gemini", {"generationConfig": {"foo": 1}}, "Unknown name \"foo\" at 'generationConfig': Cannot find field."),
    ("gemini", {"contents": []}, "* GenerateContentRequest.contents: must not be empty"),
    ("gemini", {"contents": [{"role": "user"}]}, "* GenerateContentRequest.contents[0].parts: must not be empty"),
    ("gemini", {"contents": [{"parts": [{}]}]}, "contents[0].parts[0].data: must not be empty"),
    ("gemini", {"contents": [{**PART, "role": "assistant"}]}, "Invalid value at 'contents[0].role'"),
    ("gemini", {"generationConfig": {"maxOutputTokens": "x"}}, "Invalid value at 'generationConfig.maxOutputTokens'"),
    ("gemini", {"generationConfig": {"temperature": 3}}, "generationConfig.temperature: must be less than or equal"),
]


@pytest.mark.parametrize(("protocol", "body", "words"), BAD)
async def test_what_the_provider_refuses_is_refused(protocol: ProtocolName, body: dict[str, Any], words: str) -> None:
    """A request that is wrong comes back with status 400 and the provider's words for it."""
    async with Simulator() as sim:
        came = await exchange(sim, protocol, streamed=False, body=body)
        assert came.status == 400
        assert words in came.json["error"]["message"]
        assert (sim.calls[0].role, sim.calls[0].end) == ("", "refused")


GOOD: list[tuple[ProtocolName, dict[str, Any]]] = [
    ("anthropic", {"messages": [USER, {"role": "assistant", "content": "Hi"}, USER, USER]}),
    ("anthropic", {"messages": [USER, {"role": "assistant", "content": "So:"}]}),
    ("anthropic", {"messages": [{"role": "user", "content": [{"type": "image", "source": {}}]}]}),
    ("anthropic", {"system": "Be kind.", "temperature": 0.5, "thinking": {"type": "enabled", "budget_tokens": 1024}}),
    ("anthropic", {"output_config": {"effort": "low"}, "metadata": {"user_id": None}, "stop_sequences": ["x"]}),
    ("chat", {"messages": [{"role": "developer", "content": "Be kind."}, USER], "temperature": None}),
    ("chat", {"messages": [USER, {"role": "assistant", "content": None, "refusal": "No."}, USER]}),
    ("chat", {"model": "gpt-4.1", "max_tokens": 10, "stop": "x", "n": 1, "seed": 7}),
    ("responses", {"instructions": "Be kind.", "reasoning": {"effort": "low"}, "store": False, "include": None}),
    ("responses", {"input": [USER, {"type": "reasoning", "id": "x", "summary": []}]}),
    ("gemini", {"systemInstruction": PART, "generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}}),
]


@pytest.mark.parametrize(("protocol", "body"), GOOD)
async def test_what_the_provider_takes_is_taken(protocol: ProtocolName, body: dict[str, Any]) -> None:
    """A request that is right is answered."""
    async with Simulator() as sim:
        assert (await exchange(sim, protocol, streamed=False, body=body)).status == 200


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_missing_fields_are_named(protocol: ProtocolName) -> None:
    """What must be there and is not is named."""
    path, headers, _ = request_for(protocol, streamed=False)
    field = {"anthropic": "max_tokens", "chat": "messages", "responses": "input", "gemini": "contents"}[protocol]
    body = {"anthropic": {"model": "m", "messages": [USER]}, "gemini": {}}.get(protocol, {"model": "m"})
    async with Simulator() as sim, RawClient(sim) as client:
        await client.send(path, headers, body)
        came = await client.read()
        assert came.status == 400
        assert field in came.json["error"]["message"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("body", [b"{", b"\xff", b"[]", b"null"])
async def test_a_body_that_is_no_json_object_is_refused(protocol: ProtocolName, body: bytes) -> None:
    """Broken JSON, broken UTF-8 and JSON of another kind are refused."""
    path, headers, _ = request_for(protocol, streamed=False)
    async with Simulator() as sim, RawClient(sim) as client:
        await client.send(path, headers, body)
        assert (await client.read()).status == 400


def without_key(protocol: ProtocolName) -> Mapping[str, str]:
    """Return the headers of a request that has no key."""
    return {"anthropic-version": "2023-06-01"} if protocol == "anthropic" else {}


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_missing_or_wrong_key_is_refused(protocol: ProtocolName) -> None:
    """No key at all is refused always, another one than the expected where one is expected."""
    missing, wrong = {"gemini": (403, 400)}.get(protocol, (401, 401))
    async with Simulator(key="expected") as sim:
        assert (await exchange(sim, protocol, streamed=True, headers=without_key(protocol))).status == missing
        assert (await exchange(sim, protocol, streamed=True)).status == wrong
    async with Simulator(key="key") as sim:
        assert (await exchange(sim, protocol, streamed=True)).status == 200


async def test_the_sdks_raise_their_own_errors_for_a_wrong_key() -> None:
    """The SDKs know the 401 for what it is."""
    async with Simulator(key="expected") as sim:
        async with anthropic.AsyncAnthropic(api_key="key", base_url=sim.url, max_retries=0) as client:
            with pytest.raises(anthropic.AuthenticationError, match="invalid x-api-key"):
                await client.messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": "x"}])
        async with openai.AsyncOpenAI(api_key="key", base_url=sim.openai_url, max_retries=0) as client:
            with pytest.raises(openai.AuthenticationError, match="Incorrect API key"):
                await client.responses.create(model="m", input="x")


@pytest.mark.parametrize("version", [None, "2020-01-01"])
async def test_anthropic_wants_a_version_that_it_knows(version: str | None) -> None:
    """A missing or unknown anthropic-version is a 400."""
    headers = {"x-api-key": "key", **({"anthropic-version": version} if version else {})}
    async with Simulator() as sim:
        came = await exchange(sim, "anthropic", streamed=False, headers=headers)
        assert came.status == 400
        assert "anthropic-version" in came.json["error"]["message"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_only_the_models_there_are_can_be_asked(protocol: ProtocolName) -> None:
    """With a list of models every other is a 404, and with a context window longer prompts are a 400."""
    async with Simulator(models=frozenset({"other"})) as sim:
        assert (await exchange(sim, protocol, streamed=False)).status == 404
    async with Simulator(context_window=10) as sim:
        assert (await exchange(sim, protocol, streamed=False)).status == 400
        assert sim.calls[0].role == "worker"


async def test_gemini_streams_as_sse_only() -> None:
    """Without alt=sse Gemini would stream a JSON array, which the simulator does not."""
    path, headers, body = request_for("gemini", streamed=True)
    async with Simulator() as sim, RawClient(sim) as client:
        await client.send(path.partition("?")[0], headers, body)
        assert (await client.read()).status == 400


async def test_gemini_takes_the_key_from_the_query() -> None:
    """The key may stand in the query, too."""
    path, _, body = request_for("gemini", streamed=True)
    async with Simulator(key="right") as sim, RawClient(sim) as client:
        await client.send(f"{path}&key=right", {}, body)
        assert (await client.read()).status == 200


@pytest.mark.parametrize("path", ["/", "/v1/messages/count_tokens", "/v2/responses"])
async def test_other_addresses_are_not_found(path: str) -> None:
    """What no provider serves is a 404 and no call."""
    async with Simulator() as sim, RawClient(sim) as client:
        await client.send(path, {}, {})
        assert (await client.read()).status == 404
        assert sim.calls == ()
