"""Opening tables: what a file must be, and what is said when it is not."""

import os

import pytest

from stretto.batch.tables import map_columns, open_rows, open_table, survey
from stretto.batch.tables.readers import parquet as parquet_module
from stretto.core.errors import InputError


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"PK\x03\x04rest", "it is an XLSX workbook .* Rename it to .xlsx"),
        ("a.csv", b"PAR1rest", "a Parquet file.* Rename it to .parquet"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook .* password"),
        ("a.jsonl", b"%PDF-1.7", "it is a PDF"),
        ("a.csv", b"\x1f\x8b\x08\x00", "a compressed file"),
        ("a.xlsx", b"name,price\n", "not what its name says. Is it a text"),
        ("a.parquet", b"PK\x03\x04", "it is an XLSX"),
        ("a.csv", bytes(range(256)) * 8, "is not text"),
        ("a.xls", b"x", "a workbook of a kind that is not read. Save it as .xlsx"),
        ("a.docx", b"x", "Cannot tell the format of .*a.docx by its name. Known: .csv"),
        ("a", b"x", "Cannot tell the format"),
        ("a.xlsx", b"PK\x03\x04 nothing", "cannot be read as a workbook"),
        ("a.parquet", b"PAR1 nothing at all", "cannot be read as Parquet"),
    ],
)
def test_files_that_are_something_else(write, name, content, message):
    """A file that is not what its name says is refused with what it is and the way out, in one line."""
    with pytest.raises(InputError, match=message) as caught:
        open_table(write(name, content))
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder(tmp_path):
    """Both are named with the system's reason."""
    with pytest.raises(InputError, match=r"Cannot read .*none.csv: No such file"):
        open_table(tmp_path / "none.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match=r"Cannot read .*folder.csv: Is a directory"):
        open_table(tmp_path / "folder.csv")


def test_a_table_without_rows(write):
    """A header alone is not worth a batch."""
    table = open_table(write("a.csv", "a,b\n"))
    with pytest.raises(InputError, match="has no rows"):
        survey(table, map_columns(table.columns, task="Write."))


def test_a_file_that_changes_meanwhile(write):
    """What was surveyed is what is run: a file that was changed or taken away since is refused."""
    path = write("a.csv", "a\n1\n")
    table = open_table(path)
    columns = map_columns(table.columns, task="Write.")
    path.write_text("a\n1\n2\n")
    with pytest.raises(InputError, match="was changed while it was in use"), open_rows(table, columns) as rows:
        next(rows)
    path.unlink()
    with pytest.raises(InputError, match="No such file"), open_rows(table, columns) as rows:
        next(rows)


def test_a_file_is_closed_when_reading_stops_early(write):
    """Leaving the block closes the file, though rows are left."""
    path = write("a.csv", "a\n" + "1\n" * 1000)
    table = open_table(path)

    def is_open() -> bool:
        return any(os.readlink(f"/proc/self/fd/{fd}") == str(path) for fd in os.listdir("/proc/self/fd") if _link(fd))

    with open_rows(table, map_columns(table.columns, task="Write.")) as rows:
        next(rows)
        assert is_open()
    assert not is_open()


def _link(descriptor: str) -> bool:
    return os.path.lexists(f"/proc/self/fd/{descriptor}")


def test_parquet_without_the_extra_says_how(write, monkeypatch):
    """Without pyarrow the error is the command that installs it."""

    def missing(name: str):
        raise ImportError(name)

    monkeypatch.setattr(parquet_module, "import_module", missing)
    with pytest.raises(InputError, match=r'Parquet needs pyarrow. Install it: pip install "stretto\[tables\]"'):
        open_table(write("a.parquet", b"PAR1"))
