"""Reading CSV and TSV."""

import csv
import io

import pytest

from stretto.batch.tables import open_table
from stretto.core.errors import InputError
from tests.batch.tables.samples import rows_of, values_of

CHINESE = "名称,材质\n保温瓶,不锈钢的瓶子，双层真空\n茶杯,陶瓷\n"
FRENCH = "nom,matière\nBouteille,acier brossé\nThéière,grès\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030"])
def test_encodings_of_chinese(write, encoding):
    """A Chinese table is read right in every encoding that spreadsheets save it in."""
    path = write("a.csv", CHINESE.encode(encoding))
    assert values_of(path) == [
        {"名称": "保温瓶", "材质": "不锈钢的瓶子，双层真空"},
        {"名称": "茶杯", "材质": "陶瓷"},
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16-le", "utf-16-be"])
def test_encodings_of_french(write, encoding):
    """A Western table is read right, by a guess too, and a guess is said."""
    path = write("a.csv", (FRENCH * 20).encode(encoding))
    assert values_of(path)[0] == {"nom": "Bouteille", "matière": "acier brossé"}
    assert bool(open_table(path).notes) == (encoding != "utf-8")


def test_a_guess_names_the_encoding(write):
    """Who reads the note knows what was guessed."""
    assert "GB 18030" in open_table(write("a.csv", CHINESE.encode("gb18030"))).notes[0]
    assert "Windows-1252" in open_table(write("b.csv", FRENCH.encode("cp1252"))).notes[0]


def test_an_encoding_that_is_told_counts(write):
    """Where a guess would be wrong the encoding can be said; Russian is not taken for Chinese."""
    path = write("a.csv", "имя,цена\nбутылка,5\n".encode("cp1251"))
    with pytest.raises(InputError, match=r"cannot be told: it is not UTF-8 \(near byte 0\)"):
        open_table(path)
    assert values_of(path, encoding="cp1251") == [{"имя": "бутылка", "цена": "5"}]
    with pytest.raises(InputError, match="not SHIFT_JIS throughout"):
        open_table(write("b.csv", b"a\n\xff\xff\n"), encoding="shift_jis")
    assert open_table(write("c.csv", "a\n1\n".encode("utf-8-sig")), encoding="utf8").columns == ("a",)


@pytest.mark.parametrize("name", ["klingon", "base64"])
def test_an_unknown_encoding(write, name):
    """What is no encoding of text is named."""
    with pytest.raises(InputError, match=f"Unknown encoding '{name}'"):
        open_table(write("a.csv", "a\n1\n"), encoding=name)


def test_one_wrong_byte_far_down_is_found_at_once(write):
    """A file that is not UTF-8 throughout is refused when it is opened, before anything is paid for."""
    path = write("a.csv", b"name\n" + "瓶\n".encode() * 600_000 + b"\xff\n")
    with pytest.raises(InputError, match="near byte 2,"):
        open_table(path)


def test_utf_16_that_breaks_off(write):
    """Half a character at the end is an error with a way out."""
    with pytest.raises(InputError, match=r"not UTF-16 throughout.*Save it as UTF-8"):
        open_table(write("a.csv", "a,b\n1,2\n".encode("utf-16")[:-1]))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators(write, separator):
    """The separator is found out, whatever else stands in the cells."""
    page = io.StringIO()
    writer = csv.writer(page, delimiter=separator)
    writer.writerows([["name", "note", "price"], ["a;b", "x, y\tz", "1,5"], ["c", 'says "hi"\nagain', "2;5"]])
    table = open_table(write("a.csv", page.getvalue()))
    assert table.delimiter == separator
    assert [list(row.shown) for row in table.read()] == [["a;b", "x, y\tz", "1,5"], ["c", 'says "hi"\nagain', "2;5"]]


def test_one_column_with_commas_in_its_header_row(write):
    """A single column stays one, though separators stand in its quoted cells."""
    path = write("a.csv", 'name\n"a, b"\n"c; d"\n')
    assert values_of(path) == [{"name": "a, b"}, {"name": "c; d"}]


def test_a_long_first_cell_and_odd_line_breaks(write):
    """What only looks like a line break, or a first row of many pages, does not hide the separator."""
    cell = "a\u2028b,\x0cc\x1d" * 30_000
    assert values_of(write("a.csv", f'name;note\n"{cell}";x\n')) == [{"name": cell, "note": "x"}]


def test_tsv_is_separated_by_tabs(write):
    """The ending .tsv decides."""
    assert values_of(write("a.tsv", "a,b\tc\n1,2\t3\n")) == [{"a,b": "1,2", "c": "3"}]


def test_rows_are_numbered_as_a_spreadsheet_does(write):
    """The header is row 1, blank rows count and are left out, a line break in a cell makes no row."""
    rows = rows_of(write("a.csv", 'a,b\r\n1,"x\r\ny"\r\n\r\n,\r\n3,4\r\n'))
    assert [(row.number, row.values["a"]) for row in rows] == [(2, "1"), (5, "3")]
    assert rows[0].values["b"] == "x\r\ny"


def test_old_line_ends(write):
    """A file whose lines end with a carriage return alone has the rows that it has."""
    assert values_of(write("a.csv", "a,b\r1,2\r3,4\r")) == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]


def test_a_separator_too_much_at_the_end(write):
    """Unnamed columns at the end are none as long as they are empty."""
    assert values_of(write("a.csv", "a,b,,\n1,2,,\n3,4,\n")) == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n1,2\n3\n", "Row 3 of .* has 1 cells, but 2 columns"),
        ("a,b\n1,2\n3,4,5\n", "Row 3 of .* has 3 cells, but 2 columns"),
        ("a,b\n1,2\n3,4,5\n", "needs quotes"),
        ('a,b\n1,"2\n3,4\n', "Row 2 of .* opens a quote that is never closed"),
        ('a,b\n1,"2"x\n3,4\n', "Row 2 of .* has text after a closing quote"),
    ],
)
def test_broken_rows_are_named(write, content, message):
    """A row that cannot be read is named with what is wrong."""
    with pytest.raises(InputError, match=message):
        rows_of(write("a.csv", content))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("\n\n", "no column names"),
        ("a,b,a\n1,2,3\n", "Columns 1 and 3 of .* are both named 'a'"),
        ("a,,c\n1,2,3\n", "Column 2 of .* has no name"),
        ("a, a \n1,2\n", "both named 'a'"),
        (",".join(f"c{number}" for number in range(16_385)) + "\n", "16,385 columns; at most 16,384"),
    ],
)
def test_headers_that_cannot_be_used(write, content, message):
    """Each column needs a name of its own."""
    with pytest.raises(InputError, match=message):
        open_table(write("a.csv", content))


def test_a_huge_cell(write):
    """A line of 100 MB and a cell that swallows the rest of the file are errors."""
    path = write("a.csv", b"a,b\n1,2\n3," + b"x" * 100_000_000 + b"\n")
    with pytest.raises(InputError, match=r"A line of .* has more than 50,000,000 characters"):
        rows_of(path)
    path = write("b.csv", b'a,b\n1,2\n3,"' + b"x\n" * 5_100_000 + b'"\n')
    with pytest.raises(
        InputError, match=r"Row 3 of .* more than 10,000,000 characters, or a quote that is never closed"
    ):
        rows_of(path)


def test_the_process_keeps_its_own_limit(write):
    """A limit that the program set higher for itself stays."""
    before = csv.field_size_limit(20_000_000)
    try:
        rows_of(write("a.csv", "a\n1\n"))
        assert csv.field_size_limit() == 20_000_000
    finally:
        csv.field_size_limit(before)
