"""Where a table begins: which sheet, which row, and what stands around it."""

import openpyxl
import pytest

from stretto.batch.tables import map_columns, open_table, survey
from stretto.core.errors import InputError
from tests.batch.tables.samples import rows_of, values_of

TITLE = [["Spring catalogue 2026"], []]
HEADER = ["sku", "name", "note"]
DATA = [[1, "Folding lamp", "nine hours"], [2, "Tea tin", "airtight"]]
READ = [
    {"sku": "1", "name": "Folding lamp", "note": "nine hours"},
    {"sku": "2", "name": "Tea tin", "note": "airtight"},
]


def read(path, **options):
    """Return the values of all rows, and what is said about the file once they were read."""
    table = open_table(path, **options)
    found = survey(table, map_columns(table.columns, task="Write."), first=100)
    return [dict(row.values) for row in found.first], " ".join(table.notes)


@pytest.fixture
def write_book(tmp_path):
    """Give a function that writes a workbook of several sheets, each with its rows, merged cells and state."""

    def put(*sheets):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows, *more in sheets:
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
            for each in more:
                if ":" in each:
                    sheet.merge_cells(each)
                else:
                    sheet.sheet_state = each
        book.save(tmp_path / "book.xlsx")
        return tmp_path / "book.xlsx"

    return put


# Sheets


def test_the_only_sheet_that_is_a_table(write_book):
    """Empty and hidden sheets and pages of instructions are passed over, and all of them are named."""
    text = [["How to fill in this file"], ["Use the sheet Template."]]
    path = write_book(
        ("Start", []), ("Instructions", text), ("Old", [HEADER, *DATA], "hidden"), ("Template", [HEADER, *DATA])
    )
    rows, notes = read(path)
    assert rows == READ
    assert "only the sheet 'Template' is read" in notes
    for other in ("'Start' (empty)", "'Instructions' (no table)", "'Old' (hidden)", "--sheet"):
        assert other in notes


def test_several_tables_are_asked_about(write_book):
    """Where two sheets could be the table nothing is guessed: all are named with the option."""
    path = write_book(("Lamps", [HEADER, *DATA]), ("Tins", [HEADER, *DATA]), ("Nothing", []))
    with pytest.raises(
        InputError, match=r"'Lamps' \(a table\), 'Tins' \(a table\), 'Nothing' \(empty\).*--sheet Lamps"
    ):
        open_table(path)


@pytest.mark.parametrize("given", ["Tins", "tins", "2", "Hidden"])
def test_a_sheet_by_its_name_or_number(write_book, given):
    """A sheet is named as it is called, in any case of letters, or by its place among the visible ones."""
    rows = [HEADER, *DATA]
    path = write_book(("Lamps", [["x", "y"], [1, 2]]), ("Hidden", rows, "hidden"), ("Tins", rows))
    assert read(path, sheet=given)[0] == READ


def test_a_sheet_that_is_not_there(write_book):
    """Who names a wrong sheet is told which there are."""
    path = write_book(("Lamps", [HEADER, *DATA]), ("Old", [], "veryHidden"))
    with pytest.raises(InputError, match=r"no sheet 'Lamp'.*'Lamps', 'Old' \(hidden\)"):
        open_table(path, sheet="Lamp")
    with pytest.raises(InputError, match="no sheet '2'"):
        open_table(path, sheet="2")


def test_options_that_say_nothing_of_a_file(write):
    """CSV has no sheets, JSON lines no header."""
    with pytest.raises(InputError, match=r"has no sheets.*--sheet"):
        open_table(write("a.csv", "a\n1\n"), sheet="x")
    with pytest.raises(InputError, match=r"no row that names its columns.*--header-row"):
        open_table(write("a.jsonl", '{"a": 1}\n'), header_row=2)


# Titles


@pytest.mark.parametrize(
    "above",
    [
        TITLE,
        [["Spring catalogue 2026"]],
        [[None, "Spring catalogue 2026"], [], []],
        [["Company"], ["Spring catalogue"], ["Prices in EUR"]],
        [[], [], *TITLE],
    ],
)
def test_titles_above_the_names(write_book, above):
    """A title, with or without an empty row below it, is passed over and said."""
    path = write_book(("S", [*above, HEADER, *DATA]))
    rows, notes = read(path)
    assert rows == READ
    assert f"Row {len(above) + 1} of" in notes
    assert "--header-row" in notes


def test_a_title_over_merged_cells(write_book):
    """A title that is merged across the table is no row of it."""
    rows, notes = read(write_book(("S", [["Spring 2026"], ["a", "b"], ["x", "y"]], "A1:B1")))
    assert rows == [{"a": "x", "b": "y"}]
    assert "'Spring 2026'" in notes


def test_pairs_above_the_names(write_book):
    """Facts about an export, a name and a value in each row, are passed over like a title."""
    facts = [["Exported", "2026-11-01"], ["By", "the shop"], []]
    header = ["sku", "name", "note", "price", "stock"]
    path = write_book(("S", [*facts, header, ["A", "Lamp", "x", 9.5, 3], ["B", "Tin", "y", 4, 7]]))
    assert [row["sku"] for row in read(path)[0]] == ["A", "B"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("title", ["Spring catalogue 2026\n\n", "Spring catalogue 2026\n", "Title{0}{0}\n", "\n\n"])
def test_titles_in_csv(write, separator, title):
    """A title in CSV does not hide the separator."""
    lines = [separator.join(map(str, line)) for line in (HEADER, *DATA)]
    path = write("a.csv", title.format(separator) + "\n".join(lines) + "\n")
    assert read(path)[0] == READ


def test_one_column_of_text_is_no_title(write):
    """Commas or semicolons in the only column make no table of it."""
    assert values_of(write("a.csv", "features\nsteel; leakproof; 12 oz\nwool; soft; warm\n")) == [
        {"features": "steel; leakproof; 12 oz"},
        {"features": "wool; soft; warm"},
    ]


def test_a_name_that_is_missing_is_no_title(write):
    """Where the first row could be a title or lack a name, nothing is guessed."""
    path = write("a.csv", "sku\nA1,Folding lamp\nA2,Tea tin\n")
    with pytest.raises(InputError, match=r"row 1 \('sku'\) or row 2 \('A1', 'Folding lamp'\).*--header-row 2"):
        open_table(path)
    with pytest.raises(InputError, match=r"Row 2 of .* has 2 cells, but 1 columns"):
        rows_of(path, header_row=1)


# The header row


@pytest.mark.parametrize("swapped", [False, True])
def test_technical_names_are_asked_about(write_book, swapped):
    """Names for programs above or below those for people: both rows are named, and the option."""
    names = [["item_sku", "item_name", "list_price"], ["SKU", "Product name", "Price"]]
    path = write_book(("S", [*(names[::-1] if swapped else names), ["A1", "Folding lamp", 9.5], ["A2", "Tea tin", 4]]))
    with pytest.raises(InputError, match=r"row 1 \(.*\) or row 2 \(.*\).*--header-row 2"):
        open_table(path)
    assert [list(row.values()) for row in read(path, header_row=2)[0]] == [
        ["A1", "Folding lamp", "9.5"],
        ["A2", "Tea tin", "4"],
    ]


def test_two_languages_of_names_are_asked_about(write):
    """Names in a second language are no product."""
    path = write("a.csv", "Artikel,Bezeichnung,Preis\nitem,label,price\nA1,Lampe,9.5\nA2,Dose,4\n")
    with pytest.raises(InputError, match="--header-row 2"):
        open_table(path)


@pytest.mark.parametrize(
    "content",
    [
        "item_sku,item_name,list_price\nA1,Folding lamp,9.5\nA2,Tea tin,4\n",
        "name,colour\nlamp,red\ntin,blue\n",
        "name,price\nlamp 2,on request\ntin 3,4\n",
        "name\nlamp\ntin\n",
        "sku,name\n1,Folding lamp\n",
        "名称,材质\n保温瓶,不锈钢\n茶杯,陶瓷\n",
    ],
)
def test_plain_tables_are_not_asked_about(write, content):
    """Nothing is asked where the first row names the columns, whatever the data are."""
    assert len(rows_of(write("a.csv", content))) == content.count("\n") - 1


def test_a_header_row_that_is_told(write_book, write):
    """The row that is told names the columns, and what is above it is left out."""
    path = write_book(("S", [["x", "y", "z"], ["more", "of", "it"], HEADER, *DATA]))
    assert read(path, header_row=3)[0] == READ
    csv = write("a.csv", "x,y,z\n\nsku;name;note\n1;Folding lamp;nine hours\n2;Tea tin;airtight\n")
    assert read(csv, header_row=3)[0] == READ
    with pytest.raises(InputError, match=r"Row 2 of .* has nothing in it.*--header-row"):
        open_table(csv, header_row=2)


def test_names_of_groups_over_names(write_book):
    """A group's name that is merged over its columns is a part of each name."""
    path = write_book(
        ("S", [["name", "price", None], [None, "EUR", "USD"], ["Lamp", 9, 10]], "B1:C1", "A1:A2"),
    )
    rows, notes = read(path)
    assert rows == [{"name": "Lamp", "price EUR": "9", "price USD": "10"}]
    assert "Rows 1 and 2" in notes


def test_empty_columns_around_and_between(write_book, write):
    """Columns without a name and without a value are none; one with a value is an error."""
    path = write_book(("S", [[], [None, "a", None, "b"], [None, 1, None, 2], [None, 3, None, 4]]))
    assert read(path)[0] == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]
    far = write("a.csv", ",a,b\n" + ",1,2\n" * 60 + "x,3,4\n")
    with pytest.raises(InputError, match=r"Row 62 of .* has 'x' in column 1, which has no name"):
        rows_of(far)


# Merged cells, headings, notes


def test_merged_cells_are_carried_down(write_book):
    """A value that is merged over rows is each row's, and that is said."""
    rows = [["group", "name"], ["Lamps", "Folding lamp"], [None, "Desk lamp"], ["Tins", "Tea tin"]]
    found, notes = read(write_book(("S", rows, "A2:A3")))
    assert [row["group"] for row in found] == ["Lamps", "Lamps", "Tins"]
    assert "Merged cells" in notes
    assert "1 row" in notes


def test_merged_cells_beside_each_other(write_book):
    """A value that is merged over columns is in each of them; rows that are empty stay so."""
    rows = [["a", "b", "c"], ["x", "both", None], [None, None, None], ["y", "1", "2"]]
    found, _ = read(write_book(("S", rows, "B2:C3")))
    assert found == [{"a": "x", "b": "both", "c": "both"}, {"a": "y", "b": "1", "c": "2"}]


def test_headings_across_the_table_are_no_rows(write_book):
    """A heading that is merged across the table is left out, and named."""
    found, notes = read(write_book(("S", [HEADER, ["Lamps"], DATA[0], ["Tins"], DATA[1]], "A2:C2", "A4:C4")))
    assert found == READ
    assert "row 2 ('Lamps'), row 4 ('Tins')" in notes


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_notes_below_the_table(write_book, write, kind):
    """A remark below the table, after an empty row, is no product; it is named."""
    lines = [HEADER, *DATA, [], ["* prices include VAT"], ["Source: the shop"]]
    if kind == "xlsx":
        path = write_book(("S", lines))
    else:
        path = write("a.csv", "\n".join(",".join(map(str, line)) for line in lines) + "\n")
    found, notes = read(path)
    assert found == READ
    assert "row 5 ('* prices include VAT'), row 6" in notes


def test_a_row_of_one_cell_that_is_data(write_book):
    """An article number alone is a row, and so is a phrase where the table goes on below it."""
    lines = [HEADER, *DATA, [], ["A 3"], [4, "Cup", "x"], [], ["A-5"]]
    found, notes = read(write_book(("S", lines)))
    assert [row["sku"] for row in found] == ["1", "2", "A 3", "4", "A-5"]
    assert "row 5 ('A 3')" in notes


def test_sums_below_the_table(write_book):
    """A sum below the table is no product; names that look like data are said."""
    rows = [["sku", "name", "price"], ["A1", "Lamp", 9.5], ["A2", "Tin", 4], [], ["Total", None, 13.5]]
    found, notes = read(write_book(("S", rows)))
    assert [row["sku"] for row in found] == ["A1", "A2"]
    assert "row 5 ('Total')" in notes
    assert "names the columns, though one of them is '9.5'" in read(write_book(("S", rows[1:3])))[1]


# The line that names the separator


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize(
    ("line", "separator"),
    [
        ("sep=;", ";"),
        ("sep=,", ","),
        ("sep=\\t", "\t"),
        ("sep=\t", "\t"),
        ("SEP=|", "|"),
        ('"sep=;"', ";"),
        ("Sep=^", "^"),
    ],
)
def test_a_line_that_names_the_separator(write, line, separator, encoding):
    """`sep=` names the separator, and the line is skipped with a word."""
    lines = [
        line,
        *(separator.join(each) for each in (["sku", "name"], ["00712", "9,5 h" if separator != "," else "x"])),
    ]
    path = write("a.csv", "\r\n".join(lines).encode(encoding))
    rows, notes = read(path)
    assert rows == [{"sku": "00712", "name": "9,5 h" if separator != "," else "x"}]
    assert "names the separator" in notes
    assert open_table(path).delimiter == separator


def test_the_separator_line_is_no_row(write):
    """Rows are numbered as a spreadsheet shows them, which does not show the line; the option counts so, too."""
    path = write("a.csv", "sep=;\nTitle\na;b\n1;2\n")
    (row,) = rows_of(path, header_row=2)
    assert (row.number, row.values) == (3, {"a": "1", "b": "2"})
    assert values_of(write("b.tsv", "sep=,\na,b\n1,2\n")) == [{"a": "1", "b": "2"}]
    assert values_of(write("c.csv", "separator,x\n1,2\n")) == [{"separator": "1", "x": "2"}]
