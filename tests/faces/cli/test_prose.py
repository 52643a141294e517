"""A model's Markdown on a terminal: marks are styles, tables have columns, lines break where they may."""

import io

import pytest
from rich.console import Console

from stretto.faces.cli.views.live.markdown import prose, styled

WIDE = (
    "标题：正文很长很长很长，很长很长很长很长很长。"
    "这是“第二句”，还有（括号）和《书名》、以及……省略！一二三，四五六；七八九。"
)


def shown(text: str, width: int = 60) -> list[str]:
    """Return the lines that are drawn, none wider than the terminal."""
    lines = list(prose(text, Console(file=io.StringIO(), width=width), width))
    assert all(line.cell_len <= width for line in lines)
    return [line.plain for line in lines]


@pytest.mark.parametrize(
    ("line", "plain", "styles"),
    [
        ("Our *steel* cup", "Our steel cup", {"steel": "italic"}),
        ("_Our_ cup", "Our cup", {"Our": "italic"}),
        ("**Our** __cup__", "Our cup", {"Our": "bold", "cup": "bold"}),
        ("***Our*** cup", "Our cup", {"Our": "bold italic"}),
        ("**标题：**正文", "标题：正文", {"标题：": "bold"}),
        ("轻*而*稳", "轻而稳", {"而": "italic"}),
        ("**Now *only* 9**", "Now only 9", {"Now only 9": "bold", "only": "italic"}),
        ("~~12~~ 9", "12 9", {"12": "strike"}),
        (r"\*not\*", "*not*", {}),
        ("`*code*` and ``**x``", "`*code*` and ``**x``", {}),
        ("2*3*4 snake_case_name a * b * c", "2*3*4 snake_case_name a * b * c", {}),
    ],
)
def test_marks_become_styles(line: str, plain: str, styles: dict[str, str]) -> None:
    """Emphasis is drawn and its marks go; code, numbers and names keep their signs."""
    text = styled(line)
    assert text.plain == plain
    assert {plain[span.start : span.end]: str(span.style) for span in text.spans} == styles


def test_a_table_has_columns() -> None:
    """The columns stand below each other, as the rule says, whatever the width of the signs."""
    table = "| Name | Price |\n|:--|--:|\n| *Cup* | 9 |\n| 随行杯 | 1,299 |\n\na | b"
    assert shown(table) == ["Name   │ Price", "-------│------", "Cup    │     9", "随行杯 │ 1,299", "", "a | b"]


def test_a_table_without_room_is_wrapped_or_listed() -> None:
    """Cells are wrapped in their columns; where there is no room for columns each row is a list."""
    table = "| Name | Note |\n|--|--|\n| Cup | Keeps tea hot all day |"
    assert shown(table, 20) == ["Name │ Note", "-----│--------------", "Cup  │ Keeps tea hot", "     │ all day"]
    assert shown(table, 12) == ["Name: Cup", "Note: Keeps", "tea hot all", "day", ""]
    assert shown("```\n| a | b |\n|--|--|\n```") == ["```", "| a | b |", "|--|--|", "```"]


@pytest.mark.parametrize("width", range(8, 61, 3))
def test_no_line_begins_with_what_closes(width: int) -> None:
    """No line begins with 。 and the like or ends with an opening bracket, and no sign is lost."""
    lines = shown(WIDE, width)
    assert "".join(lines) == WIDE
    assert not any(line[0] in "，。；：！？、”）》…" for line in lines)
    assert not any(line[-1] in "“（《" for line in lines)


def test_an_emoji_is_not_cut_in_two() -> None:
    """A line of joined emojis breaks between them."""
    family = "👨\u200d👩\u200d👧"
    assert set(shown(family * 9, 10)) <= {family * count for count in range(1, 6)}
