"""What can be seen of a text."""

import pytest

from stretto.core.text import is_blank


@pytest.mark.parametrize(
    "text", ["", " \n\t", "\u00a0\u3000", "\u200b", "\ufeff\u200d\u2060", "\u2028\u00ad", "\u3164", "\ufe0f", "\x00"]
)
def test_what_cannot_be_seen_is_blank(text: str):
    """White space, characters of no width and fillers are nothing, also together."""
    assert is_blank(text)
    assert is_blank(f" {text}\u200b")


@pytest.mark.parametrize("text", ["a", ".", "…", "水", "🙂", "👩\u200d🔬", "\ufffd", "٣", " \u200b- "])
def test_anything_that_can_be_seen_is_not_blank(text: str):
    """One visible character is enough, in any script."""
    assert not is_blank(text)
