"""Reading workbooks; openpyxl, or a hand that knows what other programs write, makes them."""

import re
import zipfile
from contextlib import suppress
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from stretto.batch.tables import open_table
from stretto.batch.tables.workbooks.number_formats import read_format
from stretto.core.errors import InputError
from tests.batch.tables.samples import rows_of, values_of

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def replaced(path, part, old, new):
    """Change a part of a workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old.encode() in parts[part]
    parts[part] = parts[part].replace(old.encode(), new.encode())
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def with_shared_strings(path):
    """Put a workbook's texts into the table that cells refer to, as Excel does and openpyxl does not."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    strings = []

    def refer(cell):
        strings.append(f"<si>{cell[2]}</si>")
        return f'<c r="{cell[1]}" t="s"><v>{len(strings) - 1}</v></c>'

    cells = re.compile(r'<c r="([A-Z]+[0-9]+)" t="inlineStr"><is>(.*?)</is></c>', re.DOTALL)
    parts["xl/worksheets/sheet1.xml"] = cells.sub(refer, parts["xl/worksheets/sheet1.xml"])
    parts["xl/sharedStrings.xml"] = f"<sst {MAIN}>{''.join(strings)}</sst>"
    links = "xl/_rels/workbook.xml.rels"
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    link = f'<Relationship Id="rIdS" Type="{kind}" Target="/xl/sharedStrings.xml"/></Relationships>'
    parts[links] = parts[links].replace("</Relationships>", link)
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return path


def test_values_are_text_as_people_see_them(write_sheet):
    """Whole numbers have no .0, times no number, truths are words; the types stay beside."""
    header = ["name", "count", "price", "day", "at", "time", "yes", "none", "long"]
    path = write_sheet(
        [
            header,
            ["瓶 <&>", 3, 12.0, date(2026, 11, 22), datetime(2026, 11, 22, 9, 5), time(9, 30), True, None, 0.1 + 0.2],
        ]
    )
    (row,) = rows_of(path)
    assert list(row.values.values()) == [
        *("瓶 <&>", "3", "12", "2026-11-22", "2026-11-22 09:05", "09:30", "TRUE", "", "0.3"),
    ]
    assert row.cells[:8] == (
        *("瓶 <&>", 3, 12, datetime(2026, 11, 22), datetime(2026, 11, 22, 9, 5), time(9, 30), True, None),
    )


@pytest.mark.parametrize(
    ("code", "value", "shown", "kept"),
    [
        ("0.00", 12.5, "12.50", 12.5),
        ("#,##0.00", 1234.5, "1234.50", 1234.5),
        ("0%", 0.15, "15%", "15%"),
        ("0.0%", 0.125, "12.5%", "12.5%"),
        ("00000", 1234, "01234", "01234"),
        ('"€" #,##0.00', 9.9, "€ 9.90", "€ 9.90"),
        ("[$€-407] 0.00", 9.9, "€ 9.90", "€ 9.90"),
        ('0 "ml"', 500, "500 ml", "500 ml"),
        ("0.00;[Red]-0.00", -3, "-3.00", -3),
        ("0.##", 3, "3", 3),
        ("#,##0_);(#,##0)", 12, "12", 12),
        ("# ?/?", 0.5, "1/2", "1/2"),
        ("0.00E+00", 12000, "1.20E+04", 12000),
        ("@", 12, "12", 12),
        ("[h]:mm", timedelta(hours=36), "36:00", "36:00"),
        ("0", 0.4, "0", "0"),
        ("0", -0.4, "0", "0"),
    ],
)
def test_number_formats(write_sheet, tmp_path, code, value, shown, kept):
    """A number is read as its format shows it; it stays a number where the text would tell the same."""
    workbook = openpyxl.Workbook()
    workbook.active.append(["n"])
    workbook.active["A2"] = value
    workbook.active["A2"].number_format = code
    workbook.save(tmp_path / "a.xlsx")
    (row,) = rows_of(tmp_path / "a.xlsx")
    assert (row.values["n"], row.cells[0]) == (shown, kept)


def test_formats_that_are_dates():
    """Letters in quotes, colours and currencies make no date of a number."""

    def is_date(code):
        return read_format(code).section(1.0)[0].is_time

    assert is_date("yyyy-mm-dd")
    assert is_date('d. mmm "um" hh:mm')
    assert is_date("[$-407]d. mmmm yyyy;@")
    assert is_date("mm:ss.00")
    assert not is_date('0.00 "days"')
    assert not is_date("[Red]0.00")
    assert not is_date("0 d")
    assert not is_date("General")
    assert read_format("General").show(1.0) == "1"


def test_days_since_1904(tmp_path):
    """Workbooks that count from 1904 show the same day."""
    workbook = openpyxl.Workbook()
    workbook.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    workbook.active.append(["d"])
    workbook.active.append([date(2026, 11, 22)])
    workbook.save(tmp_path / "a.xlsx")
    assert values_of(tmp_path / "a.xlsx") == [{"d": "2026-11-22"}]


@pytest.mark.parametrize(("serial", "shown"), [("1", "1900-01-01"), ("59", "1900-02-28"), ("61", "1900-03-01")])
def test_the_leap_day_that_never_was(write_sheet, serial, shown):
    """The first days of 1900 are those that a sheet shows; 29 February 1900 is not."""
    path = write_sheet([["d"], [date(2026, 11, 22)]])
    replaced(path, "xl/worksheets/sheet1.xml", "46348", serial)
    assert values_of(path) == [{"d": shown}]


def test_a_date_out_of_range_is_its_number(write_sheet):
    """What no calendar has is shown as the number it is."""
    path = replaced(write_sheet([["d"], [date(2026, 11, 22)]]), "xl/worksheets/sheet1.xml", "46348", "9999999")
    assert values_of(path) == [{"d": "9999999"}]


def test_formulas_give_the_value_that_was_saved(write_sheet):
    """A formula's saved value counts, a text as well as a number, an empty text and an error."""
    path = write_sheet([["a", "b", "c", "d"], ["=1+1", "=T(1)", "=T(2)", "=1/0"]])
    cells = {
        '<c r="A2"><f>1+1</f><v></v></c>': '<c r="A2"><f>1+1</f><v>2</v></c>',
        '<c r="B2"><f>T(1)</f><v></v></c>': '<c r="B2" t="str"><f>T(1)</f><v>x</v></c>',
        '<c r="C2"><f>T(2)</f><v></v></c>': '<c r="C2" t="str"><f>T(2)</f><v></v></c>',
        '<c r="D2"><f>1/0</f><v></v></c>': '<c r="D2" t="e"><f>1/0</f><v>#DIV/0!</v></c>',
    }
    for old, new in cells.items():
        replaced(
            path,
            "xl/worksheets/sheet1.xml",
            old if old.encode() in sheet(path) else old.replace("<v></v>", "<v />"),
            new,
        )
    assert values_of(path) == [{"a": "2", "b": "x", "c": "", "d": "#DIV/0!"}]


def sheet(path):
    """Return the sheet's markup."""
    with zipfile.ZipFile(path) as archive:
        return archive.read("xl/worksheets/sheet1.xml")


def test_a_formula_without_its_value_is_named(write_sheet):
    """What a program wrote without computing it is not taken for an empty cell."""
    path = write_sheet([["a", "b"], ["x", 1], ["y", "=B2*2"]])
    with pytest.raises(InputError, match="the formula in row 3, column 2 was saved without its value; open the file"):
        rows_of(path)


@pytest.mark.parametrize("shared", [True, False])
def test_text_as_other_programs_write_it(tmp_path, shared):
    """Rich text is joined, hints at pronunciation are left out, escaped characters come back."""
    workbook = openpyxl.Workbook()
    rich = CellRichText("plain ", TextBlock(InlineFont(b=True), "bold"), " 瓶")
    workbook.active.append(["t", "u"])
    workbook.active.append([rich, "kanji"])
    path = tmp_path / "a.xlsx"
    workbook.save(path)
    spoken = '<t>漢字 a_x000D_b _x005F_x0041_ _x41_</t><rPh sb="0" eb="1"><t>かんじ</t></rPh>'
    if shared:
        with_shared_strings(path)
    replaced(path, f"xl/{'sharedStrings' if shared else 'worksheets/sheet1'}.xml", "<t>kanji</t>", spoken)
    assert values_of(path) == [{"t": "plain bold 瓶", "u": "漢字 a\rb _x0041_ _x41_"}]


def test_cells_and_rows_without_places(write_sheet):
    """Some programs leave out where a cell stands; then it follows the one before."""
    path = write_sheet([["a", "b"], ["x", "y"]])
    data = f'<worksheet {MAIN}><sheetData><row><c t="inlineStr"><is><t>a</t></is></c><c t="str"><v>b</v></c></row>'
    data += (
        '<row><c><v>1</v></c><c t="b"><v>0</v></c></row><row r="9"><c r="B9" t="d"><v>2026-11-22T00:00:00</v></c></row>'
    )
    replaced(path, "xl/worksheets/sheet1.xml", sheet(path).decode(), data + "</sheetData></worksheet>")
    rows = rows_of(path)
    assert [(row.number, dict(row.values)) for row in rows] == [
        (2, {"a": "1", "b": "FALSE"}),
        (9, {"a": "", "b": "2026-11-22"}),
    ]


def test_blank_rows_and_short_rows(write_sheet):
    """Rows count as the sheet does; blank ones are left out, empty cells at the end are not written in a sheet."""
    path = write_sheet([[], ["a", "b", "c"], [1], [], [None, None, 2]])
    assert [(row.number, list(row.values.values())) for row in rows_of(path)] == [
        (3, ["1", "", ""]),
        (5, ["", "", "2"]),
    ]


def test_a_value_beside_the_named_columns(write_sheet):
    """A value in a column without a name is not dropped in silence."""
    with pytest.raises(InputError, match=r"Row 3 of .* has 3 cells, but 2 columns have names"):
        rows_of(write_sheet([["a", "b"], [1, 2], [1, 2, "note"]]))


@pytest.mark.parametrize(
    ("part", "old", "new", "message"),
    [
        ("xl/worksheets/sheet1.xml", "<sheetData>", "<sheetData", "not well-formed"),
        (
            "xl/worksheets/sheet1.xml",
            "<worksheet",
            "<!DOCTYPE x [<!ENTITY a 'b'>]><worksheet",
            "declares a document type",
        ),
        ("xl/worksheets/sheet1.xml", 'r="A1"', 'r="ZZZZ1"', "more than 16,384 columns"),
        ("xl/worksheets/sheet1.xml", "<v>0</v>", "<v>7</v>", "no shared string 7"),
        ("xl/worksheets/sheet1.xml", "<v>0</v>", "<v>x</v>", "row 1, column 1 holds 'x'"),
        ("xl/workbook.xml", 'state="visible"', 'state="hidden"', "no visible sheet"),
        ("_rels/.rels", "officeDocument", "other", "no workbook inside"),
    ],
)
def test_workbooks_that_are_broken(write_sheet, part, old, new, message):
    """What is wrong with a workbook is said in one line."""
    path = replaced(with_shared_strings(write_sheet([["a"], ["x"]])), part, old, new)
    with pytest.raises(InputError, match=message):
        rows_of(path)


def test_a_workbook_that_breaks_off(write_sheet, write):
    """Half a file is no workbook."""
    path = write_sheet([["a"], ["x"]])
    with pytest.raises(InputError, match="cannot be read as a workbook"):
        open_table(write("half.xlsx", path.read_bytes()[:3000]))


@pytest.mark.parametrize("shared", [True, False])
def test_a_huge_cell(write_sheet, shared):
    """A cell that unpacks to more than any model reads is refused before it is whole."""
    path = write_sheet([["a"], ["x"]])
    huge = "y" * 10_000_001
    if shared:
        replaced(with_shared_strings(path), "xl/sharedStrings.xml", "<t>x</t>", f"<t>{huge}</t>")
    else:
        replaced(path, "xl/worksheets/sheet1.xml", "<t>x</t>", f"<t>{huge}</t>")
    with pytest.raises(InputError, match="a cell of more than 10,000,000 characters"):
        rows_of(path)


def test_many_strings_go_to_the_disk(write_sheet):
    """More text than is kept in memory comes back as it was."""
    texts = [f"{number} {'瓶' * 300}" for number in range(12_000)]
    path = with_shared_strings(write_sheet([["t"], *([text] for text in texts)]))
    assert [row.values["t"] for row in rows_of(path)] == texts


@given(st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_a_damaged_workbook_is_an_input_error(write_sheet, data):
    """Whatever is changed in a workbook, in its parts or in its bytes, it is read or refused in one line."""
    path = with_shared_strings(write_sheet([["a", "day"], ["x", date(2026, 11, 22)], ["瓶", 2]]))
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    part = data.draw(st.sampled_from([None, *parts]))
    content = path.read_bytes() if part is None else parts.pop(part)
    start = data.draw(st.integers(0, len(content) - 1))
    put_in = data.draw(
        st.sampled_from([b"", b"9", b'"', b"<", b"\xff", b"e", content[:30], content[start : start + 20]])
    )
    content = content[:start] + put_in + content[start + data.draw(st.integers(0, 9)) :]
    if part is None:
        path.write_bytes(content)
    else:
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in [*parts.items(), (part, content)]:
                archive.writestr(name, text)
    with suppress(InputError):
        rows_of(path)
