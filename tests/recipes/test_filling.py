"""Filling templates by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.core.errors import RecipeError
from stretto.recipes import fill, placeholders


def test_names_are_replaced_and_doubled_braces_are_literal():
    """`{name}` becomes its value; `{{` and `}}` become one brace."""
    assert fill('{{"a": {a}}} {b}', {"a": "1", "b": "2"}) == '{"a": 1} 2'


@given(st.text(), st.text())
def test_values_go_in_unaltered_and_are_never_read_again(first: str, second: str):
    """Whatever a value holds, it stands in the result exactly as it was."""
    assert fill("<{a}|{b}>", {"a": first, "b": second}) == f"<{first}|{second}>"


@pytest.mark.parametrize("value", ["{b}", "{task.__class__}", "{{", "}", "$b \\1 \\g<0>", "{b!r:>10}", "\x00\ud800"])
def test_placeholders_in_values_are_text(value: str):
    """A value that looks like a template changes nothing but itself."""
    assert fill("{a}", {"a": value, "b": "secret"}) == value


@pytest.mark.parametrize(
    "template", ["{task.__class__}", "{x!r}", "{x:>10}", "{x[0]}", "{}", "{0}", "{a b}", '{"x": 1}']
)
def test_anything_but_a_plain_name_is_an_error(template: str):
    """Attributes, formats, conversions and JSON in a template are named, with the way out."""
    with pytest.raises(RecipeError) as caught:
        fill(template, {"task": "t", "x": "x", "a": "a"})
    assert template.split(":")[0] in str(caught.value)
    assert "{{" in str(caught.value)


@pytest.mark.parametrize("template", ["{", "}", "a { b", "{a}}", "{{{a}}"])
def test_a_single_brace_is_an_error(template: str):
    """A brace that belongs to no placeholder is said to be one."""
    with pytest.raises(RecipeError, match="single"):
        fill(template, {"a": "1"})


def test_an_unknown_name_is_named_with_the_known_ones():
    """The error says which name is unknown, where, and what there is."""
    with pytest.raises(RecipeError) as caught:
        fill("{audiance}", {"task": "t", "audience": "a"}, where="the worker prompt")
    assert str(caught.value).startswith("Unknown placeholder {audiance} in the worker prompt. Known: audience, task.")
    assert "\n" not in str(caught.value)


def test_a_long_false_placeholder_is_shown_in_short():
    """An error stays one short line, whatever stands between the braces."""
    with pytest.raises(RecipeError) as caught:
        fill("{" + "word\n" * 1_000 + "}", {})
    assert len(str(caught.value)) < 250
    assert "\n" not in str(caught.value)


def test_placeholders_are_listed():
    """The names of a template are listed once, in any script."""
    assert placeholders("{a} {{b}} {a} {目标受众}") == {"a", "目标受众"}


@given(st.text(alphabet="{}ab \n", max_size=200))
def test_a_template_fills_or_says_why_not(template: str):
    """Filling ends in a text or in a `RecipeError`, nothing else; and it fills whenever its names are known."""
    try:
        names = placeholders(template)
    except RecipeError:
        with pytest.raises(RecipeError):
            fill(template, {"a": "", "b": "", "ab": "", "ba": ""})
    else:
        assert "{" not in fill(template.replace("{{", "").replace("}}", ""), dict.fromkeys(names, ""))
