"""The bar under a rate limit, played through the real limiter and the real retry loop before a made-up provider."""

import math
import random
from collections.abc import Callable

import pytest

from stretto.core.models import RateLimits
from tests.engine.limits.virtual_provider import Latency, Meter, Outcome, Provider, long_tailed, simulate, steady

SETTLED = 3.0
"""Seconds after which the limiter has found the rate."""

RetryAfter = Callable[[float], float | None]


def silent(wait: float) -> float | None:
    """Say nothing of when to come back."""
    return None


def whole_seconds(wait: float) -> float | None:
    """Say it as the header does."""
    return float(math.ceil(wait))


def says(meter: Meter) -> RateLimits:
    """Say what is left in the bucket, and when it is full again."""
    provider = meter.provider
    return RateLimits(
        requests_limit=round(60 * provider.rate),
        requests_remaining=int(meter.level),
        seconds_until_reset=(provider.burst - meter.level) / provider.rate,
    )


def uneven(chance: random.Random) -> float:
    """Take three milliseconds, or five times as long."""
    return chance.uniform(0.003, 0.015)


def late(chance: random.Random) -> float:
    """Wake as a timer of whole milliseconds does in a process that is seldom, but then for long, busy otherwise."""
    delay = chance.uniform(0.0002, 0.0015)
    return delay + chance.choices((0.0, chance.uniform(0.0, 0.004), chance.uniform(0.003, 0.015)), (80, 17, 3))[0]


def keeps(outcome: Outcome, rate: float, share: float = 0.85, until: float = math.inf) -> None:
    """Check the bar: all finish, at most 5% refused, throughput at least this share of the rate."""
    assert outcome.failed == 0
    assert outcome.refused(SETTLED) <= 0.05
    assert outcome.rate(SETTLED, until) >= share * rate


@pytest.mark.parametrize("headers", [lambda meter: None, says], ids=["bare", "headers"])
@pytest.mark.parametrize("retry_after", [silent, whole_seconds])
@pytest.mark.parametrize("latency", [0.05, 0.5, 5.0])
@pytest.mark.parametrize(("burst", "share"), [(1, 0.7), (2, 0.85), (20, 0.85), (40, 0.85)])
def test_a_bucket_is_used_to_the_full_and_rarely_overrun(
    burst: int, share: float, latency: float, retry_after: RetryAfter, headers: Callable[[Meter], RateLimits | None]
):
    """With 200 calls at a time, whatever the bucket holds, however long a call takes, and whatever a response says."""
    provider = Provider(burst=burst, latency=steady(latency), retry_after=retry_after, headers=headers)
    keeps(simulate(provider, workers=300), 20.0, share)


@pytest.mark.parametrize("refusal", [0.004, 0.1])
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(("burst", "share"), [(1, 0.7), (2, 0.85)])
def test_requests_that_leave_sooner_or_later_than_they_should_cost_little(
    burst: int, share: float, seed: int, refusal: float
):
    """A small bucket is used by a process that has other things to do, and prepares one call faster than another."""
    provider = Provider(burst=burst, preparation=uneven, late=late, way=steady(0.001), refusal=steady(refusal))
    keeps(simulate(provider, workers=400, seed=seed), 20.0, share, until=20.0)  # Then few are left.


@pytest.mark.parametrize("latency", [steady(0.05), steady(5.0), long_tailed(2.0)])
def test_ten_calls_at_a_time_take_what_there_is(latency: Latency):
    """Where ten calls at a time are what limits the throughput, the rate does not."""
    outcome = simulate(Provider(latency=latency), workers=200, concurrency=10)
    keeps(outcome, min(20.0, 10 / outcome.latency))


def test_many_runs_share_a_bucket_fairly():
    """Twenty runs of ten workers each do as well as one of two hundred, and end at nearly the same time."""
    outcome = simulate(Provider(burst=5), workers=400, runs=20)
    keeps(outcome, 20.0)
    assert min(outcome.ends) > 0.8 * max(outcome.ends)


@pytest.mark.parametrize("left", [50_000, 20_000])
def test_headers_that_promise_too_much_are_not_believed(left: int):
    """What is refused counts for more than what is said to be left."""

    def promise(meter: Meter) -> RateLimits:
        return RateLimits(requests_limit=60_000, requests_remaining=left, seconds_until_reset=1.0)

    keeps(simulate(Provider(headers=promise), workers=300), 20.0)


@pytest.mark.parametrize(("out", "latency"), [((5.0, 65.0), 5.0), ((0.0, 30.0), 0.5), ((5.0, 7.0), 0.5)])
def test_a_bad_minute_is_over_when_it_is_over(out: tuple[float, float], latency: float):
    """After an outage the rate is back within ten seconds, and little was asked in it."""
    outcome = simulate(Provider(latency=steady(latency), out=out), workers=800)
    assert outcome.failed == 0
    asked = [at for at, _ in outcome.calls if out[0] + SETTLED <= at < out[1]]
    assert len(asked) <= 0.6 * (out[1] - out[0])
    assert outcome.rate(out[1] + 10, out[1] + 30) >= 17.0


@pytest.mark.parametrize(("latency", "concurrency"), [(0.05, 10), (5.0, 200)])
def test_one_refusal_out_of_nowhere_costs_next_to_nothing(latency: float, concurrency: int):
    """Another client behind the same account may be what made a call one too many: the work goes on as fast."""
    free = Provider(rate=1e6, burst=1e6, latency=steady(latency))
    hit = Provider(rate=1e6, burst=1e6, latency=steady(latency), stray=frozenset({300}))
    undisturbed = simulate(free, workers=600, concurrency=concurrency)
    assert simulate(hit, workers=600, concurrency=concurrency).ended < 1.1 * undisturbed.ended


@pytest.mark.parametrize(("rate", "burst", "share"), [(1, 1, 0.7), (2, 2, 0.85), (100, 100, 0.85)])
def test_other_rates_are_found_too(rate: int, burst: int, share: float):
    """Nothing in it is made for one rate."""
    outcome = simulate(Provider(rate=rate, burst=burst), workers=200 if rate < 10 else 1_000)
    assert outcome.failed == 0
    assert outcome.refused(40 / rate) <= 0.05
    assert outcome.rate(40 / rate) >= share * rate


def test_a_limit_on_calls_at_a_time_is_lived_with():
    """A provider that counts calls under way, not calls a second, is used for the most part and seldom overrun."""
    outcome = simulate(Provider(rate=1e6, burst=1e6, latency=steady(2.0), at_once=5), workers=200)
    assert outcome.failed == 0
    assert outcome.refused(20) <= 0.1
    assert outcome.rate(20) > 0.6 * 5 / 2.0
