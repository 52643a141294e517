"""Opening checks by name, and what all of them promise."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.checks import DEFAULT_CHECKS, open_checks
from stretto.core.checks import Answer, Finding
from stretto.core.errors import InputError
from stretto.core.plan import Subtask
from stretto.core.task import Task


class Shouting:
    """A user's own check."""

    name = "shouting"

    def inspect(self, answer: Answer) -> Finding | None:
        """Warn of capitals."""
        return Finding(check=self.name, message="Do not shout.", action="warn") if answer.text.isupper() else None


def test_checks_open_by_name_in_order_and_own_ones_stay():
    """Names become checks, a check of the user's stays itself, and the order stays."""
    own = Shouting()
    opened = open_checks(["length", own, "empty"])
    assert [check.name for check in opened] == ["length", "shouting", "empty"]
    assert opened[1] is own
    assert open_checks([]) == ()


def test_an_unknown_check_lists_the_known_ones():
    """A misspelled check is an error that names it and all others."""
    with pytest.raises(InputError) as caught:
        open_checks(["emtpy"])
    assert str(caught.value) == "Unknown check 'emtpy'. Known: empty, echo, language, facts, length."


PIECES = st.sampled_from(
    [
        *(
            "1,000",
            "1.5",
            "二十四小时",
            "百分之",
            "亿万",
            "24 h",
            "$3k",
            "٣٤",
            "１２％",
            "twenty-five hours",
            "1:30",
            "9" * 5_000,
        ),
        *("ISO 9001", "IP67", "certified", "认证", "<task>", "</response>", "<task", "`", "```", "\n", " ", "\u2028"),
        *("[task 12345678]", "[/context: a 00000000]", '{"tasks":', "不超过五十字", "under 1,000 words", "max 5 chars"),
        *(
            "少于十个字",
            "中文",
            "English",
            "かな",
            "한국",
            "ไทย",
            "\x00",
            "\ud800",
            "🙂",
            "\u0301",
            "1.",
            "#",
            "(3)",
            "第三",
        ),
    ]
)


@given(st.lists(PIECES | st.text(max_size=5), max_size=12).map("".join), st.text(), st.lists(PIECES).map("".join))
def test_no_check_ever_raises_and_every_finding_is_one_line(text: str, task: str, description: str):
    """Whatever an answer and a brief hold, a check gives a finding of one line or none."""
    subtask = Subtask(type="t", description=description)
    for check in open_checks(DEFAULT_CHECKS):
        for language in (None, "zh", "?"):
            answer = Answer(text=text, task=Task(text=task, context={"c": task}), subtask=subtask, language=language)
            finding = check.inspect(answer)
            if finding is not None:
                assert finding.check == check.name
                assert finding.message
                assert len(finding.message.splitlines()) == 1


ATOMS = (
    "\n",
    " ",
    "\u00a0",
    "1",
    "1 ",
    "1,",
    "(1",
    "一",
    "<task ",
    "`",
    "```\n",
    "[context: a",
    "twenty-",
    "999,",
    "a",
)


@pytest.mark.parametrize("atom", ATOMS)
@pytest.mark.parametrize("where", ["text", "description"])
def test_checks_take_time_in_proportion_to_the_length(atom: str, where: str):
    """Repeating one piece to 100,000 characters takes a second at most, where quadratic time is ten."""
    fields = {"text": "a b c d e", "description": "d"} | {where: atom * (100_000 // len(atom))}
    subtask = Subtask(type="t", description=fields["description"])
    answer = Answer(text=fields["text"], task=Task(text="t"), subtask=subtask)
    began = time.process_time()
    for check in open_checks(DEFAULT_CHECKS):
        check.inspect(answer)
    assert time.process_time() - began < 5
