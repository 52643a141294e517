"""No text takes more than linear time, however it is fed."""

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest

from stretto.core.errors import StrettoError
from stretto.core.plan import PlanError, PlanFormat
from stretto.parsing import open_reader, parse_plan, read_answer
from tests.growth import is_linear

MARKS = [
    *("<", ">", "&", '"', "'", "{", "[", "(", "}", "]", "\\", "`", "*", "_", "#", "|", "\n", "\x1b", "…", "-"),
    *("<task>", "</task>", "<tasks>", "</tasks>", "<type>", "</type>", "<description>", "</description>", "<task/>"),
    *("<!--", "-->", "<![CDATA[", "]]>", "<!DOCTYPE [", "<think>", "</think>", "<analysis>", "</analysis>", "<?"),
    *('<task "', "<task a='", '<task a="<', "<task a=", "</task", "< ", "<x:", "<description></task>"),
    *("<task><type>a</type><description>b", "<task><description></p>", "<response>", "</response>", "<response "),
    *("&a;", "&#", "&lt;", '",', '", "', '{"a":', '["', "{'a':", "“", "/*", "//", "\\u", '\\"', "{a:", '"{', ",", ":"),
    *("```", "```\n", "- a: b\n", "1. ", "| a | b |\n", "# a\n", "type: ", "type: a\n", "\x1b]", "\x1b[", "Task 1: "),
    *("<li>", "<b>", "<td ", "[/task]", "【", "｛", '｛"', "<<task>>", "&quot;", "{{'", "<a>b</a>", "<tasks><a>b</a>"),
    *('<parameter name="a">', "</parameter>", "<analysis><tasks>", "<task><a>", " a: b\n", "tasks:\n a:\n", "|-|\n"),
    *(
        '{"input":',
        '{"task1":{"description":"a"},',
        "<details>",
        "<task><subtask>",
        "x <response>",
        "[response]\n",
        "<|a|>",
    ),
    *("<|channel|>analysis", "<|channel|>final<|message|>", "<|end|>", "<|im_start|>user", "[THINK]", "assistantfinal"),
    *(
        "<|begin_of_box|>",
        "a`<|end|>` ",
        "<response>a</response>",
        "<answer>",
        "<answer>a</answer>",
        "\u200b",
        "<\u200b",
    ),
    *("C:\\a", "C:\\a ", "\\\\\\\\a", "C:\\Aa Bb ", "a\\b ", '"tasks":[{"type":"a"}],', "<analysis>a</analysis>"),
    *("<task> <!----> ", "<description><!---->", "a <task> ", "<task>type:\n", "\n\n", "\t", "``` \n", "<response>`"),
]
BEFORE = [
    "",
    "<tasks><task><type>a</type><description>",
    '{"tasks":[{"type":"a","description":"',
    pytest.param('{"analysis":"', marks=pytest.mark.full),
    pytest.param("<task>", marks=pytest.mark.full),
    pytest.param("<task>two words ", marks=pytest.mark.full),
    pytest.param("<response>", marks=pytest.mark.full),
]
# In short texts the growth shows as well, where it is not hidden by what every text takes.
SIZES = [1_500, pytest.param(6_000, marks=pytest.mark.full)]


def feed(format: PlanFormat) -> Callable[[str], None]:
    """Return what feeds a text in small chunks and reads the whole."""

    def run(text: str) -> None:
        reader = open_reader(format)
        for start in range(0, len(text), 5):
            reader.feed(text[start : start + 5])
        reader.finish()

    return run


@pytest.mark.parametrize(
    "read", [parse_plan, read_answer, feed("xml"), feed("json")], ids=["whole", "answer", "xml", "json"]
)
@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("size", SIZES)
def test_repeated_marks_take_linear_time(read: Callable[[str], object], before: str, size: int) -> None:
    """Any mark repeated thousands of times, behind any beginning, is read in proportion to its length."""

    def repeated(mark: str, size: int) -> None:
        with suppress(StrettoError):
            read(before + mark * (size // len(mark)))

    assert [mark for mark in MARKS if not is_linear(partial(repeated, mark), size)] == []


@pytest.mark.parametrize("format", ["xml", "json"])
def test_a_long_plan_byte_by_byte(format: PlanFormat) -> None:
    """A description in single characters takes time in proportion to its length, and is whole."""

    def read(words: int) -> None:
        text = "word " * words
        whole = (
            f"<tasks><task><type>a</type><description>{text}</description></task></tasks>"
            if format == "xml"
            else f'{{"tasks": [{{"type": "a", "description": "{text}"}}]}}'
        )
        reader = open_reader(format)
        for character in whole:
            reader.feed(character)
        plan = reader.finish()
        assert plan.subtasks == reader.subtasks
        assert plan.subtasks[0].description == text.strip()

    assert is_linear(read, 5_000)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("<tasks>" + "<task><type>a</type><description>b</description></task>" * 10_000 + "</tasks>", "too_many"),
        ('{"tasks": [' + '{"type": "a", "description": "b"},' * 10_000 + "]}", "too_many"),
        ("Tasks:\n" + "- a: b\n" * 10_000, "too_many"),
        ("[" * 5_000, "malformed"),
        ("[" * 5_000 + "]" * 5_000, "malformed"),
        ('{"a":' * 5_000 + "1" + "}" * 5_000, "malformed"),
        ('{"tasks":' + "[" * 5_000, "malformed"),
        ("<task>" * 5_000, "too_many"),
        ("<tasks>" * 5_000, "empty"),
        ("{" * 5_000, "empty"),
        ("<" * 5_000, "empty"),
    ],
)
def test_plans_out_of_all_proportion_are_errors_quickly(text: str, fault: str) -> None:
    """Ten thousand subtasks, or brackets five thousand deep, are an error within CPU seconds."""
    start = time.process_time()
    with pytest.raises(PlanError) as caught:
        parse_plan(text)
    assert caught.value.fault == fault
    assert time.process_time() - start < 5
