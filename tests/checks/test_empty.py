"""The check for answers without words."""

import pytest


@pytest.mark.parametrize(
    "text", ["", " \n", "...", "…", "—", "```\n```", "<p></p>", "**  **", "<response>\n</response>"]
)
def test_an_answer_without_words_is_rejected(ask, text: str):
    """Blanks, punctuation and tags are no text."""
    finding = ask("empty", text)
    assert finding.action == "reject"


@pytest.mark.parametrize("text", ["a", "好", "7", "🌍💧", "<b>word</b>", "a < b"])
def test_a_word_a_number_or_emoji_is_a_text(ask, text: str):
    """Short answers are answers."""
    assert ask("empty", text) is None
