"""Characters of no width are nothing inside markup and stay inside text."""

import re

import pytest

from stretto.core.plan import PlanError
from stretto.parsing import open_reader, parse_plan

# Joiners, a selector and the marks of a flag: without them the emojis fall apart.
TEXT = "👨\u200d👩\u200d👧 ❤\ufe0f 🏴\U000e0067\U000e0062\U000e007f"
UNSEEN = ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\ufe0f", "\U000e0041", "\u202e", "\u200f"]
WANT = [("a", TEXT), ("b", "B")]
MARKUP = (
    f'<tasks><task id="1"><type>a</type><description>{TEXT}</description></task>'
    "<task><type>b</type><description>B</description></task></tasks>"
)
JSON = f'{{"tasks": [{{"type": "a", "description": "{TEXT}"}}, {{"type": "b", "description": "B"}}]}}'
TAG = re.compile(r"[<＜\[][^<>＜＞\[\]]*[>＞\]]|```\w*")


def pairs(subtasks) -> list[tuple[str, str]]:
    """Return types and descriptions."""
    return [(subtask.type, subtask.description) for subtask in subtasks]


def check(text: str, format: str) -> None:
    """A text gives its plan as a whole, and nothing else early."""
    try:
        assert pairs(parse_plan(text).subtasks) == WANT
    except PlanError as error:
        raise AssertionError(ascii(text)) from error
    reader = open_reader(format)
    for character in text:
        reader.feed(character)
    assert all(pair in WANT for pair in pairs(reader.subtasks)), ascii(text)


@pytest.mark.parametrize(
    "text",
    [
        MARKUP,
        f"```xml\n{MARKUP}\n```",
        MARKUP.replace("<", "＜").replace(">", "＞"),
        f"<think>no</think>{MARKUP}",
        f"[THINK]no[/THINK]{MARKUP}",
        f"<|channel>no<channel|>{MARKUP}",
    ],
    ids=["tags", "fence", "wide", "think", "brackets", "bars"],
)
def test_in_any_place_of_a_tag_they_are_nothing(text: str) -> None:
    """Behind the bracket, in the name, around an attribute, before the end: the plan is the same."""
    for tag in TAG.finditer(text):
        for place in range(tag.start() + 1, tag.end()):
            if text[tag.start() : place].count('"') % 2 == 0:
                check(text[:place] + UNSEEN[place % len(UNSEEN)] + text[place:], "xml")


@pytest.mark.parametrize("shift", range(3))
def test_between_the_parts_of_json_and_in_keys_they_are_nothing(shift: int) -> None:
    """Beside a bracket, a colon, a comma, and inside of a name: the plan is the same."""
    for place in range(1, len(JSON)):
        if not re.search(r': "[^"]*$', JSON[:place]):
            check(JSON[:place] + UNSEEN[(place + shift) % len(UNSEEN)] + JSON[place:], "json")


def test_inside_of_text_they_stay() -> None:
    """A joiner in a description, in an attribute's value and in a type is part of it."""
    text = f'<tasks><task type="x\u200dy" description="{TEXT}"/></tasks>'
    assert pairs(parse_plan(text).subtasks) == [("x\u200dy", TEXT)]
    assert pairs(parse_plan(f"Tasks:\n\u200b- a: {TEXT}\n- \u200bb: B").subtasks)[0] == ("a", TEXT)


def test_a_subtask_with_an_unseen_sign_in_its_closing_tag_starts_early() -> None:
    """What is sealed early is sealed early in spite of it."""
    reader = open_reader("xml")
    reader.feed("<tasks><\u200btask><ty\u200bpe>a</type\u2060><description>b</description></ta\u200bsk\ufeff>")
    assert pairs(reader.subtasks) == [("a", "b")]
