"""Every case gives exactly its plan or its error, whole and in any cuts."""

import random

import pytest

from stretto.core.plan import PlanError, PlanFormat
from stretto.parsing import Piece, SubtaskRead, open_reader, parse_plan

Case = tuple[str, object]


def outcome(text: str) -> object:
    """Return the pairs of the plan, or the fault of the error."""
    try:
        return [[subtask.type, subtask.description] for subtask in parse_plan(text).subtasks]
    except PlanError as error:
        return error.fault if error.raw == text and "\n" not in str(error) else error


def fed(text: str, cuts: list[int], format: PlanFormat) -> tuple[object, list[Piece]]:
    """Return the outcome of feeding the text cut at these places, and the pieces on the way."""
    reader = open_reader(format)
    pieces: list[Piece] = []
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        pieces += reader.feed(text[start:end])
    assert reader.raw == text
    assert reader.subtasks == tuple(piece.subtask for piece in pieces if isinstance(piece, SubtaskRead))
    try:
        return [[subtask.type, subtask.description] for subtask in reader.finish().subtasks], pieces
    except PlanError as error:
        return error.fault, pieces


def test_a_case_fed_whole_gives_what_it_must(case: Case) -> None:
    """A text gives its plan, complete and in order, or an error with its fault and the text."""
    text, want = case
    assert outcome(text) == want


@pytest.mark.parametrize("format", ["xml", "json"])
def test_a_case_gives_the_same_in_every_cut(case: Case, format: PlanFormat) -> None:
    """Cut anywhere, a text ends in the same plan; what it gives early does not depend on the cuts either."""
    text, want = case
    whole, at_once = fed(text, [], format)
    assert whole == want
    early = [piece for piece in at_once if isinstance(piece, SubtaskRead)]
    rng = random.Random(text)
    char_by_char = list(range(1, len(text)))
    for cuts in [char_by_char, *(sorted(rng.sample(range(len(text) + 1), min(7, len(text)))) for _ in range(5))]:
        result, pieces = fed(text, cuts, format)
        assert result == want
        assert [piece for piece in pieces if isinstance(piece, SubtaskRead)] == early


# Where a draft or an example is complete before the plan that replaces it.
SUPERSEDED = {
    "more-template_prompt_echo",
    "given-two_tasks_blocks_revision",
    "json-inner_quotes_in_list",
    "json-think_lone_close",
    "json-two_arrays",
    "json-two_blocks",
    "markup-doctype_entity_holds_task",
    "markup-lone_close_with_draft",
    "markup-nested_zone",
    "markup-three_blocks",
    "markup-two_fences",
}


def test_hardly_anything_starts_that_the_plan_does_not_hold(cases: dict[str, Case]) -> None:
    """Only where a text takes back what it said is a subtask given early that is not in its plan."""
    assert {name for name, (text, want) in cases.items() if not in_plan(text, want)} == SUPERSEDED


def in_plan(text: str, want: object) -> bool:
    """Whether all that is given early is in the plan."""
    reader = open_reader("json" if text.lstrip()[:1] in "{[" else "xml")
    reader.feed(text)
    return not isinstance(want, list) or all([s.type, s.description] in want for s in reader.subtasks)
