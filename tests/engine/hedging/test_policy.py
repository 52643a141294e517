"""A call is slow at twice the time by which 90% of its model's calls had ended, and 5% are made twice at the most."""

import pytest

from stretto.engine.hedging.policy import HedgePolicy


def policy(*durations: float, under_way: int = 0, model: str = "m") -> HedgePolicy:
    """Return a policy that has seen calls of these durations, and others that began at 0 and are still under way."""
    policy = HedgePolicy()
    for number, seconds in enumerate(durations):
        policy.started(f"ended {number}", model, 0.0)
        policy.ended(f"ended {number}", seconds, answered=True)
    for number in range(under_way):
        policy.started(f"open {number}", model, 0.0)
    return policy


@pytest.mark.parametrize(
    ("durations", "under_way", "seconds"),
    [
        ([1.0] * 9, 1, None),  # Ten must have ended.
        ([1.0] * 10, 1, 2.0),
        ([1.0] * 10, 2, None),  # 10 of 12 are less than 90%.
        ([float(n) for n in range(1, 11)], 0, 18.0),
        ([float(n) for n in range(10, 0, -1)], 1, 20.0),
        ([float(n) for n in range(1, 50)], 1, 90.0),
        ([float(n) for n in range(1, 46)], 5, 90.0),
        ([float(n) for n in range(1, 45)], 6, None),
    ],
)
def test_a_call_is_slow_at_twice_the_ninetieth_percentile(durations, under_way, seconds):
    """Ten must have ended, and calls under way count as longer than any that ended."""
    assert policy(*durations, under_way=under_way).slow_after("m") == seconds


def test_a_call_is_slow_so_long_after_its_own_beginning():
    """What counts is how long a call takes, not when it began."""
    seen = policy(*[2.0] * 20)
    seen.started("late", "m", 100.0)
    assert seen.slow_at("late") == 104.0


def test_models_are_told_apart():
    """A slow model's calls are measured by its own."""
    seen = policy(*[1.0] * 20)
    seen.started("other", "slower", 0.0)
    assert (seen.slow_after("m"), seen.slow_at("other")) == (2.0, None)


def test_a_call_without_an_answer_says_nothing_of_how_long_answers_take():
    """Quick refusals do not make the other calls slow."""
    seen = policy(*[4.0] * 10)
    for number in range(50):
        seen.started(f"refused {number}", "m", 0.0)
        seen.ended(f"refused {number}", 0.01, answered=False)
    assert seen.slow_after("m") == 8.0


@pytest.mark.parametrize(("calls", "most"), [(0, 0), (19, 0), (20, 1), (39, 1), (40, 2), (50, 2), (1_000, 50)])
def test_no_more_than_one_in_twenty_is_made_twice(calls, most):
    """The bound holds at every number of calls; what was not made after all is free again."""
    seen = policy(*[1.0] * calls)
    assert sum(seen.claim() for _ in range(calls + 1)) == most
    if most:
        seen.give_back()
        assert (seen.claim(), seen.claim()) == (True, False)
