"""Texts that nobody thought of: no error but a `PlanError`, and the same outcome in any cuts."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stretto.core.errors import ModelError
from stretto.core.plan import PlanError, PlanFormat, Subtask
from stretto.parsing import Piece, SubtaskRead, open_reader, parse_plan, read_answer

Outcome = tuple[object, ...]
PIECES = ["<task>", "</task>", "<tasks>", "</tasks>", "<type>", "</type>", "<description>", "</description>", "<think>"]
PIECES += [
    "</think>",
    "<analysis>",
    "</analysis>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "```",
    "...",
    "\n",
    "- a: b",
    "`",
]
PIECES += [
    '{"',
    '":"',
    '","',
    '"}',
    "[",
    "]",
    "{",
    "}",
    "'",
    "\\",
    "\\u",
    "&amp;",
    "&",
    "<",
    ">",
    "＜",
    "＞",
    "\x1b[",
    "\x00",
]
PIECES += ["\ud83d", "\ude00", "\r", '"tasks":', '"type":', '"description":', " ", "word", "analysis", "task", "/", "…"]


@st.composite
def mutated(draw: st.DrawFn, texts: list[str]) -> str:
    """Return a case's text with slices cut out, doubled, or put in from elsewhere."""
    text = draw(st.sampled_from(texts))[:2000]
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.sampled_from([0, 1, 3, 12, 60])))
        other = draw(st.sampled_from(texts))
        kind = draw(st.sampled_from(["cut", "double", "insert", "splice"]))
        new = {"cut": "", "double": text[start:end] * 2, "insert": draw(st.sampled_from(PIECES)), "splice": other[:300]}
        text = text[:start] + new[kind] + text[end if kind in ("cut", "double") else start :]
    return text


def whole(text: str) -> Outcome:
    """Return what reading the whole text gives."""
    try:
        plan = parse_plan(text)
    except PlanError as error:
        assert error.raw == text  # noqa: PT017
        return error.fault, error.message, error.analysis, pairs(error.subtasks)
    return plan.analysis, pairs(plan.subtasks)


def pairs(subtasks: tuple[Subtask, ...]) -> list[tuple[str, str, str | None]]:
    """Return subtasks without their ids."""
    return [(s.type, s.description, s.tier) for s in subtasks]


def chunked(text: str, cuts: list[int], format: PlanFormat) -> tuple[Outcome, list[Piece]]:
    """Return what feeding the text in cuts gives, and the subtasks on the way."""
    reader = open_reader(format)
    places = sorted({min(cut, len(text)) for cut in cuts})
    pieces = [p for a, b in zip([0, *places], [*places, len(text)], strict=True) for p in reader.feed(text[a:b])]
    early = [piece for piece in pieces if isinstance(piece, SubtaskRead)]
    try:
        plan = reader.finish()
    except PlanError as error:
        return (error.fault, error.message, error.analysis, pairs(error.subtasks)), early
    return (plan.analysis, pairs(plan.subtasks)), early


def check(text: str, cuts: list[int]) -> None:
    """Hold the promise for one text."""
    want = whole(text)
    if len(want) == 2:
        described = [subtask.description.strip() for subtask in parse_plan(text).subtasks]
        assert described
        assert all(described)
    for format in ("xml", "json"):
        got, early = chunked(text, cuts, format)
        assert got == want
        assert early == chunked(text, [], format)[1]
    try:
        assert isinstance(read_answer(text.replace("task", "response")).text, str)
    except ModelError as error:
        assert error.kind == "malformed"  # noqa: PT017


CUTS = st.lists(st.integers(0, 2500), max_size=12)
QUICK = settings(max_examples=150, suppress_health_check=list(HealthCheck))


@QUICK
@given(data=st.data(), cuts=CUTS)
def test_mutated_cases_give_a_plan_or_a_plan_error(texts: list[str], data: st.DataObject, cuts: list[int]) -> None:
    """A damaged case gives a plan with every description, or a `PlanError`, the same in any cuts."""
    check(data.draw(mutated(texts)), cuts)


@QUICK
@given(text=st.lists(st.sampled_from(PIECES), max_size=40).map("".join), cuts=CUTS)
def test_heaps_of_marks_give_a_plan_or_a_plan_error(text: str, cuts: list[int]) -> None:
    """So does any heap of the marks that plans are made of."""
    check(text, cuts)


@QUICK
@given(text=st.text(st.characters(), max_size=200), cuts=CUTS)
def test_any_text_gives_a_plan_or_a_plan_error(text: str, cuts: list[int]) -> None:
    """So does any text at all."""
    check(text, cuts)


@pytest.mark.slow
@settings(QUICK, max_examples=20_000, derandomize=False)
@given(data=st.data(), cuts=CUTS)
def test_the_same_at_length(texts: list[str], data: st.DataObject, cuts: list[int]) -> None:
    """The same promise over many more texts."""
    check(data.draw(mutated(texts)), cuts)
