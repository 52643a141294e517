"""The check for limits of length."""

import pytest


def words(count: int) -> str:
    """Return a text of so many words."""
    return " ".join(["word"] * count)


@pytest.mark.parametrize(
    "limit",
    [
        "under 50 words",
        "Fewer than 50 words.",
        "in no more than 50 words",
        "at most 50 words, please",
        "maximum 50 words",
        "Max: 50 words",
        "50 words max",
        "50 words or less",
        "a 50-word limit",
        "limited to 50 words",
        "must not exceed 50 words",
        "each variant under 50 words",
        "不超过50个单词",
        "50个词以内",
    ],
)
def test_a_limit_of_words_is_held(ask, limit: str):
    """One word more than the limit is asked for again, the limit itself is fine."""
    assert ask("length", words(50), task=f"Describe it, {limit}") is None
    finding = ask("length", words(51), task=f"Describe it, {limit}")
    assert finding.action == "repair"
    assert finding.message == "The text has 51 words; the brief allows at most 50. Shorten it to fit."


@pytest.mark.parametrize(
    "limit", ["不超过100字", "100字以内", "最多一百个字", "控制在100字", "不到100字", "１００字之内"]
)
def test_a_limit_of_chinese_characters_is_held(ask, limit: str):
    """Chinese characters are counted without punctuation; a Latin word or a number counts as one."""
    assert ask("length", "好，" * 97 + "Eco Bottle 2026", task=f"写文案，{limit}") is None
    assert "101 字" in ask("length", "好，" * 101, task=f"写文案，{limit}").message


@pytest.mark.parametrize("limit", ["max 280 characters", "up to 280 chars", "280 characters or fewer", "280个字符以内"])
def test_a_limit_of_characters_is_held(ask, limit: str):
    """Characters are counted with blanks and without Markdown's marks."""
    assert ask("length", f"**{'x' * 280}**\n", task=limit) is None
    assert "281 characters" in ask("length", "x" * 281, task=limit).message


def test_thousands_are_read(ask):
    """1,000 words are a thousand."""
    assert ask("length", words(1_000), task="under 1,000 words") is None
    assert ask("length", words(1_001), task="under 1,000 words") is not None


@pytest.mark.parametrize(
    "task",
    [
        "Write about 5 words",
        "Write 3-5 words",
        "Between 3 and 5 words",
        "At least 5 words",
        "A text with a headline under 5 words",
        "5 words max per sentence",
        "Each bullet at most 5 words",
        "标题不超过5字",
        "每句不超过五个字",
        "3-5字以内",
        "under 0 words",
        "underline 5 words",
        "a 5-word text",
    ],
)
def test_what_is_no_limit_of_the_whole_text_is_none(ask, task: str):
    """Rough numbers, ranges and limits of a part do not shorten the text."""
    assert ask("length", words(60), task=task, description="d") is None


def test_the_nearest_limit_counts(ask):
    """The description's limit comes before the task's, the task's before the context's."""
    context = {"length": "max 10 words"}
    assert ask("length", words(11), context=context) is not None
    assert ask("length", words(11), task="under 20 words", context=context) is None
    assert ask("length", words(11), task="under 20 words", description="under 5 words", context=context) is not None


def test_of_several_limits_in_one_place_the_widest_counts(ask):
    """It cannot be told which of two limits is this text's, so none is held against it wrongly."""
    task = "An email under 50 words and a post under 20 words"
    assert ask("length", words(50), task=task) is None
    assert ask("length", words(51), task=task) is not None


def test_two_units_are_both_held(ask):
    """A limit of characters stands beside one of words."""
    task = "under 50 words, max 100 characters"
    assert "characters" in ask("length", words(30), task=task).message
