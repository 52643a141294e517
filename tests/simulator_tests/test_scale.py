"""The simulator carries a thousand streams."""

import pytest

from tests.simulator.bench import measure


def test_the_bench_measures(capsys: pytest.CaptureFixture[str]) -> None:
    """A short measurement finishes every stream and prints its figures."""
    print(measure(streams=20, seconds=2))
    assert capsys.readouterr().out.startswith("20 of 20 streams finished;")


@pytest.mark.slow
def test_a_thousand_streams_keep_their_time() -> None:
    """A thousand streams of two events a second all finish, in time, on less than one core."""
    figures = measure(streams=1000, seconds=10)
    print(figures)
    assert figures.finished == 1000
    assert figures.events_per_second > 0.9 * figures.ideal
    assert figures.late_99 < 0.1
    assert figures.server_cpu < 1
