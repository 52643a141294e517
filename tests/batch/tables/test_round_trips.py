"""Whatever a text is, it comes back from the file it was written to."""

import csv
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
from hypothesis import assume, example, given
from hypothesis import strategies as st

from stretto.batch.tables import map_columns, open_rows, open_table, write_output
from stretto.batch.tables.writers.xlsx import clean
from stretto.core.errors import InputError
from stretto.core.text import replace_surrogates, strip_control
from tests.batch.tables.samples import PIECES, STARTS, result, rows_of

HOSTILE = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=40),  # lone surrogates and NUL too
    st.lists(st.sampled_from(PIECES), max_size=8).map("".join),
)


def written_and_read(texts: list[str], name: str, **options) -> tuple[Path, list[str]]:
    """Write one row with these texts and return the path with the texts that are found in it."""
    folder = Path(tmp.name)
    (folder / "in.csv").write_text("a\nx\n")
    rows = rows_of(folder / "in.csv")
    write_output(folder / name, ("a",), rows, lambda _: result(*texts), **options)
    (row,) = rows_of(folder / name, only_empty=True)
    return folder / name, [variant.text for variant in row.earlier.variants]


tmp = TemporaryDirectory()


@given(st.lists(HOSTILE, min_size=1, max_size=5))
@example(["=1+1", "-5", "'-5", "'=x", "''=x", ""])
def test_csv(texts):
    """A guarded CSV file runs nothing and gives every text back without its control characters."""
    for form in ("long", "wide"):
        path, found = written_and_read(texts, "out.csv", form=form)
        assert found == [unguarded_once(strip_control(replace_surrogates(text))) for text in texts]
        with path.open(encoding="utf-8-sig", newline="") as file:
            cells = [cell for line in csv.reader(file) for cell in line]
        assert not any(cell.startswith(STARTS) and not is_number(cell) for cell in cells)


def unguarded_once(text: str) -> str:
    """Return a text without an apostrophe that a reader must take for a guard."""
    return text[1:] if text.startswith("'") and text[1:].startswith(STARTS) else text


def is_number(text: str) -> bool:
    """Whether a spreadsheet takes a text with a sign for a number."""
    return text[1:].replace(".", "").replace(",", "").rstrip("%").replace("e", "").replace("E", "").isdecimal()


@given(st.lists(HOSTILE.filter(str.strip), min_size=1, max_size=5))
@example(["_x005F_x0041_", "_x0041", "a\rb\r\nc", "\ufffe", "=1+1"])
def test_xlsx(texts):
    """A workbook gives every text back as a sheet can hold it, to us and to openpyxl, and has no formula."""
    for form in ("long", "wide"):
        path, found = written_and_read(texts, "out.xlsx", form=form, raw=True)
        assert found == [clean(text) for text in texts]
    sheet = openpyxl.load_workbook(path).active
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type in ("s", "n") for cell in cells)


@given(st.lists(HOSTILE, min_size=1, max_size=5))
def test_json_lines(texts):
    """JSON lines give every text back; lone surrogates alone become U+FFFD."""
    for form in ("long", "wide"):
        _, found = written_and_read(texts, "out.jsonl", form=form)
        assert found == [replace_surrogates(text) for text in texts]


@given(
    st.lists(st.lists(HOSTILE.filter(lambda text: "\0" not in text), min_size=2, max_size=2), min_size=1, max_size=6),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]),
)
def test_any_csv_is_read_as_pythons_reader_does(lines, separator, encoding):
    """Whatever stands in quoted cells, separator and rows are those that were written."""
    path = Path(tmp.name) / "any.csv"
    clean_lines = [[replace_surrogates(cell) for cell in line] for line in lines]
    # A single cell after an empty row may be a note below the table: test_beginning.py.
    assume(not any(not any(before) and not after[1] for before, after in pairwise(clean_lines)))
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=separator, quoting=csv.QUOTE_ALL).writerows([["name", "note"], *clean_lines])
    table = open_table(path, encoding=None if encoding.startswith("utf") else encoding)
    with open_rows(table, map_columns(table.columns, task="Write.")) as rows:
        assert [list(row.values.values()) for row in rows] == [line for line in clean_lines if any(line)]


@given(st.binary(max_size=300), st.sampled_from([".csv", ".tsv", ".jsonl", ".xlsx", ".parquet"]))
@example(b"PK\x03\x04" + b"\0" * 40, ".xlsx")
def test_bytes_are_a_table_or_an_input_error(data, ending):
    """No file, whatever is in it, ends in anything but rows or an error that is the user's to mend."""
    path = Path(tmp.name) / f"bytes{ending}"
    path.write_bytes(data)
    with suppress(InputError):
        rows_of(path)
