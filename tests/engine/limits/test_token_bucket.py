"""The token bucket."""

import pytest

from stretto.engine.limits.token_bucket import TokenBucket


def test_as_many_calls_as_it_holds_start_at_once_and_the_next_at_its_rate():
    """A full bucket of three at two a second: three calls at once, then one each half second."""
    bucket = TokenBucket(2.0, 3, 0.0)
    for expected in (0.0, 0.0, 0.0, 0.5, 1.0):
        ready_at = bucket.ready_at(0.0)
        assert ready_at == pytest.approx(expected)
        bucket.take(ready_at)


def test_it_holds_no_more_than_its_capacity():
    """An hour without a call is worth no more than a full bucket."""
    bucket = TokenBucket(2.0, 1, 0.0)
    bucket.take(3_600.0)
    assert bucket.ready_at(3_600.0) == pytest.approx(3_600.5)


def test_a_token_is_there_at_the_moment_that_was_named():
    """Whatever the rate, a timer set for the next token finds it."""
    for rate in (0.3, 7.0, 19.99):
        bucket, now = TokenBucket(rate, 1, 0.0, tokens=0.0), 0.0
        for _ in range(100):
            now = bucket.ready_at(now)
            assert bucket.ready_at(now) == now
            bucket.take(now)
