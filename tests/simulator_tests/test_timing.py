"""Tokens come when they are due, and one timer wakes all that are due together."""

import asyncio
import math

import pytest

from tests.simulator import INSTANT, REALISTIC, Simulator, Timing
from tests.simulator.asked import ProtocolName
from tests.simulator.timing import Ticker
from tests.simulator.tokens import count_tokens, cut_pieces, first_tokens
from tests.simulator_tests.clients import PROTOCOLS, ask

pytestmark = pytest.mark.anyio


def test_what_is_due_follows_from_rate_and_speed() -> None:
    """The first token and the rate say when, the speed divides it, and infinite speed does not wait."""
    assert INSTANT.due(10**9) == 0
    assert REALISTIC.due(80) == pytest.approx(1.6)
    assert Timing(first_token=1, tokens_per_second=10, speed=4).due(10) == pytest.approx(0.5)
    assert Timing(first_token=1, tokens_per_second=10, speed=math.inf).due(10) == 0


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_an_answer_takes_its_time(protocol: ProtocolName, streamed: bool) -> None:
    """An answer of so many tokens ends no earlier than the timing says."""
    timing = Timing(first_token=0.02, tokens_per_second=400)
    async with Simulator(timing=timing, answers=lambda _: "word " * 16) as sim:
        await ask(sim, protocol, streamed=streamed)
        (call,) = sim.calls
        assert (call.ended_at or 0) - call.at >= timing.due(20) - 0.001


async def test_all_that_are_due_together_wake_together() -> None:
    """A thousand waiters in one tick cost one timer, and one that gave up harms nobody."""
    loop, ticker = asyncio.get_running_loop(), Ticker(tick=0.01)
    when = loop.time() + 0.02
    waiters = [asyncio.create_task(ticker.until(when)) for _ in range(1000)]
    await asyncio.sleep(0)
    waiters[0].cancel()
    await asyncio.gather(*waiters[1:])
    assert loop.time() >= when
    await ticker.until(loop.time() - 1)


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("abcd", 1), ("abcde", 2), ("水瓶", 2), ("水abcde", 3), ("naïve", 3)]
)
def test_tokens_follow_the_stated_rule(text: str, tokens: int) -> None:
    """Four ASCII characters, or one other character, are a token; pieces and counts agree."""
    assert count_tokens(text) == tokens
    for size in (1, 2, 7):
        pieces = cut_pieces(text, size)
        assert "".join(pieces) == text
        assert all(count_tokens(piece) <= size for piece in pieces)
        assert sum(count_tokens(piece) for piece in pieces) == tokens
    assert first_tokens(text, tokens) == text
    assert count_tokens(first_tokens(text, 1)) == min(tokens, 1)
