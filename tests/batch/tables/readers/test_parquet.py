"""Reading Parquet."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pyarrow
import pyarrow.parquet
import pytest

from stretto.batch.tables import open_table
from stretto.core.errors import InputError
from tests.batch.tables.samples import rows_of


def put(path, columns):
    """Write a Parquet file."""
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    return path


def test_values_are_text_as_people_see_it(tmp_path):
    """Every type that a table of products has comes as people write it; an empty row is left out."""
    columns = {
        "name": ["瓶", None],
        "count": pyarrow.array([3, None], pyarrow.int64()),
        "price": [12.0, None],
        "nan": pyarrow.array([float("nan"), float("nan")], from_pandas=False),
        "exact": [Decimal("1.50"), None],
        "day": [date(2026, 11, 22), None],
        "at": [datetime(2026, 11, 22, 9, 5), None],
        "zoned": pyarrow.array([datetime(2026, 11, 22, 9, 5, tzinfo=UTC), None], pyarrow.timestamp("s", "UTC")),
        "time": [time(9, 30, 15), None],
        "tags": [["a", "b"], None],
        "data": [b"text", None],
        "blob": [b"\xff\xfe\xfd", None],
        "kind": pyarrow.array(["x", None]).dictionary_encode(),
    }
    (row,) = rows_of(put(tmp_path / "a.parquet", columns))
    assert (row.number, dict(row.values)) == (
        2,
        {
            **{"name": "瓶", "count": "3", "price": "12", "nan": "", "exact": "1.50", "day": "2026-11-22"},
            **{"at": "2026-11-22 09:05", "zoned": "2026-11-22 09:05+00:00", "time": "09:30:15", "tags": "- a\n- b"},
            **{"data": "text", "blob": "(3 bytes that are no text)", "kind": "x"},
        },
    )


def test_a_file_that_breaks_off(tmp_path):
    """A row group that cannot be read is an error of one line."""
    path = put(tmp_path / "a.parquet", {"name": [f"name {number}" for number in range(50_000)]})
    data = bytearray(path.read_bytes())
    data[100:50_000] = b"\x00" * 49_900
    path.write_bytes(data)
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        rows_of(path)


def test_a_huge_cell(tmp_path):
    """A cell that no model could read is named."""
    path = put(tmp_path / "a.parquet", {"name": ["a", "x" * 10_000_001]})
    with pytest.raises(InputError, match=r"Row 3 of .* more than 10,000,000"):
        rows_of(path)


def test_columns_without_a_name(tmp_path):
    """A nameless column is refused, at the end too: nothing of a Parquet file is a matter of formatting."""
    with pytest.raises(InputError, match=r"Column 2 of .* has no name"):
        open_table(put(tmp_path / "a.parquet", {"a": [1], "": [2]}))
