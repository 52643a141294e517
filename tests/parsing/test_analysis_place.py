"""A plan is the same whether its analysis stands before its subtasks or after them."""

import json
import re

import pytest

from stretto.core.plan import PlanError, PlanFormat
from stretto.parsing import AnalysisText, SubtaskRead, open_reader, parse_plan
from tests.parsing.conftest import CASES

ANALYSIS = "Parents and hikers want <b>different</b> things; so two <task>s & no <type> more."
BLOCK = f"<analysis>\n{ANALYSIS}\n</analysis>"
WHOLE = {
    name: text
    for name, (text, want) in CASES.items()
    if isinstance(want, list) and re.fullmatch(r"\s*<tasks>(?:(?!<analysis).)*</tasks>\s*", text, re.DOTALL)
}
TWO = [["formal", "Write formally"], ["casual", "Write casually"]]
TASKS = "<tasks>{}</tasks>".format(
    "".join(f"<task><type>{type}</type><description>{description}</description></task>\n" for type, description in TWO)
)
ENTRIES = [{"type": type, "description": description} for type, description in TWO]


def pairs(text: str) -> list[list[str]]:
    """Return the subtasks of a plan."""
    return [[subtask.type, subtask.description] for subtask in parse_plan(text).subtasks]


@pytest.mark.parametrize("name", WHOLE)
def test_a_case_is_the_same_with_its_analysis_before_it_and_behind_it(name: str):
    """Each plan of the collection gives what it gives without an analysis, and the analysis is kept."""
    want = CASES[name][1]
    for text in (f"{BLOCK}\n{WHOLE[name]}", f"{WHOLE[name]}\n{BLOCK}"):
        assert pairs(text) == want
        assert parse_plan(text).analysis == ANALYSIS


def written(format: PlanFormat, *, last: bool) -> str:
    """Return a plan with its analysis at one end."""
    if format == "json":
        parts = [("analysis", ANALYSIS), ("tasks", ENTRIES)]
        return json.dumps(dict(reversed(parts) if last else parts))
    return f"{TASKS}\n{BLOCK}" if last else f"{BLOCK}\n{TASKS}"


@pytest.mark.parametrize("format", ["xml", "json"])
@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("step", [1, 7, 1_000])
def test_readers_give_pieces_in_the_order_in_which_they_are_written(format: PlanFormat, last: bool, step: int):
    """With the analysis last every subtask is there before a word of it; its text streams in both places."""
    reader, text = open_reader(format), written(format, last=last)
    pieces = [piece for start in range(0, len(text), step) for piece in reader.feed(text[start : start + step])]
    kinds = [type(piece) for piece in pieces]
    assert kinds == sorted(kinds, key=[AnalysisText, SubtaskRead].index, reverse=last)
    assert kinds.count(SubtaskRead) == 2
    assert reader.analysis == ANALYSIS
    assert (pairs(text), reader.finish().analysis) == (TWO, ANALYSIS)


@pytest.mark.parametrize("end", ["", "<anal", "<analysis>", "<analysis>Parents and"])
def test_subtasks_that_are_whole_are_a_plan_however_the_analysis_behind_them_ends(end: str):
    """In markup the list's end says that the plan is whole; an analysis that was left off takes nothing from it."""
    assert pairs(f"{TASKS}\n{end}") == TWO


@pytest.mark.parametrize("end", ['"anal', '"analysis": ', '"analysis": "Parents and'])
def test_json_that_stops_in_its_analysis_is_not_whole(end: str):
    """An object that stops in a value was cut; what was sealed on the way is kept for what is asked next."""
    reader, text = open_reader("json"), f'{{"tasks": {json.dumps(ENTRIES)}, {end}'
    pieces = reader.feed(text)
    assert [
        [piece.subtask.type, piece.subtask.description] for piece in pieces if isinstance(piece, SubtaskRead)
    ] == TWO
    with pytest.raises(PlanError) as caught:
        reader.finish()
    assert caught.value.fault == "truncated"
