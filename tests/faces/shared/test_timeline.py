"""The picture of when each part of a run was at work."""

from dataclasses import replace

import pytest

from stretto.core.events import PlanCompleted, SubtaskSuperseded, SynthesisStarted, WorkerStarted
from stretto.faces.shared.formatting import ASCII, UNICODE
from stretto.faces.shared.timeline import draw_timeline
from tests.faces.cli.happened import done, failed, run_of, state_after, subtask
from tests.faces.cli.screen import Screen


def picture(events, width=60, glyphs=UNICODE) -> list[str]:
    """Return the picture's lines."""
    return [line.plain for line in draw_timeline(state_after(events), width=width, glyphs=glyphs)]


def test_workers_are_seen_to_start_before_the_plan_ends():
    """Each worker has a bar against the planning bar; one that starts early begins left of where that ends."""
    planning, first, second = picture(run_of([done(subtask(1)), failed(subtask(2))]))
    assert planning.startswith("  planning   █")
    assert planning.endswith("2.0s")
    assert first.startswith("  1 Angle 1 ")
    assert first.index("█") < planning.rindex("█")
    assert first.index("█") < second.index("█")
    assert second.endswith("1.8s")


def test_the_end_of_planning_is_marked_where_no_bar_covers_it():
    """A worker that started later has the mark of the plan's end on its left."""
    events = run_of([done(subtask(1))])
    late = [replace(event, at=2.6) if isinstance(event, WorkerStarted) else event for event in events]
    _, row = picture(late)
    assert row.index("│") < row.index("█")


def test_what_is_still_at_work_reaches_the_right_edge():
    """A worker and a synthesis that were interrupted end where the run ended."""
    events = run_of([done(subtask(1)), done(subtask(2))])[:-2]
    lines = picture(
        [
            *events,
            SynthesisStarted(strategy="merge", model="m", at=2.6),
            SubtaskSuperseded(result=failed(subtask(3)), at=3.0),
        ]
    )
    assert len(lines) == 4
    assert lines[3].startswith("  synthesis")
    assert lines[2].endswith("1.8s")
    assert lines[2].rstrip("s0123456789. ").endswith("█")


@pytest.mark.parametrize("width", [30, 40, 80, 100])
@pytest.mark.parametrize("name", ["价值观故事：写给商店页面的读者", "A title that is far too long for its place", "x"])
def test_every_line_fits(width, name):
    """Whatever the width and the names, all lines are equally wide and fit."""
    events = run_of([done(subtask(number, name)) for number in (1, 2, 3)])
    for line in picture(events, width):
        screen = Screen(width)
        screen.feed(line)
        assert len(screen.rows) == 1
        assert screen.column == len(screen.rows[0]) <= width


def test_a_long_run_shows_its_first_and_last_workers():
    """Of many workers the first and the last are drawn, the others counted."""
    lines = picture(run_of([done(subtask(number)) for number in range(1, 101)]))
    assert len(lines) == 25
    assert lines[12] == "  … 77 more"
    assert lines[1].startswith("  1 ")
    assert lines[-1].startswith("  100 ")


def test_there_is_no_picture_of_nothing():
    """Without a worker, and where there is no room, nothing is drawn."""
    events = run_of([done(subtask(1))])
    assert picture(events[:2]) == []
    assert picture([event for event in events if isinstance(event, PlanCompleted)]) == []
    assert picture(events, width=20) == []


def test_ascii_where_there_is_nothing_better():
    """A terminal without block characters gets bars of hash signs."""
    lines = picture(run_of([done(subtask(1))]), glyphs=ASCII)
    assert all(line.isascii() and "#" in line for line in lines)
