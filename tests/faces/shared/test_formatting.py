"""Small texts that several views share."""

from dataclasses import replace
from decimal import Decimal

import pytest

from stretto.core.models import Role
from stretto.core.result import RunResult
from stretto.core.usage import UNKNOWN_COST, Cost, Quote, Usage
from stretto.faces.shared.formatting import ASCII, UNICODE, count, flat, glyphs_for, money, seconds, steady, tokens
from stretto.faces.shared.run_wording import models_line, quote_line, summary


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (0, "0.0s"),
        (0.04, "0.0s"),
        (9.96, "10.0s"),
        (59.94, "59.9s"),
        (59.96, "1m00s"),
        (125, "2m05s"),
        (7_200, "120m00s"),
    ],
)
def test_seconds_are_told_as_people_read_them(value, message):
    """Tenths under a minute, minutes and seconds above; never "60.0s"."""
    assert seconds(value) == message


@pytest.mark.parametrize(
    ("number", "message"),
    [(0, "0"), (9_999, "9,999"), (10_000, "10.0k"), (999_949, "999.9k"), (999_950, "1.0M"), (2_500_000, "2.5M")],
)
def test_tokens_are_short_from_ten_thousand_on(number, message):
    """Small numbers are exact, large ones short."""
    assert tokens(number) == message


def test_an_unknown_cost_is_never_a_zero():
    """An unknown price is called so; a part that is known is said."""
    assert money(UNKNOWN_COST) == "cost unknown"
    assert money(Cost(usd=Decimal("0.5"), complete=False)) == "at least $0.5000"
    assert money(Cost()) == "$0"


def test_one_thing_and_several():
    """One call is not calls."""
    assert (count(1, "call"), count(0, "call"), count(1_200, "call")) == ("1 call", "0 calls", "1,200 calls")


def test_a_quote_is_one_line():
    """Ranges are said as ranges, and what is certain is said once."""
    dear = Cost(usd=Decimal("0.02"))
    assert (
        quote_line(Quote(calls=4, input_tokens=900, output_tokens=(10, 20), cost=(Cost(), dear)))
        == "4 calls · about 900 tokens in · 10 to 20 out · $0 to $0.0200"
    )
    certain = Quote(calls=1, input_tokens=1, output_tokens=(5, 5), cost=(UNKNOWN_COST, UNKNOWN_COST))
    assert quote_line(certain, dot=", ") == "1 call, about 1 tokens in, 5 out, cost unknown"


@pytest.mark.parametrize(
    ("encoding", "glyphs"), [("utf-8", UNICODE), ("latin-1", ASCII), (None, ASCII), ("no-such", ASCII)]
)
def test_marks_fit_the_encoding(encoding, glyphs):
    """A stream that cannot carry the marks gets ASCII ones."""
    assert glyphs_for(encoding) is glyphs


def test_text_from_outside_becomes_one_steady_line():
    """Controls and joiners go, what would reorder it is named; white space of every kind becomes one space."""
    assert flat("a\x1b[31m\u202e\n\t b\u200d \u2028c\ufe0f") == "a[U+202E] b c"
    assert steady("a\n\u202eb") == "a\n[U+202E]b"


def test_what_came_from_the_cache_is_said():
    """The closing line says how many of the tokens were read from the provider's cache, where any were."""
    usage = Usage(input_tokens=57_000, output_tokens=3_000, cache_read_tokens=52_270, calls=2)
    result = RunResult(run_id="r", status="complete", analysis="", results=(), usage=usage)
    assert "60.0k tokens (52.3k from cache)" in summary(result)
    assert "cache" not in summary(replace(result, usage=Usage()))


def test_all_models_and_the_reason_are_named():
    """The first line names every model that may be asked, with why they were chosen."""
    models: dict[Role, str] = {"orchestrator": "big", "worker": "small", "synthesis": "other"}
    line = models_line(models, "ANTHROPIC_API_KEY is set.", ("synthesis other",))
    assert line == "models: orchestrator big, workers small, synthesis other (ANTHROPIC_API_KEY is set)"
