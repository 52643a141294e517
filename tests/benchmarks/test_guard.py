"""Speed that must not get lost, told by counts and by ratios within one run: no absolute time, no quiet machine."""

import time

import pytest

from benchmarks.cpu import measure_cpu, ratio
from stretto.parsing import open_reader

# Above what is measured, since the machine may be busy: what is guarded against is a cost that comes with each call.
MOST_FOR_A_CALL = 2.0
MOST_FOR_A_TOKEN = 1.5


@pytest.mark.slow
def test_a_call_costs_little_more_than_pydantic_ai_alone() -> None:
    """CPU of an unwatched call, and of a watched token, beside bare pydantic-ai over the same socket."""
    measured = measure_cpu(3)
    assert ratio(measured["called"]) <= MOST_FOR_A_CALL
    assert ratio(measured["streamed"]) <= MOST_FOR_A_TOKEN


def test_a_plan_ten_times_as_long_takes_some_ten_times_as_long_to_read() -> None:
    """The plan reader's CPU grows with the plan, streamed in small pieces; twice as much as linear is refused."""
    _read(20_000)
    small, large = (min(_read(size) for _ in range(3)) for size in (20_000, 200_000))
    assert large / small <= 20


def _read(size: int) -> float:
    entry = f"<task><type>one</type><description>{'word ' * (size // 500)}</description></task>\n"
    text = f"<analysis>Many.</analysis><tasks>{entry * 100}</tasks>"
    reader = open_reader("xml")
    began = time.process_time()
    for at in range(0, len(text), 16):
        reader.feed(text[at : at + 16])
    assert len(reader.finish().subtasks) == 100
    return time.process_time() - began
