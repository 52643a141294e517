"""Events for other programs: one JSON object a line."""

import io
import json

import pytest

from stretto.core.events import AnalysisDelta
from stretto.faces.cli.views.json_lines import JsonLines, to_line
from tests.faces.cli.happened import done, failed, run_of, subtask


def test_every_event_is_one_line_with_its_kind():
    """Each event is one JSON object on one line, in order, and the last one carries the whole result."""
    stream = io.StringIO()
    lines = JsonLines(stream)
    events = run_of([done(subtask(1)), failed(subtask(2))])
    for event in events:
        lines.see(event)
    written = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["kind"] for line in written] == [event.kind for event in events]
    assert [line["seq"] for line in written] == list(range(1, len(events) + 1))
    last = written[-1]["result"]
    assert last["status"] == "partial"
    assert [item["text"] for item in last["results"]] == ["Some copy.", ""]
    assert last["cost"]["usd"] == 0.0163


@pytest.mark.parametrize("text", ["a\u2028b", "a\u0085b", "a\x1b[2Jb", "a\r\nb", "a\x7fb", '"\\'])
def test_no_text_breaks_the_line_or_steers_a_terminal(text):
    """Line separators of any kind and control characters are escaped, and read back as they were."""
    line = to_line(AnalysisDelta(text=text))
    assert len(line.splitlines()) == 1
    assert line.isprintable()
    assert json.loads(line)["text"] == text


def test_other_alphabets_stay_readable_where_the_stream_can_carry_them():
    """Chinese text is written as it is in UTF-8, and escaped for a stream that cannot carry it."""
    assert "水瓶" in to_line(AnalysisDelta(text="水瓶"))
    assert to_line(AnalysisDelta(text="水瓶"), "latin-1").isascii()


def test_each_line_is_written_at_once():
    """A reader gets each event the moment it happens."""
    raw = io.BytesIO()
    lines = JsonLines(io.TextIOWrapper(io.BufferedWriter(raw, 1_000_000), encoding="utf-8"))
    lines.tick()
    lines.see(AnalysisDelta(text="now"))
    assert json.loads(raw.getvalue())["text"] == "now"


def test_a_paused_stream_of_lines_goes_on():
    """A review in between changes nothing for a program that reads along."""
    stream = io.StringIO()
    lines = JsonLines(stream)
    lines.pause()
    lines.see(AnalysisDelta(text="a"))
    lines.resume()
    lines.close()
    assert stream.getvalue().count("\n") == 1
