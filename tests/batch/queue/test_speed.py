"""A second worker is worth having."""

import pytest

from benchmarks.workers import CALLS_A_ROW, ROWS, compare

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_two_workers_are_nearly_twice_as_fast_as_one():
    """Two finish a batch at least 1.7 times as fast, each under 30 % of a core, and make the same calls."""
    one, two = compare()
    for measure in (one, two):
        assert (measure.complete, measure.calls) == (ROWS, ROWS * CALLS_A_ROW)
        assert measure.cpu < 0.3
    assert one.seconds / two.seconds >= 1.7
