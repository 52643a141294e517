"""The rate limit is a token bucket, and its headers are the providers'."""

import asyncio

import pytest

from tests.simulator import Bucket, Simulator
from tests.simulator.asked import ProtocolName
from tests.simulator.bucket import Meter
from tests.simulator_tests.clients import PROTOCOLS, exchange

pytestmark = pytest.mark.anyio


class Clock:
    """A clock that the test moves."""

    now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def test_the_bucket_lets_in_the_burst_and_then_the_rate() -> None:
    """As many as the burst go in at once, then one each time a token has come, and never more than the burst."""
    clock = Clock()
    meter = Meter(Bucket(rate=20, burst=5), clock)
    assert [meter.take().wait for _ in range(6)] == pytest.approx([0, 0, 0, 0, 0, 0.05])
    clock.now = 0.05
    assert meter.take().wait == 0
    assert meter.take().wait == pytest.approx(0.05)
    clock.now = 100.0
    assert [meter.take().wait > 0 for _ in range(6)] == [False] * 5 + [True]


def test_a_client_that_keeps_the_rate_is_never_refused() -> None:
    """Exactly the rate goes through for as long as one likes."""
    clock = Clock()
    meter = Meter(Bucket(rate=20, burst=1), clock)
    for number in range(2000):
        clock.now = number / 20
        assert meter.take().wait == 0


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_refused_call_is_told_how_long_to_wait(protocol: ProtocolName) -> None:
    """Past the burst comes a 429 with whole seconds to wait, in the provider's place for it; then it goes on."""
    clock = Clock()
    async with Simulator(bucket=Bucket(rate=0.5, burst=2), clock=clock) as sim:
        statuses = [(await exchange(sim, protocol, streamed=False)).status for _ in range(2)]
        refused = await exchange(sim, protocol, streamed=True)
        assert (statuses, refused.status) == ([200, 200], 429)
        if protocol == "gemini":
            assert refused.json["error"]["details"][-1]["retryDelay"] == "2s"
        else:
            assert refused.headers["retry-after"] == "2"
        clock.now = 2.0
        assert (await exchange(sim, protocol, streamed=False)).status == 200
        assert [call.fault for call in sim.calls] == ["", "", "bucket", ""]


async def test_the_wait_can_be_kept_silent() -> None:
    """A provider may refuse without saying how long to wait."""
    async with Simulator(bucket=Bucket(rate=1, burst=1, retry_after=False), clock=Clock()) as sim:
        await exchange(sim, "chat", streamed=False)
        refused = await exchange(sim, "chat", streamed=False)
        assert refused.status == 429
        assert "retry-after" not in refused.headers


async def test_headers_say_where_the_account_stands() -> None:
    """Anthropic and OpenAI say limit, remaining and reset, each in its own form."""
    async with Simulator(bucket=Bucket(rate=1, burst=120), clock=Clock()) as sim:
        anthropic = (await exchange(sim, "anthropic", streamed=False)).headers
        assert anthropic["anthropic-ratelimit-requests-limit"] == "60"
        assert anthropic["anthropic-ratelimit-requests-remaining"] == "119"
        assert anthropic["anthropic-ratelimit-requests-reset"].endswith("Z")
        assert anthropic["request-id"].startswith("req_")
        openai = (await exchange(sim, "responses", streamed=True)).headers
        assert openai["x-ratelimit-remaining-requests"] == "119"
        assert openai["x-ratelimit-reset-requests"] == "1s"
        assert openai["x-request-id"].startswith("req_")
        await asyncio.gather(*(exchange(sim, "responses", streamed=False) for _ in range(79)))
        last = (await exchange(sim, "responses", streamed=False)).headers
        assert last["x-ratelimit-reset-requests"] == "1m21s"


async def test_short_resets_are_written_in_milliseconds() -> None:
    """OpenAI writes less than a second in milliseconds."""
    async with Simulator(bucket=Bucket(rate=10, burst=5), clock=Clock()) as sim:
        headers = (await exchange(sim, "chat", streamed=False)).headers
        assert headers["x-ratelimit-reset-requests"] == "100ms"


async def test_each_model_has_its_own_limit() -> None:
    """One model's calls do not use up another's."""
    async with Simulator(bucket=Bucket(rate=1, burst=1), clock=Clock()) as sim:
        for model, status in (("gpt-5", 200), ("gpt-5-mini", 200), ("gpt-5", 429)):
            assert (await exchange(sim, "chat", streamed=False, body={"model": model})).status == status
