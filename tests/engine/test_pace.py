"""What a gate learns, played against a token bucket on a clock of its own."""

import heapq
import random
from collections.abc import Callable

import pytest

from stretto.core.models import RateLimits
from stretto.engine.pace import LONGEST_PAUSE, Pace


class Bucket:
    """A provider's token bucket."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst, self.tokens, self.at = rate, burst, burst, 0.0

    def take(self, now: float) -> bool:
        """Return whether a call at `now` is let in."""
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    def limits(self, *, whole_seconds: bool) -> RateLimits:
        """Return what the headers of the latest call say; moments in whole seconds are read as a second less."""
        reset = (self.burst - self.tokens) / self.rate
        return RateLimits(
            requests_limit=round(60 * self.rate),
            requests_remaining=int(self.tokens),
            seconds_until_reset=max(0.0, (self.at + reset) // 1 - self.at // 1 - 1) if whole_seconds else reset,
        )


def play(
    pace: Pace,
    bucket: Bucket,
    *,
    seconds: float,
    latency: float,
    seed: int,
    headers: Callable[[], RateLimits] | None = None,
) -> list[tuple[float, bool]]:
    """Call without end, as fast as the pace allows; return when each call was made and whether it was let in."""
    chance = random.Random(seed)
    calls: list[tuple[float, bool]] = []
    ends: list[tuple[float, int, float, bool, RateLimits | None]] = []
    now, flying = 0.0, 0
    while now < seconds:
        ready = pace.ready_at(now)
        if flying < int(pace.limit) and ready <= now:
            pace.started(now)
            taken = bucket.take(now)
            calls.append((now, taken))
            ended = now + (latency * chance.uniform(0.5, 1.5) if taken else 0.02)
            heapq.heappush(ends, (ended, len(calls), now, taken, headers() if headers else None))
            flying += 1
            continue
        upcoming = [end[0] for end in ends[:1]] + ([ready] if flying < int(pace.limit) else [])
        now = max(now, min(upcoming))
        while ends and ends[0][0] <= now:
            _, _, started, taken, limits = heapq.heappop(ends)
            flying -= 1
            if limits:
                pace.observed(limits, started, now, flying)
            if taken:
                pace.succeeded(started, now)
            else:
                pace.refused(started, now, None)
    return calls


@pytest.mark.parametrize("latency", [0.05, 0.5, 2.0])
@pytest.mark.parametrize("burst", [1, 20, 60])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_bucket_is_used_to_the_full_and_rarely_overrun(latency: float, burst: float, seed: int):
    """Once settled, fewer than 5% of the calls are refused and the throughput is within 10% of the bucket's rate."""
    calls = play(Pace(50), Bucket(20, burst), seconds=70, latency=latency, seed=seed)
    settled = [taken for at, taken in calls if at >= 10]
    assert settled.count(False) / len(settled) < 0.05
    assert settled.count(True) / 60 > 0.9 * 20


def timed(most: int, latency: float = 0.001) -> Pace:
    """Return a pace that has seen how long one answer takes."""
    pace = Pace(most)
    pace.started(0.0)
    pace.succeeded(0.0, latency)
    return pace


def test_a_burst_of_refusals_lowers_the_limits_once():
    """Calls that were under way when the limits were lowered do not lower them again; later ones do."""
    pace = timed(40)
    for _ in range(40):
        pace.started(1.0)
    lowered = [pace.refused(1.0, 1.1, None) for _ in range(39)]
    assert lowered.count(True) == 1
    assert pace.limit == 20
    pace.started(1.2)
    assert pace.refused(1.2, 1.3, None)
    assert pace.limit == 10


def test_as_many_calls_stay_allowed_as_the_rate_takes():
    """A rate of forty and answers that take a second: forty calls are under way, however many are refused."""
    pace = timed(200, latency=1.0)
    for at in (1.0, 2.0, 3.0, 4.0, 5.0):
        pace.started(at)
        pace.refused(at, at + 0.1, None)
        assert pace.limit >= (pace.rate or 0.0) * 1.0


def test_until_an_answer_was_timed_the_rate_alone_holds_calls_back():
    """How many calls at a time a rate takes is not known before it is known how long they take."""
    pace = Pace(40)
    pace.started(0.0)
    assert pace.refused(0.0, 0.1, None)
    assert pace.limit == 40


def test_a_pause_that_was_asked_for_holds_everybody():
    """Retry-After keeps every call back for as long as it says."""
    pace = Pace(4)
    pace.started(0.0)
    pace.refused(0.0, 1.0, 7.5)
    assert pace.ready_at(1.0) == 8.5


def test_a_pause_of_a_second_is_rounding():
    """A second is the least that Retry-After says of any wait at all: it does not hold everybody."""
    pace = Pace(4)
    pace.started(0.0)
    pace.refused(0.0, 1.0, 1.0)
    assert pace.ready_at(1.0) < 1.1


def test_limits_grow_back():
    """Each round of answered calls lets one more through, up to the limit that was set; the pace is forgotten."""
    pace = timed(8)
    pace.started(1.0)
    pace.refused(1.0, 1.0, None)
    assert pace.limit == 4
    for number in range(60):
        pace.succeeded(float(number), number + 0.001)
    assert pace.limit == 8
    assert pace.ready_at(1_000.0) <= 1_000.0
    pace.started(1_000.0)
    assert pace.rate is None


@pytest.mark.parametrize("whole_seconds", [False, True])
@pytest.mark.parametrize("latency", [0.05, 0.5, 2.0])
@pytest.mark.parametrize("burst", [1, 20, 60, 1200])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_model_that_says_its_limits_refuses_nothing(whole_seconds: bool, latency: float, burst: int, seed: int):
    """Once headers were seen no call is refused, and the throughput is within 10% of the bucket's rate."""
    bucket = Bucket(20, burst)
    calls = play(
        Pace(50),
        bucket,
        seconds=70,
        latency=latency,
        seed=seed,
        headers=lambda: bucket.limits(whole_seconds=whole_seconds),
    )
    first_refused = next((at for at, taken in calls if not taken), 70.0)
    heard = min(first_refused + 0.02, latency / 2)
    assert all(taken for at, taken in calls if at > heard)
    assert sum(taken for at, taken in calls if at >= 10) / 60 > 0.9 * 20


def told(remaining: int, seconds: float | None = None, *, limit: int | None = None, others: int = 0) -> Pace:
    """Return the pace of a model that said this at 1.0 of the one call of 0.0."""
    pace = Pace(8)
    pace.started(0.0)
    limits = RateLimits(requests_limit=limit, requests_remaining=remaining, seconds_until_reset=seconds)
    pace.observed(limits, 0.0, 1.0, others)
    return pace


def gap(pace: Pace, at: float = 1.0) -> float:
    """Return how long the next call waits for after one that starts at `at`; 0 for not at all."""
    pace.started(at)
    return max(0.0, pace.ready_at(at) - at)


def test_few_calls_that_are_left_are_spread_until_the_reset():
    """Ten calls for forty seconds are one in four, whatever the limit would allow; with plenty left none waits."""
    assert gap(told(10, 40.0, limit=60)) == pytest.approx(4.0)
    assert gap(told(40, 20.0, limit=60)) == 0.0
    assert gap(told(10, 0.1, limit=60)) == pytest.approx(60 / (0.98 * 60))
    assert gap(told(10, limit=60)) == pytest.approx(60 / (0.98 * 60))


def test_calls_under_way_and_calls_made_since_count_as_made():
    """What was left is less by the calls that nobody has heard of yet."""
    pace = told(32, 28.0, limit=60)
    assert [gap(pace) for _ in range(2)] == [0.0, 0.0]
    assert gap(pace) > 0.0
    assert gap(told(32, 28.0, limit=60, others=5)) > 0.0


@pytest.mark.parametrize(("seconds", "until"), [(20.0, 20.0), (3_600.0, 1.0 + LONGEST_PAUSE), (0.5, 1.0), (None, 1.0)])
def test_when_no_call_is_left_all_wait_until_the_reset(seconds: float | None, until: float):
    """The wait counts from the call that was told so, and is never longer than the longest pause."""
    pace = Pace(8)
    pace.started(0.0)
    limits = RateLimits(requests_remaining=0, seconds_until_reset=seconds)
    assert pace.observed(limits, 0.0, 1.0, 0) == until - 1.0
    assert pace.observed(limits, 0.0, 1.0, 0) == 0.0
    assert max(1.0, pace.ready_at(1.0)) == until


def test_a_quota_for_a_day_is_nothing_to_pace_by():
    """A few hundred calls left until midnight may be made at once."""
    assert gap(told(300, 36_000.0, limit=1_000)) == 0.0


def test_an_older_call_that_ends_late_tells_nothing_new():
    """Answers that overtake each other do not bring back calls that are gone."""
    pace = told(5, 55.0, limit=60)
    stale = RateLimits(requests_limit=60, requests_remaining=60, seconds_until_reset=0.0)
    assert pace.observed(stale, -1.0, 2.0, 0) == 0.0
    assert gap(pace, 2.0) == pytest.approx(11.0)


def test_headers_that_say_nothing_of_what_is_left_change_nothing():
    """A limit alone does not say whether calls are few."""
    pace = Pace(8)
    assert pace.observed(RateLimits(requests_limit=60), 0.0, 1.0, 0) == 0.0
    assert gap(pace) == 0.0


def test_what_was_said_is_forgotten():
    """Two minutes later the model is as good as unknown."""
    pace = told(1, 59.0, limit=60)
    assert gap(pace, 120.0) > 0.0
    assert gap(pace, 122.0) == 0.0


def test_the_slower_of_what_was_told_and_what_was_refused_holds():
    """A rate that headers tell is kept to when refusals would allow more."""
    pace = told(0, 0.05, limit=1_200)
    assert pace.refused(0.0, 1.0, None)
    assert (pace.rate or 0.0) > 20
    assert gap(pace, 2.0) == pytest.approx(1 / (0.98 * 20))


def test_another_limit_takes_effect_and_refusals_stay_learnt():
    """A limit set anew holds at once; one that refusals have lowered is not raised by it."""
    pace = timed(10)
    pace.allow(2)
    assert pace.limit == 2
    pace.allow(40)
    assert pace.limit == 40
    pace.started(1.0)
    pace.refused(1.0, 1.0, None)
    pace.allow(50)
    assert pace.limit == 20
    pace.allow(8)
    assert pace.limit == 8
