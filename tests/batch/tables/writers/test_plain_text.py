"""Texts in a workbook: plain, wrapped, in columns that are wide enough."""

import openpyxl
import pytest

from stretto.batch.tables import write_output
from stretto.batch.tables.writers.plain_text import plain_text
from tests.batch.tables.samples import result, rows_of, written


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("**Bold** and *steel* and __more__", "Bold and steel and more"),
        ("**标题：**正文", "标题：正文"),
        ("# Heading\n\nText", "Heading\n\nText"),
        ("* one\n* two\n- three\n1. four", "- one\n- two\n- three\n1. four"),
        ("See [the shop](https://example.org/a) now", "See the shop (https://example.org/a) now"),
        ("`code` here", "code here"),
        ("***both***", "both"),
        ("First\nsecond line", "First\nsecond line"),
        ("a\n\n---\n\nb", "a\n\nb"),
        ("\\*not bold\\*", "*not bold*"),
        ("a\n\n| P | Q |\n|---|:-:|\n| x | y |\n\nb", "a\n\nP | Q\nx | y\n\nb"),
        ("| no table |", "| no table |"),
        # What only looks like a mark stays.
        ("5 * 3 * 2 mm", "5 * 3 * 2 mm"),
        ("19.90 EUR* (*incl. VAT)", "19.90 EUR* (*incl. VAT)"),
        ("snake_case_name and 2*3*4", "snake_case_name and 2*3*4"),
        ("_0_ and _x0041_ and __init_1__", "_0_ and _x0041_ and __init_1__"),
        ("_Now_ with __more light__.", "Now with more light."),
        ("#1 in its class, [new]", "#1 in its class, [new]"),
        ("- 5 % off", "- 5 % off"),
        ("  leading and trailing  \n", "  leading and trailing  \n"),
    ],
)
def test_marks_go_and_words_stay(text, plain):
    """Marks of Markdown are taken away; what stands for itself is not touched."""
    assert plain_text(text) == plain


def test_a_workbook_has_plain_texts(tmp_path):
    """A text in XLSX has no marks; in CSV, and with raw cells, it is as it was written; what people wrote stays."""
    (tmp_path / "in.csv").write_text("a\nx\n")
    rows = rows_of(tmp_path / "in.csv")
    for name, raw, text in (("a.xlsx", False, "New"), ("b.xlsx", True, "**New**"), ("c.csv", False, "**New**")):
        write_output(tmp_path / name, ("a",), rows, lambda _: result("**New**"), raw=raw)
        assert written(tmp_path / name)[0]["text"] == text
    (row,) = rows_of(tmp_path / "c.csv", only_empty=True)
    write_output(tmp_path / "d.xlsx", ("a",), [row], lambda _: None)
    assert written(tmp_path / "d.xlsx")[0]["text"] == "**New**"


def test_columns_are_as_wide_as_their_texts(tmp_path):
    """Widths follow the content up to a limit, Chinese counts twice, and long texts are wrapped."""
    (tmp_path / "in.csv").write_text("名称,b\n保温杯保温杯,x\n")
    rows = rows_of(tmp_path / "in.csv")
    write_output(tmp_path / "a.xlsx", ("名称", "b"), rows, lambda _: result("word " * 40, "short\nlines"))
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    text = next(cell.column_letter for cell in sheet[1] if cell.value == "text")
    assert sheet.column_dimensions["A"].width == 14
    assert sheet.column_dimensions["B"].width == 3
    assert sheet.column_dimensions[text].width == 62
    assert sheet[f"{text}2"].alignment.wrap_text
    assert sheet[f"{text}3"].alignment.wrap_text
    assert sheet["A2"].alignment.vertical == "top"
    assert not sheet["A2"].alignment.wrap_text


def test_more_lines_than_tell_the_widths(tmp_path):
    """What comes after the first lines is written as well, in order."""
    (tmp_path / "in.csv").write_text("a\n" + "".join(f"{number}\n" for number in range(250)))
    write_output(tmp_path / "a.xlsx", ("a",), rows_of(tmp_path / "in.csv"), lambda _: result("x"))
    assert [line["a"] for line in written(tmp_path / "a.xlsx")] == [str(number) for number in range(250)]
