"""How fast workers call, played through the real gate and the real retry loop against providers that are made up."""

import math
import random
from collections.abc import Callable

import pytest

from stretto.core.models import RateLimits
from tests.engine.rehearsal import Latency, Meter, Outcome, Provider, long_tailed, rehearse, steady

SETTLED = 3.0
"""Seconds after which the gate has found the rate."""

RetryAfter = Callable[[float], float | None]


def silent(wait: float) -> float | None:
    """Say nothing of when to come back."""
    return None


def whole_seconds(wait: float) -> float | None:
    """Say it as the header does."""
    return float(math.ceil(wait))


def uneven(chance: random.Random) -> float:
    """Take three milliseconds, or five times as long."""
    return chance.uniform(0.003, 0.015)


def late(chance: random.Random) -> float:
    """Wake as a timer of whole milliseconds does in a process that is seldom, but then for long, busy otherwise."""
    delay = chance.uniform(0.0002, 0.0015)
    return delay + chance.choices((0.0, chance.uniform(0.0, 0.004), chance.uniform(0.003, 0.015)), (80, 17, 3))[0]


def keeps(outcome: Outcome, rate: float, until: float = math.inf) -> None:
    """Check the bar: all finish, fewer than 5% refused, throughput within 10% of the rate."""
    assert outcome.failed == 0
    assert outcome.refused(SETTLED) < 0.05
    assert outcome.rate(SETTLED, until) >= 0.9 * rate


@pytest.mark.parametrize("retry_after", [silent, whole_seconds])
@pytest.mark.parametrize("latency", [0.05, 5.0])
@pytest.mark.parametrize("burst", [1, 2, 5, 10, 20, 40])
def test_a_bucket_is_used_to_the_full_and_rarely_overrun(burst: int, latency: float, retry_after: RetryAfter):
    """With 200 calls at a time, whatever the bucket holds, however long a call takes, and whatever a refusal says."""
    keeps(rehearse(Provider(burst=burst, latency=steady(latency), retry_after=retry_after), workers=400), 20.0)


@pytest.mark.parametrize("latency", [steady(0.05), steady(1.0), steady(5.0), long_tailed(2.0)])
@pytest.mark.parametrize("burst", [1, 20])
def test_ten_calls_at_a_time_take_what_there_is(burst: int, latency: Latency):
    """Where ten calls at a time are what limits the throughput, the gate does not."""
    outcome = rehearse(Provider(burst=burst, latency=latency), workers=400, concurrency=10)
    keeps(outcome, min(20.0, 10 / outcome.latency))


def test_many_runs_share_a_bucket_fairly():
    """Twenty runs of ten workers each do as well as one of two hundred, and end at nearly the same time."""
    outcome = rehearse(Provider(burst=5), workers=400, runs=20)
    keeps(outcome, 20.0)
    assert min(outcome.ends) > 0.8 * max(outcome.ends)


def test_refusals_that_are_slow_to_come_do_not_mislead():
    """When a refusal takes half a second the rate is still found, though later: what was sent since is sent."""
    outcome = rehearse(Provider(refusal=steady(0.5)), workers=600)
    assert outcome.failed == 0
    assert outcome.refused(2 * SETTLED) < 0.05
    assert outcome.rate(2 * SETTLED) >= 18.0


@pytest.mark.parametrize("left", [50_000, 20_000])
def test_headers_that_promise_too_much_are_not_believed(left: int):
    """What is refused counts for more than what is said to be left."""

    def promise(meter: Meter) -> RateLimits:
        return RateLimits(requests_limit=60_000, requests_remaining=left, seconds_until_reset=1.0)

    keeps(rehearse(Provider(headers=promise), workers=400), 20.0)


@pytest.mark.parametrize("seed", range(5))
def test_requests_that_are_ready_sooner_or_later_leave_evenly(seed: int):
    """A bucket that holds a single call is used, too, though one call takes longer to prepare than another."""
    provider = Provider(burst=1, preparation=uneven, way=steady(0.001))
    keeps(rehearse(provider, workers=400, seed=seed), 20.0)


@pytest.mark.parametrize("retry_after", [silent, whole_seconds])
@pytest.mark.parametrize("refusal", [0.004, 0.1])
@pytest.mark.parametrize("seed", range(8))
def test_requests_that_leave_late_now_and_then_cost_little(seed: int, refusal: float, retry_after: RetryAfter):
    """A bucket that holds a single call is used by a process that has other things to do, too."""
    provider = Provider(
        burst=1, preparation=uneven, late=late, way=steady(0.001), refusal=steady(refusal), retry_after=retry_after
    )
    keeps(rehearse(provider, workers=400, seed=seed), 20.0, until=20.0)  # Then few are left.


@pytest.mark.parametrize(("out", "latency"), [((5.0, 65.0), 5.0), ((0.0, 30.0), 0.5)])
def test_a_bad_minute_is_over_when_it_is_over(out: tuple[float, float], latency: float):
    """After an outage the rate is back within ten seconds, and little was asked in it."""
    outcome = rehearse(Provider(latency=steady(latency), out=out), workers=800)
    assert outcome.failed == 0
    asked = [at for at, _ in outcome.calls if out[0] + SETTLED <= at < out[1]]
    assert len(asked) <= 0.6 * (out[1] - out[0])
    assert outcome.rate(out[1] + 10, out[1] + 30) >= 18.0


@pytest.mark.parametrize(("latency", "concurrency"), [(0.5, 10), (0.05, 10), (5.0, 200)])
def test_one_refusal_out_of_nowhere_costs_next_to_nothing(latency: float, concurrency: int):
    """Another client behind the same account may be what made a call one too many: the work goes on as fast."""
    free = Provider(rate=1e6, burst=1e6, latency=steady(latency))
    hit = Provider(rate=1e6, burst=1e6, latency=steady(latency), stray=frozenset({300}))
    undisturbed = rehearse(free, workers=1_000, concurrency=concurrency)
    assert rehearse(hit, workers=1_000, concurrency=concurrency).ended < 1.1 * undisturbed.ended


@pytest.mark.parametrize(("stray", "share"), [((400,), 0.9), ((400, 401, 402), 0.7)])
def test_a_settled_rate_survives_refusals_out_of_nowhere(stray: tuple[int, ...], share: float):
    """One that has nothing to do with the rate costs little; three in a row are mostly got over in fifteen seconds."""
    outcome = rehearse(Provider(burst=1, stray=frozenset(stray)), workers=900)
    hit = outcome.calls[400][0]
    assert outcome.rate(hit + 15, hit + 25) >= share * 20


@pytest.mark.parametrize("rate", [1, 2, 100])
def test_other_rates_are_found_too(rate: int):
    """Nothing in it is made for one rate."""
    outcome = rehearse(Provider(rate=rate, burst=rate), workers=200 if rate < 10 else 1_000)
    assert outcome.failed == 0
    assert outcome.refused(40 / rate) < 0.1
    assert outcome.rate(40 / rate) >= 0.9 * rate


def test_a_limit_on_calls_at_a_time_is_lived_with():
    """A provider that counts calls under way, not calls a second, is used for the most part and seldom overrun."""
    outcome = rehearse(Provider(rate=1e6, burst=1e6, latency=steady(2.0), at_once=5), workers=200)
    assert outcome.failed == 0
    assert outcome.refused(20) < 0.1
    assert outcome.rate(20) > 0.6 * 5 / 2.0
