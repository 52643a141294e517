"""Rows, jobs and results as bytes: exact, whatever their cells hold."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from stretto.batch.queue.storage.serialization import job_from_bytes, row_from_bytes, row_to_bytes
from stretto.batch.rows.row_job import RowJob, Work
from stretto.batch.tables import Row, RowResult, Variant

WORK = Work(key="w", spec={"labels": []})
_CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.dates(),
    st.times(),
    st.datetimes(),
    st.dictionaries(st.sampled_from(["date", "json", "x"]), st.text()),
    st.lists(st.integers()),
)


def row(cells: list[object]) -> Row:
    """Return a row with these cells."""
    values = {f"c{number}": str(cell) for number, cell in enumerate(cells)}
    earlier = RowResult(status="partial", variants=(Variant(type="a", cost_usd=Decimal("0.10")),))
    return Row(number=7, cells=tuple(cells), values=values, id="i", named=True, hash="h", occurrence=0, earlier=earlier)


@given(st.lists(_CELLS, max_size=5))
def test_a_row_comes_out_of_the_queue_as_it_went_in(cells: list[object]):
    """Cells keep their types, earlier results their money, the job its texts."""
    before = row(cells)
    job = RowJob(run_id="r", work=WORK, task="t\0\ud800", context={"a": "\ud83d"})
    data = row_to_bytes(before, job)
    assert row_from_bytes(data) == before
    assert [type(cell) for cell in row_from_bytes(data).cells] == [type(cell) for cell in cells]
    assert job_from_bytes(data, WORK, retry_errors=False) == job


def test_a_cell_of_an_unknown_kind_goes_out_as_its_text():
    """What no format of ours has a word for is kept as people see it."""
    assert row_from_bytes(row_to_bytes(row([b"\x00"]), None)).cells == ("b'\\x00'",)
    moment = datetime(2026, 1, 2, 3, tzinfo=UTC)
    assert row_from_bytes(row_to_bytes(row([moment, date(2026, 1, 2), time(3)]), None)).cells[0] == moment
