"""Progress of a batch: what is shown before any row is done."""

from stretto.batch.progress import BatchProgress
from stretto.batch.rows.call_counter import CallCounter
from stretto.batch.rows.row_job import RowOutcome
from stretto.core.usage import FREE
from stretto.faces.shared.batch_wording import next_step_line, progress_line

WHOLE = {"run_id": "r", "status": "complete", "planned": 4, "cost_usd": 0.0, "seconds": 1.0, "reused": False}


class Clock:
    """A clock that stands still until it is moved."""

    now = 0.0

    def __call__(self):
        """Return the time."""
        return self.now


def new_tally(total=25, *, calls_per_row=5, at_once=10):
    """Return a tally with its clock."""
    clock = Clock()
    call_counter = CallCounter(clock=clock, calls_per_row=calls_per_row, at_once=at_once)
    return BatchProgress(clock=clock, total=total, call_counter=call_counter), clock


def test_time_is_told_from_the_first_second():
    """Before any call has ended the line has texts, calls and the time that is left."""
    counts, _ = new_tally()
    assert progress_line(counts, FREE, dot=" · ") == "0 of 25 rows · 0 texts · 0 calls · $0 · about 1m40s left"


def test_calls_texts_and_retries_of_rows_under_way_are_shown():
    """What rows under way have done counts, though no row is done."""
    counts, clock = new_tally()
    assert counts.call_counter
    for number in range(20):
        counts.call_counter.start_call(f"c{number}", again=number % 10 == 9)
        clock.now += 0.5
        counts.call_counter.end_call(f"c{number}")
        counts.call_counter.add_text()
    said = progress_line(counts, FREE, dot=" · ")
    assert said.startswith("0 of 25 rows · 20 texts · 20 calls · 2 retries · ")
    # 105 calls at 10 a time and a little less than a second each.
    assert counts.remaining is not None
    assert 5 <= counts.remaining <= 10


def test_a_slow_call_that_has_not_ended_counts():
    """A provider that is slower than was thought is seen before its first answer."""
    counts, clock = new_tally(at_once=1)
    assert counts.call_counter
    counts.call_counter.start_call("c", again=False)
    first = counts.remaining
    clock.now += 60
    assert first is not None
    assert counts.remaining is not None
    assert counts.remaining > 5 * first


def test_what_rows_really_take_replaces_the_quote():
    """With rows done, their calls tell how many the others will take."""
    counts, clock = new_tally(calls_per_row=50, at_once=1)
    assert counts.call_counter
    for number in range(20):
        counts.call_counter.start_call(f"c{number}", again=False)
        clock.now += 8
        counts.call_counter.end_call(f"c{number}")
    for place in range(20):
        counts.add(place, RowOutcome(**WHOLE, texts=1, calls=1))
    assert counts.remaining is not None
    assert counts.remaining <= 5 * 4 * 8


def test_the_advice_is_the_same_command_as_long_as_circumstances_fail():
    """Failures by circumstance lead to the same command again and again, never to one that alternates."""
    counts, _ = new_tally(total=2)
    by_circumstance = {**WHOLE, "status": "partial", "error": "x", "kinds": ("overload",)}
    for_good = {**WHOLE, "status": "partial", "error": "x", "kinds": ("refusal",)}
    counts.add(0, RowOutcome(**by_circumstance, texts=1, calls=1))
    counts.add(1, RowOutcome(**for_good, texts=1, calls=1))
    for retrying in (False, True):
        assert next_step_line(counts, again="stretto batch", retrying=retrying, stopped=False) == "Next: stretto batch"
