"""The rate that is learnt from refusals."""

from itertools import pairwise

import pytest

from stretto.engine.limits.adaptive_rate import AdaptiveRate


def start(rate: AdaptiveRate, now: float = 0.0) -> float:
    """Start the next call as soon as it may; return when."""
    waited = (at := max(now, rate.ready_at(now))) > now
    rate.started(at, waited=waited)
    return at


def lowered() -> tuple[AdaptiveRate, float]:
    """Return a rate that was lowered once from 40 calls a second, and when."""
    rate = AdaptiveRate(0.0)
    start(rate)
    assert rate.refused(0.0, 0.1)
    return rate, 0.1


def test_slow_start_begins_with_ten_calls_and_allows_two_for_each_answer():
    """Ten calls start at once while nothing is known, then one more each 25 milliseconds; an answer lets two start."""
    rate = AdaptiveRate(0.0)
    assert [start(rate) for _ in range(10)] == [0.0] * 10
    assert rate.ready_at(0.0) == pytest.approx(0.025)
    rate.answered()
    assert [start(rate), start(rate)] == [0.0, 0.0]
    assert rate.ready_at(0.0) > 0.0


def test_a_refusal_leaves_seven_tenths_of_the_rate():
    """The factor of RFC 9438; the next call waits for its token, since the model's bucket is empty."""
    rate, now = lowered()
    assert rate.ready_at(now) == pytest.approx(now + 1 / 28)


def test_refusals_of_calls_that_were_under_way_lower_the_rate_once():
    """A burst of calls is refused together, which is one event."""
    rate = AdaptiveRate(0.0)
    for _ in range(10):
        start(rate)
    assert [rate.refused(0.0, 0.1 + n / 100) for n in range(9)].count(True) == 1


def test_the_rate_is_back_after_fifty_calls_and_then_rises_faster_and_faster():
    """CUBIC: quick at first, slow near the rate that was refused, quick beyond it."""
    rate, now = lowered()
    rates: list[float] = []
    for _ in range(120):
        at = start(rate, now)
        rates.append(1.0 / (rate.ready_at(at) - at))
        now = at
    assert rates == sorted(rates)
    assert rates[50] == pytest.approx(40.0, rel=0.01)
    steps = [later - earlier for earlier, later in pairwise(rates[2:])]
    assert steps[45] < steps[5] / 10
    assert steps[95] > steps[45] * 10


def test_a_rate_that_is_not_used_is_not_raised():
    """Calls that come seldom say nothing of what the model would take."""
    rate, now = lowered()
    for _ in range(100):
        now += 10.0
        rate.started(now, waited=False)
    assert rate.ready_at(now) == pytest.approx(now + 1 / 28)


def test_while_nothing_is_let_in_it_is_tried_less_and_less_often_and_the_rate_is_remembered():
    """Refusal upon refusal halves the rate down to one call in two seconds; a few calls let in, and it is back."""
    rate, now = lowered()
    for _ in range(20):
        at = start(rate, now)
        now = at + 0.001
        rate.refused(at, now)
    assert rate.ready_at(now) == pytest.approx(now + 2.0)
    for _ in range(8):
        now = start(rate, now)
    assert rate.ready_at(now) - now == pytest.approx(1 / 28, rel=0.05)


def test_requests_leave_as_far_apart_as_calls_start():
    """A call starts up to thirty milliseconds before its request may leave."""
    rate, now = lowered()
    rate.sent(now)
    assert rate.send_at == pytest.approx(now + 1 / 28)
    rate.sent(now + 1.0)
    assert rate.ready_at(now) == pytest.approx(now + 1.0 + 1 / 28 - 0.03)
