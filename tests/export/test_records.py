"""JSON, JSON lines and the table."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from stretto.core.plan import Subtask
from stretto.export.records import COLUMNS, to_csv, to_json, to_json_lines
from stretto.export.report import usage_facts


def rows(report):
    """Return the table as a spreadsheet reads it."""
    return list(csv.DictReader(io.StringIO(to_csv(report), newline="")))


def test_json_has_everything(report):
    """The object has the task, the label and every field of the result, and Chinese stays readable."""
    data = json.loads(to_json(report))
    assert list(data)[:6] == ["run_id", "status", "labels", "task", "context", "recipe"]
    assert data["status"] == "partial"
    assert data["labels"] == ["demo model, not a language model"]
    assert data["task"] == "Write copy\nfor <a bottle>."
    assert data["context"] == {"audience": "runners"}
    assert data["cost"] == {"usd": 0.0036, "complete": False}
    assert data["shortfall"][0]["what"] == "type 3"
    assert [item["status"] for item in data["results"]] == ["completed", "completed", "failed"]
    assert data["results"][2]["error"]["message"] == "The answer was empty."
    assert "水瓶" in to_json(replace(report, labels=("水瓶",)))


def test_json_lines_are_one_thing_each(report):
    """The first line accounts for the run, then one line for each outcome; each names its kind and its run."""
    lines = [json.loads(line) for line in to_json_lines(report).splitlines()]
    assert [line["kind"] for line in lines] == ["run", "variant", "variant", "variant", "superseded", "synthesis"]
    assert {line["run_id"] for line in lines} == {"run-1"}
    assert lines[0]["labels"] == ["demo model, not a language model"]
    assert lines[0]["shortfall"]
    assert "results" not in lines[0]
    assert lines[1]["text"] == "Text **1**."


def test_json_lines_without_a_synthesis(failed):
    """A run that has nothing still has its line."""
    (line,) = to_json_lines(failed).splitlines()
    assert json.loads(line)["status"] == "failed"


def test_a_table_has_a_row_for_each_variant(report):
    """Each row has its outcome and, so that it can stand alone, how the run ended, its label and its cost."""
    table = rows(report)
    assert tuple(table[0]) == COLUMNS
    assert [(row["kind"], row["number"], row["status"]) for row in table] == [
        ("variant", "1", "completed"),
        ("variant", "2", "completed"),
        ("variant", "3", "failed"),
        ("synthesis", "", "failed"),
    ]
    assert table[0]["cost_usd"] == "0.0012"
    assert table[1]["cost_usd"] == ""
    assert table[1]["remarks"] == "The brief has no 50%."
    assert table[2]["error"] == "The answer was empty. Run it again."
    for row in table:
        assert row["run_status"] == "partial"
        assert row["run_missing"] == "type 3: The answer was empty. Run it again."
        assert row["run_warnings"].startswith("3 variants")
        assert row["run_cost_usd"] == ""
        assert row["run_id"] == "run-1"
        assert row["label"] == "demo model, not a language model"


def test_a_known_cost_is_in_the_table(whole):
    """A cost that is known whole is a number."""
    assert rows(whole)[0]["run_cost_usd"] == "0.0012"


def test_a_failed_run_has_a_row_too(failed):
    """A table of a run without a result says that it failed and why."""
    (row,) = rows(failed)
    assert (row["kind"], row["run_status"], row["run_missing"]) == (
        "none",
        "failed",
        "the plan: The provider cannot be reached.",
    )


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_text_never_runs_as_a_formula(whole, start):
    """A text that a spreadsheet would run begins with an apostrophe, in whichever column it stands."""
    evil = f'{start}HYPERLINK("http://evil.example","x")'
    item = replace(
        whole.result.results[0], text=evil, subtask=Subtask(id="s1", type=evil, description=evil), model=evil
    )
    (row, _) = rows(replace(whole, labels=(evil,), result=replace(whole.result, results=(item,))))
    for column in ("text", "type", "description", "model", "label"):
        assert row[column] == f"'{evil}"


def test_a_formula_behind_a_control_character_is_seen(whole):
    """What is taken out of a text cannot hide its beginning."""
    item = replace(whole.result.results[0], text="\x00=1+1")
    assert rows(replace(whole, result=replace(whole.result, results=(item,))))[0]["text"] == "'=1+1"


def test_text_with_quotes_and_lines_comes_back_whole(whole):
    """A text with commas, quotes and line breaks is one cell."""
    text = 'He said "a, b";\nthen left.\n'
    item = replace(whole.result.results[0], text=text)
    assert rows(replace(whole, result=replace(whole.result, results=(item,))))[0]["text"] == text


def test_the_page_on_files_has_the_columns_of_today():
    """The docs name every column, in order."""
    page = (Path(__file__).parents[2] / "docs" / "files.md").read_text(encoding="utf-8")
    assert ", ".join(COLUMNS) in " ".join(page.split())


def test_what_came_from_the_cache_is_told(report):
    """A table has the cached part of the input for each text, a page for the whole run."""
    first, *others = report.result.results
    cached = replace(first, usage=replace(first.usage, cache_read_tokens=64))
    told = replace(report.result, results=(cached, *others), usage=replace(report.result.usage, cache_read_tokens=64))
    table = rows(replace(report, result=told))
    assert [(row["input_tokens"], row["cached_tokens"]) for row in table[:2]] == [("100", "64"), ("100", "0")]
    assert dict(usage_facts(replace(report, result=told)))["Tokens"] == "1,400 in (64 from cache), 160 out, 5 calls"
    assert "from cache" not in dict(usage_facts(report))["Tokens"]
