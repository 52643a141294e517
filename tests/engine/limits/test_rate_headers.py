"""What headers say of a model's limit: how it spreads calls, and how it reaches the limiter."""

from dataclasses import replace
from math import inf

import anyio
import pytest

from stretto.core.errors import ModelError
from stretto.core.models import ModelReply, ModelRequest, OnText, RateLimits
from stretto.engine.limits.concurrency import ConcurrencyGroup
from stretto.engine.limits.rate_headers import RateHeaders
from stretto.engine.limits.rate_limiter import RateLimiter
from tests.engine.stage import Stage, of_kind, plan, reply

pytestmark = pytest.mark.anyio

NONE_LEFT = RateLimits(requests_limit=60, requests_remaining=0, seconds_until_reset=30.0)


def observed_headers(left: int | None, seconds: float | None, *, limit: int | None = 60) -> RateHeaders:
    """Return what was made of this at 1.0, in answer to the call of 0.0."""
    headers = RateHeaders()
    limits = RateLimits(requests_limit=limit, requests_remaining=left, seconds_until_reset=seconds)
    headers.observed(limits, 0.0, 1.0)
    return headers


@pytest.mark.parametrize(
    ("left", "seconds", "limit", "ready_at"),
    [
        (10, 41.0, 60, 5.0),  # Ten calls for forty seconds are one in four.
        (10, 41.0, None, 5.0),
        (40, 21.0, 60, 1.0),  # Plenty.
        (0, 41.0, 60, 41.0),
        (1, 41.0, 60, 41.0),
        (10, 0.5, 60, 0.5),  # The reset is over.
        (0, None, 60, 0.0),
        (300, 36_000.0, 1_000, -inf),  # A quota for a day is nothing to wait for.
        (0, 36_000.0, 1_000, -inf),
        (None, 41.0, 60, -inf),  # A limit alone does not say whether calls are few.
    ],
)
def test_calls_that_are_left_are_spread_until_the_reset(
    left: int | None, seconds: float | None, limit: int | None, ready_at: float
):
    """A call after the one of 1.0 waits while less than half of the limit is left; with none left, for the reset."""
    assert observed_headers(left, seconds, limit=limit).ready_at(1.0) == pytest.approx(ready_at)


def test_an_older_call_that_ends_late_tells_nothing_new():
    """Answers that overtake each other do not bring back calls that are gone."""
    headers = observed_headers(10, 41.0)
    headers.observed(RateLimits(requests_limit=60, requests_remaining=60, seconds_until_reset=0.0), -1.0, 2.0)
    assert headers.ready_at(1.0) == pytest.approx(5.0)


async def test_an_answer_without_calls_left_holds_the_next_call_back():
    """The slot of a call takes what its answer said; the run hears of a pause worth saying, once."""
    limiter, group, heard = RateLimiter(), ConcurrencyGroup(4), list[float | None]()
    for limits in (replace(NONE_LEFT, seconds_until_reset=0.5), NONE_LEFT):
        async with limiter.slot("run", group, heard.append) as slot:
            slot.limits = limits
    assert heard == [pytest.approx(30.0, abs=1.0)]
    with anyio.move_on_after(0):
        async with limiter.slot("run", group):
            pytest.fail("there was no call left")


async def test_a_failed_call_tells_its_limits_too():
    """What an error carries counts like an answer's, whatever its kind."""
    limiter, group = RateLimiter(), ConcurrencyGroup(4)
    with pytest.raises(ModelError):
        async with limiter.slot("run", group):
            raise ModelError("cut", kind="cut", limits=NONE_LEFT)
    with anyio.move_on_after(0):
        async with limiter.slot("run", group):
            pytest.fail("there was no call left")


async def test_a_run_says_that_its_model_has_no_calls_left():
    """Limits go from a reply through the run's caller to the limiter, and the run says that it is held back."""

    async def work(request: ModelRequest, say: OnText) -> ModelReply:
        return replace(reply("<response>copy</response>"), limits=NONE_LEFT)

    events, result = await Stage([plan("a")], work).run()
    assert result.status == "complete"
    (waiting,) = of_kind(events, "run_waiting")
    assert (waiting.cause, waiting.model) == ("gate", "stage")
    assert waiting.seconds == pytest.approx(30.0, abs=1.0)
    assert "no further calls for 30 seconds" in waiting.message
