"""Writing outputs."""

import csv
import errno
import os
import zipfile
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow.parquet
import pytest

from stretto.batch.tables import ENDINGS, check_output, open_output, open_table, write_output
from stretto.batch.tables.readers import parquet as parquet_module
from stretto.batch.tables.writers import xlsx as xlsx_sink
from stretto.core.errors import InputError, StrettoError
from tests.batch.tables.samples import result, rows_of, variant, written

LONG = [
    *("variant", "type", "description", "text", "status", "error", "remarks", "model", "cost_usd", "run_id"),
    *("row_status", "row_error", "row_cost_usd", "label"),
]
FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",
    "＋1",
    "－1",
    "＠1",
    "=cmd|' /C calc'!A1",
]


@pytest.fixture
def rows(write):
    """Give three rows."""
    return rows_of(write("in.csv", "name,price\n瓶 1,5\nB,-7.5\nC,007\n"))


def put(path, rows, results, **options):
    """Write an output with these results, in order."""
    table = tuple(rows[0].values)
    return write_output(path, table, rows, lambda row: results[rows.index(row)], **options)


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".xlsx"])
def test_long_has_a_line_for_each_variant(tmp_path, rows, ending):
    """Rows come in the input's order, each variant with its own facts and those of the whole row."""
    made = [
        result("One 瓶", "Two", label="demo"),
        result(status="failed", error="the plan: no answer", cost_usd=None, run_id="run-2"),
        None,
    ]
    put(tmp_path / f"out{ending}", rows, made)
    lines = written(tmp_path / f"out{ending}")
    assert list(lines[0]) == ["name", "price", *LONG]

    def column(name):
        return [str(line[name]) if line[name] is not None else "" for line in lines]

    assert column("name") == ["瓶 1", "瓶 1", "B", "C"]
    assert column("price") == ["5", "5", "-7.5", "007"]
    assert column("variant") == ["1", "2", "", ""]
    assert column("text") == ["One 瓶", "Two", "", ""]
    assert column("status") == ["completed", "completed", "failed", "not run"]
    assert column("error") == ["", "", "the plan: no answer", ""]
    assert column("cost_usd") == ["0.001", "0.001", "", ""]
    assert column("run_id") == ["run-1", "run-1", "run-2", ""]
    assert column("row_status") == ["complete", "complete", "failed", "not run"]
    assert column("row_cost_usd") == ["0.004", "0.004", "", ""]


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".xlsx"])
def test_wide_has_a_line_for_each_row(tmp_path, rows, ending):
    """There are columns for as many variants as the row with the most has; a failure is in the row's own columns."""
    failed = variant("", status="failed", error="empty; again", model="other", run_id="run-9", label="demo")
    partial = result("a", "b").variants
    made = [result("One"), result(status="partial", variants=(*partial, failed)), None]
    put(tmp_path / f"out{ending}", rows, made, form="wide")
    lines = written(tmp_path / f"out{ending}")
    parts = [f"variant_{number}_{part}" for number in (1, 2, 3) for part in ("type", "description", "text", "status")]
    assert list(lines[0]) == [
        *("name", "price", *parts, "status", "error", "remarks", "model", "cost_usd", "run_id", "label"),
    ]
    assert [line["variant_1_text"] or "" for line in lines] == ["One", "a", ""]
    assert [line["variant_3_status"] or "" for line in lines] == ["", "failed", ""]
    assert [line["status"] for line in lines] == ["complete", "partial", "not run"]
    assert [lines[1][name] for name in ("error", "model", "run_id", "label")] == [
        *("empty; again", "demo; other", "run-1; run-9", "demo"),
    ]


def test_a_synthesis_has_its_own_place(tmp_path, rows):
    """A synthesis is a line named so, or a column beside the variants."""
    joined = variant("Both.", type="merge", description="", synthesis=True)
    made = [result("a", variants=(variant("a"), joined)), result("b"), None]
    put(tmp_path / "long.csv", rows, made)
    assert [line["variant"] for line in written(tmp_path / "long.csv")] == ["1", "synthesis", "1", ""]
    put(tmp_path / "wide.csv", rows, made, form="wide")
    lines = written(tmp_path / "wide.csv")
    assert [line["synthesis_text"] for line in lines] == ["Both.", "", ""]
    assert "variant_2_text" not in lines[0]


def test_a_tables_own_columns_keep_their_names(tmp_path, write):
    """Where the table has a column of our name, ours steps back."""
    own = rows_of(write("in.csv", "type,description,result_type\nmug,old,x\n"))
    put(tmp_path / "out.csv", own, [result("new")])
    (line,) = written(tmp_path / "out.csv")
    assert [line[name] for name in ("type", "description", "result_type")] == ["mug", "old", "x"]
    assert (line["result_result_type"], line["result_description"]) == ("type 1", "Be brief.")


def test_a_spreadsheet_runs_nothing(tmp_path, write):
    """No cell of a CSV file begins as a formula does, in the table's own columns, in ours and in the header."""
    content = "".join(f'"{formula}"\n' for formula in FORMULAS)
    own = rows_of(write("in.csv", f"=name\n{content}"))
    put(tmp_path / "out.csv", own, [result(formula, status="failed", error=formula) for formula in FORMULAS])
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))
    assert lines[0][0] == "'=name"
    for formula, line in zip(FORMULAS, lines[1:], strict=True):
        assert line[0] == f"'{formula}"
        assert line[4] == f"'{formula}"
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")) for cell in line)


def test_numbers_with_a_sign_stay_numbers(tmp_path, write):
    """What is a number to a spreadsheet runs nothing and is left as it is."""
    numbers = ["-7.5", "+3", "-1,234.50", "-1e5", "-12%", "'-5"]
    own = rows_of(write("in.csv", "n\n" + "".join(f'"{number}"\n' for number in numbers)))
    put(tmp_path / "out.csv", own, [None] * 6)
    assert [line["n"] for line in written(tmp_path / "out.csv")] == numbers


def test_raw_cells_are_as_they_are(tmp_path, write):
    """The switch leaves every cell as it came, control characters too."""
    own = rows_of(write("in.csv", "a\nx\n"))
    put(tmp_path / "out.csv", own, [result("=1+1\x1b[31m\ud800")], raw=True)
    assert written(tmp_path / "out.csv")[0]["text"] == "=1+1\x1b[31m\ufffd"


def test_csv_is_as_spreadsheets_take_it(tmp_path, rows):
    """A byte order mark, so that Chinese is read as such; the separator that was asked for, tabs in .tsv."""
    put(tmp_path / "out.csv", rows, [None] * 3, delimiter=";")
    data = (tmp_path / "out.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbfname;price;variant;")
    put(tmp_path / "out.tsv", rows, [None] * 3)
    assert (tmp_path / "out.tsv").read_bytes().startswith(b"\xef\xbb\xbfname\tprice\t")


def test_a_workbook_holds_texts_and_no_formula(tmp_path, write):
    """In a workbook every text is a text as it is, whatever it begins with, and Chinese and escapes come back."""
    texts = [
        *FORMULAS[:4],
        "＝1",
        "瓶 😀",
        "<&>\"'",
        "  blank  ",
        "_x0041_",
        "a\r\nb\rc",
        "\x00\x1b[1mx\ufffe",
        "'x",
        "",
    ]
    own = rows_of(write("in.csv", "a\n" + "x\n" * len(texts)))
    put(tmp_path / "out.xlsx", own, [result(text) for text in texts])
    wanted = [*texts[:8], "_x0041_", "a\nb\nc", "x\ufffd", "'x", ""]
    rows = rows_of(tmp_path / "out.xlsx", only_empty=True)
    assert [row.earlier.variants[0].text for row in rows] == wanted
    cells = list(openpyxl.load_workbook(tmp_path / "out.xlsx").active["E"])[1:]
    assert {cell.data_type for cell in cells} <= {"s", "n", "inlineStr"}
    assert [cell.value or "" for cell in cells if cell.value != "_x005F_x0041_"] == [*wanted[:8], *wanted[9:]]
    with zipfile.ZipFile(tmp_path / "out.xlsx") as archive:
        assert b"<f" not in archive.read("xl/worksheets/sheet1.xml")


def test_a_workbook_keeps_numbers_and_times(tmp_path, write_sheet):
    """What was a number, a truth or a time in the table is one in the output."""
    values = [3, 2.5, True, datetime(2026, 11, 22, 9, 5, 7), date(2026, 11, 22), time(9, 30)]
    own = rows_of(write_sheet([["i", "f", "b", "at", "day", "time"], values]))
    put(tmp_path / "out.xlsx", own, [result("x")])
    line = next(openpyxl.load_workbook(tmp_path / "out.xlsx").active.iter_rows(min_row=2, values_only=True))
    assert line[:6] == (3, 2.5, True, datetime(2026, 11, 22, 9, 5, 7), datetime(2026, 11, 22), time(9, 30))
    assert line[14] == 0.001
    assert dict(rows_of(tmp_path / "out.xlsx", only_empty=True)[0].values) == dict(own[0].values)


def test_what_a_sheet_cannot_count_is_text(tmp_path):
    """Numbers past a sheet's precision, times with a zone and days before its calendar are written as text."""
    source = pyarrow.table(
        {
            "big": [2**60],
            "zoned": pyarrow.array([datetime(2026, 1, 2, 3, tzinfo=UTC)]),
            "old": [date(1815, 12, 10)],
            "day": [date(2026, 11, 22)],
            "infinite": [float("inf")],
        }
    )
    pyarrow.parquet.write_table(source, tmp_path / "in.parquet")
    put(tmp_path / "out.xlsx", rows_of(tmp_path / "in.parquet"), [None])
    line = next(openpyxl.load_workbook(tmp_path / "out.xlsx").active.iter_rows(min_row=2, values_only=True))
    assert line[:5] == ("1152921504606846976", "2026-01-02 03:00+00:00", "1815-12-10", datetime(2026, 11, 22), "inf")


@pytest.mark.parametrize("character", ["a", "😀"])
def test_a_text_longer_than_a_cell_is_cut_and_said(tmp_path, rows, character):
    """A workbook's cell holds 32,767 characters as UTF-16 counts them; what is cut shows it and is said."""
    fits = character * (32_767 // (len(character.encode("utf-16-le")) // 2))
    notes = put(tmp_path / "out.xlsx", rows, [result(fits), result("x", fits + character * 2), None])
    assert notes == (
        "1 texts are longer than the 32,767 characters that a cell of a workbook holds and were cut (lines 4). "
        "CSV and JSON lines hold them whole.",
    )
    texts = [line["text"] for line in written(tmp_path / "out.xlsx")]
    assert texts[0] == fits
    assert texts[2].endswith(" … [cut]")
    assert 32_760 <= len(texts[2].encode("utf-16-le")) // 2 <= 32_767
    notes = put(tmp_path / "out.xlsx", rows, [result(*[fits * 2] * 12), None, None])
    assert "12 texts" in notes[0]
    assert "10, 11, …)" in notes[0]
    assert put(tmp_path / "out.csv", rows, [result(fits * 2), None, None]) == ()


def test_a_full_sheet_is_an_error_and_leaves_the_old_file(tmp_path, rows, monkeypatch):
    """More lines or columns than a sheet has are refused, and nothing is lost."""
    path = tmp_path / "out.xlsx"
    path.write_bytes(b"old")
    monkeypatch.setattr(xlsx_sink, "ROW_LIMIT", 3)
    with pytest.raises(StrettoError, match=r"A sheet holds 3 lines.*Write CSV"):
        put(path, rows, [None] * 3)
    many = result(*["x"] * 5000)
    with pytest.raises(StrettoError, match=r"16,384 columns; the table has 20,009"):
        put(path, rows, [many, None, None], form="wide")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.glob(".*")) == []


def test_json_lines_keep_what_json_knows(tmp_path, write):
    """Numbers, lists and truths stay what they are; what is not there is null."""
    line = '{"n": 1, "f": 1.5, "l": [1, {"a": "瓶"}], "t": true, "x": null, "nan": NaN}'
    put(tmp_path / "out.jsonl", rows_of(write("in.jsonl", line)), [result("a\u2028b", cost_usd=Decimal("0.25"))])
    (found,) = written(tmp_path / "out.jsonl")
    assert list(found.values())[:6] == [1, 1.5, [1, {"a": "瓶"}], True, None, None]
    assert (found["variant"], found["text"], found["row_cost_usd"], found["error"]) == (1, "a\u2028b", 0.25, "")


def test_parquet_has_a_column_of_text_for_each(tmp_path, write):
    """Every cell comes back as text from Parquet, over many groups of rows."""
    own = rows_of(write("in.csv", "a\n" + "".join(f"瓶 {number}\n" for number in range(1500))))
    write_output(tmp_path / "out.parquet", ("a",), own, lambda _: result("x", "y"))
    table = pyarrow.parquet.read_table(tmp_path / "out.parquet")
    assert table.num_rows == 3000
    assert table.column("a").to_pylist()[-1] == "瓶 1499"
    assert table.column("text").to_pylist()[:2] == ["x", "y"]
    assert table.column_names == ["a", *LONG]


class Stopped(BaseException):
    """A stop that is no error."""


def add_and_raise(path, row, error, **options):
    """Begin an output and fail."""
    with open_output(path, ("name", "price"), **options) as output:
        output.add(row, result("x"))
        raise error


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("form", ["long", "wide"])
def test_nothing_changes_unless_all_of_it_is_written(tmp_path, rows, ending, form):
    """Whatever stops the writing, the old file stays and no other is left."""
    path = tmp_path / f"out{ending}"
    path.write_bytes(b"old")
    with pytest.raises(Stopped):
        add_and_raise(path, rows[0], Stopped(), form=form)
    assert path.read_bytes() == b"old"
    assert [entry for entry in tmp_path.iterdir() if entry.name.startswith(".")] == []


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_full_disk_is_said(tmp_path, rows, ending, monkeypatch):
    """A disk that is full is named as the reason, and the old file stays."""
    path = tmp_path / f"out{ending}"
    path.write_bytes(b"old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StrettoError, match=rf"Cannot write .*out{ending}: No space left on device"):
        put(path, rows, [result("x")] * 3)
    assert path.read_bytes() == b"old"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("form", ["long", "wide"])
def test_a_disk_that_fills_up_meanwhile(tmp_path, rows, ending, form, monkeypatch):
    """A write that fails in the middle is the same error, in every format."""
    real = os.open

    def to_full(path, flags, *rest):
        return real("/dev/full", os.O_WRONLY) if str(path).endswith(".part") else real(path, flags, *rest)

    monkeypatch.setattr(os, "open", to_full)
    text = os.urandom(60_000).hex()[:32_000]
    with pytest.raises(StrettoError, match="No space left on device"):
        put(tmp_path / f"out{ending}", rows, [result(text)] * 3, form=form)
    assert not (tmp_path / f"out{ending}").exists()


def test_errors_of_the_caller_stay_their_own(tmp_path, rows):
    """An error inside the block that is not of the writing is not taken for one."""
    with pytest.raises(ConnectionError):
        add_and_raise(tmp_path / "out.csv", rows[0], ConnectionError("journal lost"))


def test_what_cannot_be_written_is_said_before(tmp_path, monkeypatch):
    """A wrong ending, a missing folder, a full sheet and a missing extra are found before money is spent."""
    for path, message in {
        tmp_path / "out.pdf": r"Cannot tell the format of .*out.pdf by its name. Known: .csv, .tsv",
        tmp_path / "none" / "out.csv": "its folder does not exist",
    }.items():
        with pytest.raises(InputError, match=message):
            check_output(path)
    with pytest.raises(InputError, match=r"A sheet holds 1,048,576 lines; .*out.xlsx would have more"):
        check_output(tmp_path / "out.xlsx", lines=1_048_576)
    check_output(tmp_path / "out.xlsx", lines=1_048_575)
    check_output(tmp_path / "out.csv", lines=2_000_000)
    check_output(tmp_path / "out.parquet")

    def missing(name: str):
        raise ImportError(name)

    monkeypatch.setattr(parquet_module, "import_module", missing)
    with pytest.raises(InputError, match="pip install"):
        check_output(tmp_path / "out.parquet")
    assert list(tmp_path.iterdir()) == []


def test_an_output_may_take_its_inputs_place(write, rows):
    """The table can be read while its own successor is written."""
    path = write("same.csv", "name,price\nA,1\n")
    put(path, rows_of(path), [result("x")])
    assert open_table(path, only_empty=True).columns == ("name", "price")
