"""Thinking in tags before an answer."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.models.calls.thinking_text import ThinkingFilter, without_thinking


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Hello", "Hello"),
        ("<think>hm</think>Hello", "Hello"),
        ("\n<thinking>hm </think> hm</thinking>\n\nHello", "\n\nHello"),
        ("<THINK>hm</think>Hello", "Hello"),
        ("<think></think>", ""),
        ("I <think>do</think> mean it", "I <think>do</think> mean it"),
        ("<thinker>Rodin</thinker>", "<thinker>Rodin</thinker>"),
        ("<think>never ends", "<think>never ends"),
        ("<thin", "<thin"),
        ("", ""),
    ],
)
def test_only_thinking_before_the_answer_is_left_out(text: str, message: str):
    """What stands in tags at the beginning is no part of an answer; without its end nothing is taken away."""
    assert without_thinking(text) == message


_TEXTS = st.lists(
    st.sampled_from(["<think>", "</think>", "<thinking>", "</thinking>", "<", "think", ">", "/", "a", " ", "\n"]),
    max_size=8,
).map("".join)


@given(text=_TEXTS, cuts=st.lists(st.integers(0, 60), max_size=12))
def test_pieces_say_what_the_whole_says(text: str, cuts: list[int]):
    """However an answer is cut into pieces, what a watcher is told is what the whole answer says."""
    places = sorted({min(cut, len(text)) for cut in cuts} | {0, len(text)})
    thinking_filter = ThinkingFilter()
    told = "".join(thinking_filter.feed(text[start:end]) for start, end in pairwise(places))
    assert told == (without_thinking(text) if thinking_filter.begun else "")
