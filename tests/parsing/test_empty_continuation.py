"""Whether a continuation says that nothing is missing."""

import pytest

from stretto.parsing.empty_continuation import is_empty_continuation


@pytest.mark.parametrize(
    "text",
    [
        "<tasks></tasks>",
        "Nothing is missing.\n<TASKS>\n \n</TASKS>",
        "<tasks/>",
        '```json\n{"analysis": "all there", "tasks": []}\n```',
        "[]",
        "<analysis>All there.</analysis><tasks></tasks>",
    ],
)
def test_an_empty_plan_is_an_answer(text: str):
    """An explicitly empty plan means that nothing is missing."""
    assert is_empty_continuation(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I cannot help with that.",
        "There is nothing to add.",
        "<tasks><task><type>a</type>",
        "<analysis>An empty <tasks></tasks> would be wrong here.</analysis> I cannot go on",
        '{"tasks": ["a"]}',
    ],
)
def test_a_text_without_a_plan_is_not(text: str):
    """A refusal, a cut or a mere mention does not mean that nothing is missing."""
    assert not is_empty_continuation(text)
