"""Each provider's prompt cache counts by that provider's rule."""

import asyncio
from typing import Any

import pytest
from anthropic import AsyncAnthropic

from tests.simulator import Fault, Hold, Script, Simulator
from tests.simulator.asked import ProtocolName
from tests.simulator_tests.clients import WORKER, ask, exchange

pytestmark = pytest.mark.anyio

GUIDE = "The brand is warm, calm and never loud; it says what a thing does. " * 300
"""About 5,000 tokens."""
GUIDE_TOKENS = 5025


class Clock:
    """A clock that the test moves."""

    now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def marked(text: str, ttl: str = "5m") -> dict[str, Any]:
    """Return a text block with a cache mark."""
    return {"type": "text", "text": text, "cache_control": {"type": "ephemeral", "ttl": ttl}}


async def anthropic_usage(sim: Simulator, blocks: list[Any], *, streamed: bool = False, **fields: Any) -> Any:
    """Ask with these blocks and return the usage."""
    messages = [{"role": "user", "content": blocks}]
    body = {"messages": messages, "model": "claude-sonnet-4-1", **fields}
    return (await exchange(sim, "anthropic", streamed=streamed, body=body)).json["usage"]


def worker(number: int) -> dict[str, Any]:
    """Return the block with a worker's own instructions."""
    return {"type": "text", "text": f"{WORKER} Number {number}."}


async def test_ten_workers_read_a_marked_prefix_nine_times() -> None:
    """With the real SDK: the first call writes the guide, and nine others read it at once."""
    async with Simulator() as sim, AsyncAnthropic(api_key="key", base_url=sim.url, max_retries=0) as client:

        async def call(number: int) -> Any:
            content: Any = [marked(GUIDE), worker(number)]
            message = await client.messages.create(
                model="claude-haiku-4-5", max_tokens=500, messages=[{"role": "user", "content": content}]
            )
            return message.usage

        first = await call(0)
        others = await asyncio.gather(*(call(number) for number in range(1, 10)))
        assert (first.cache_creation_input_tokens, first.cache_read_input_tokens) == (GUIDE_TOKENS, 0)
        assert first.cache_creation.ephemeral_5m_input_tokens == GUIDE_TOKENS
        assert [usage.cache_read_input_tokens for usage in others] == [GUIDE_TOKENS] * 9
        assert all(usage.cache_creation_input_tokens == 0 and usage.input_tokens < 30 for usage in others)
        assert [call.cached_tokens for call in sim.calls] == [0, *[GUIDE_TOKENS] * 9]


async def test_an_entry_is_readable_only_once_the_first_response_has_begun() -> None:
    """A call that comes before the first response has begun writes the entry once more; one after it reads it."""
    script = Script(
        (Fault(effects=(Hold(name="first"),), times=1), Fault(effects=(Hold(name="rest", after_tokens=8),)))
    )
    async with Simulator(script=script) as sim:

        def call(number: int) -> Any:
            return anthropic_usage(sim, [marked(GUIDE), worker(number)])

        first = asyncio.create_task(call(0))
        await sim.until(lambda calls: calls and calls[0].fault)
        second = asyncio.create_task(call(1))
        # The second has begun its response but is not at its end: that is enough for the third.
        await sim.until(lambda calls: len(calls) == 2 and calls[1].status == 200)
        third = asyncio.create_task(call(2))
        await sim.until(lambda calls: len(calls) == 3 and calls[2].status == 200)
        sim.release("first")
        sim.release("rest")
        read = [(await usage)["cache_read_input_tokens"] for usage in (first, second, third)]
        written = [call.written_tokens for call in sim.calls]
        assert read == [0, 0, GUIDE_TOKENS]
        assert written == [GUIDE_TOKENS, GUIDE_TOKENS, 0]


async def test_a_prefix_without_a_mark_is_not_cached() -> None:
    """Anthropic caches nothing that the client has not marked."""
    async with Simulator() as sim:
        for _ in range(2):
            usage = await anthropic_usage(sim, [{"type": "text", "text": GUIDE}, worker(1)])
            assert (usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"]) == (0, 0)


async def test_one_changed_byte_before_the_mark_reads_nothing() -> None:
    """The prefix must be the same, system prompt and tools included."""
    async with Simulator() as sim:
        await anthropic_usage(sim, [marked(GUIDE), worker(1)], system="Be kind.")
        changed = await anthropic_usage(sim, [marked(GUIDE), worker(1)], system="Be kind!")
        assert changed["cache_read_input_tokens"] == 0
        with_tool = await anthropic_usage(sim, [marked(GUIDE)], system="Be kind.", tools=[{"name": "t"}])
        assert with_tool["cache_read_input_tokens"] == 0
        same = await anthropic_usage(sim, [marked(GUIDE), worker(2)], system="Be kind.")
        assert same["cache_read_input_tokens"] == GUIDE_TOKENS + 2
        other_model = await anthropic_usage(sim, [marked(GUIDE)], system="Be kind.", model="claude-opus-4-1")
        assert other_model["cache_read_input_tokens"] == 0


@pytest.mark.parametrize(
    ("model", "minimum"), [("claude-sonnet-4-1", 1024), ("claude-haiku-3-5", 2048), ("claude-haiku-4-5", 4096)]
)
async def test_a_short_prefix_is_not_cached(model: str, minimum: int) -> None:
    """Each model has a least number of tokens."""
    async with Simulator() as sim:
        for size, written in ((minimum - 1, 0), (minimum, minimum)):
            usage = await anthropic_usage(sim, [marked("abcd" * size), worker(1)], model=model)
            assert usage["cache_creation_input_tokens"] == written


async def test_an_entry_lives_five_minutes_from_its_last_reading() -> None:
    """Reading renews an entry; five minutes later it is gone, and one marked for an hour is not."""
    clock = Clock()
    async with Simulator(clock=clock) as sim:
        short, long = [marked(GUIDE), worker(1)], [marked("!" + GUIDE, "1h"), worker(1)]
        await anthropic_usage(sim, short)
        written = await anthropic_usage(sim, long)
        assert written["cache_creation"]["ephemeral_1h_input_tokens"] > GUIDE_TOKENS - 1
        for moment, read in ((299.0, True), (598.0, True), (898.0, False)):
            clock.now = moment
            assert ((await anthropic_usage(sim, short))["cache_read_input_tokens"] > 0) is read
        assert (await anthropic_usage(sim, long))["cache_read_input_tokens"] > 0


async def test_a_conversation_reads_what_its_last_turn_wrote() -> None:
    """A mark looks back over earlier blocks, twenty of them, for an entry."""
    filler = [{"type": "text", "text": f"block {number}"} for number in range(25)]
    async with Simulator() as sim:
        await anthropic_usage(sim, [marked(GUIDE)])
        near = await anthropic_usage(sim, [{"type": "text", "text": GUIDE}, *filler[:10], marked("end")])
        assert near["cache_read_input_tokens"] == GUIDE_TOKENS
        assert near["cache_creation_input_tokens"] == 21
        far = await anthropic_usage(sim, [{"type": "text", "text": GUIDE}, *filler[:24], marked("far")])
        assert far["cache_read_input_tokens"] == 0


async def test_two_marks_are_two_entries() -> None:
    """A request may write several prefixes, and the longest that matches is read."""
    async with Simulator() as sim:
        first = await anthropic_usage(sim, [marked(GUIDE), marked(GUIDE), worker(1)])
        assert first["cache_creation_input_tokens"] == 2 * GUIDE_TOKENS
        other = await anthropic_usage(sim, [marked(GUIDE), marked(GUIDE[::-1]), worker(1)])
        assert (other["cache_read_input_tokens"], other["cache_creation_input_tokens"]) == (GUIDE_TOKENS, GUIDE_TOKENS)
        whole = await anthropic_usage(sim, [marked(GUIDE), marked(GUIDE), worker(2)])
        assert whole["cache_read_input_tokens"] == 2 * GUIDE_TOKENS


async def test_a_mark_on_the_request_marks_its_last_block() -> None:
    """`cache_control` beside the messages caches the whole prompt."""
    mark = {"type": "ephemeral"}
    async with Simulator() as sim:
        await anthropic_usage(sim, [{"type": "text", "text": GUIDE}], cache_control=mark)
        again = await anthropic_usage(sim, [{"type": "text", "text": GUIDE}], cache_control=mark)
        assert (again["cache_read_input_tokens"], again["input_tokens"]) == (GUIDE_TOKENS, 0)


@pytest.mark.parametrize("protocol", ["chat", "responses", "gemini"])
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_others_cache_by_themselves_in_steps(protocol: ProtocolName, streamed: bool) -> None:
    """OpenAI and Gemini cache from 1,024 tokens on, in steps of 128, and say so in the usage."""
    async with Simulator() as sim:
        first = await ask(sim, protocol, GUIDE + "one" + WORKER, streamed=streamed)
        second = await ask(sim, protocol, GUIDE + "two" + WORKER, streamed=streamed)
        assert (first.cached, second.cached) == (0, GUIDE_TOKENS // 128 * 128)
        short = "word" * 1023
        await ask(sim, protocol, short, streamed=streamed)
        assert (await ask(sim, protocol, short, streamed=streamed)).cached == 0
        enough = "text" * 1024
        await ask(sim, protocol, enough, streamed=streamed)
        assert (await ask(sim, protocol, enough, streamed=streamed)).cached == 1024


async def test_openai_keeps_a_prefix_on_one_machine_up_to_fifteen_a_minute() -> None:
    """Past fifteen calls a minute with one prefix and key, calls find a cold machine; other keys have others."""
    clock = Clock()

    def call(sim: Simulator, key: str) -> Any:
        return exchange(sim, "chat", GUIDE, streamed=False, body={"prompt_cache_key": key})

    async with Simulator(clock=clock) as sim:
        for _ in range(17):
            await call(sim, "a")
        await call(sim, "b")
        clock.now = 61.0
        await call(sim, "a")
        hits = [call.cached_tokens > 0 for call in sim.calls]
        assert hits == [False, *[True] * 14, False, True, False, True]


async def test_the_least_number_of_tokens_can_be_set() -> None:
    """A test with short prompts can lower the minimum."""
    async with Simulator(cache_minimum=0) as sim:
        for read in (0, 2):
            usage = await anthropic_usage(sim, [marked("short")])
            assert usage["cache_read_input_tokens"] == read
        assert (await ask(sim, "gemini", "a" * 600, streamed=False)).cached == 0
        assert (await ask(sim, "gemini", "a" * 600, streamed=False)).cached == 128
