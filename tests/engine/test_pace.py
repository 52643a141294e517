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


def test_a_burst_of_refusals_lowers_the_limits_once():
    """Calls that were under way when the limits were lowered do not lower them again; later ones do."""
    pace = Pace(40)
    for _ in range(40):
        pace.started(0.0)
    lowered = [pace.refused(0.0, 0.1, None) for _ in range(39)]
    assert lowered.count(True) == 1
    assert pace.limit == 20
    pace.started(0.2)
    assert pace.refused(0.2, 0.3, None)
    assert pace.limit == 10


def test_a_pause_that_was_asked_for_holds_everybody():
    """Retry-After keeps every call back for as long as it says."""
    pace = Pace(4)
    pace.started(0.0)
    pace.refused(0.0, 1.0, 7.5)
    assert pace.ready_at(1.0) == 8.5


def test_limits_grow_back():
    """Each round of answered calls lets one more through, up to the limit that was set; the pace is forgotten."""
    pace = Pace(8)
    pace.started(0.0)
    pace.refused(0.0, 0.0, None)
    assert pace.limit == 4
    for number in range(60):
        pace.succeeded(float(number), number + 0.5)
    assert pace.limit == 8
    assert pace.ready_at(1_000.0) <= 1_000.0
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
    first_answer = min(0.02, latency / 2) if burst < 50 else latency * 1.5
    assert all(taken for at, taken in calls if at > first_answer)
    assert sum(taken for at, taken in calls if at >= 10) / 60 > 0.9 * 20
