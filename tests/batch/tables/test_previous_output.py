"""Outputs that are filled up."""

from decimal import Decimal

import pytest

from stretto.batch.tables import RowResult, map_columns, open_table, survey, write_output
from stretto.core.errors import InputError
from tests.batch.tables.samples import result, rows_of, variant, written

GAP = variant("", type="type 2", status="failed", error="empty", model="")
SOURCE = "type,price\nmug,5\n瓶,=6\nmug,5\nbowl,7\n"
RESULTS = [
    result("m1", "m2"),
    result(variants=(variant("b1"), GAP, variant("b3")), status="partial", error="type 2: empty"),
    result(status="failed", error="no plan", cost_usd=None),
    None,
]


def put(path, rows, results, **options):
    """Write an output with these results, in order."""
    write_output(path, tuple(rows[0].values), rows, lambda row: results[rows.index(row)], **options)
    return path


@pytest.fixture(params=["long", "wide"])
def form(request):
    """Give both forms."""
    return request.param


@pytest.fixture(params=[".csv", ".tsv", ".jsonl", ".xlsx", ".parquet"])
def earlier(request, tmp_path, write, form):
    """Give an output with whole, partial, failed and missing rows, and the rows it was made of."""
    rows = rows_of(write("in.csv", SOURCE))
    return put(tmp_path / f"out{request.param}", rows, RESULTS, form=form), rows


def test_rows_are_the_same_again(earlier):
    """The rows of an output are those it was made of, with the same identity; only what lacks a text is selected."""
    path, rows = earlier
    again = rows_of(path, only_empty=True)
    assert [(row.id, dict(row.values)) for row in again] == [(row.id, dict(row.values)) for row in rows]
    assert [row.selected for row in again] == [False, True, True, True]
    assert [[gap.type for gap in row.earlier.gaps] for row in again] == [[], ["type 2"], [], []]
    assert [[v.text for v in row.earlier.variants] for row in again] == [["m1", "m2"], ["b1", "", "b3"], [], []]
    assert again[0].earlier.cost_usd == Decimal("0.004")


def test_texts_that_are_there_are_kept(earlier, tmp_path, form):
    """New texts go where none was; the others, their runs and their costs stay."""
    path, _ = earlier
    again = rows_of(path, only_empty=True)
    new = result(variants=(variant("b2 new", type="type 2", run_id="run-2"),), run_id="run-2")
    done = put(path, again, [None, new, result("m new"), None], form=form)
    final = rows_of(done, only_empty=True)
    texts = [[v.text for v in row.earlier.variants] for row in final]
    assert texts == [["m1", "m2"], ["b1", "b2 new", "b3"], ["m new"], []]
    assert [row.earlier.status for row in final] == ["complete", "complete", "complete", "not run"]
    assert final[1].earlier.cost_usd == Decimal("0.008")
    assert final[2].earlier.cost_usd is None
    if form == "long":
        assert [v.run_id for v in final[1].earlier.variants] == ["run-1", "run-2", "run-1"]


def test_an_output_that_is_whole_does_not_change(earlier, tmp_path, form):
    """Written again without anything new, it is the same."""
    path, _ = earlier
    if path.suffix == ".xlsx" or path.suffix == ".parquet":
        pytest.skip("the bytes of these have a time or a writer in them")
    before = path.read_bytes()
    put(path, rows_of(path, only_empty=True), [None] * 4, form=form)
    assert path.read_bytes() == before


def test_a_column_named_text_is_enough(write, tmp_path):
    """A table that people filled by hand is filled up: its text is kept, its other columns are its own."""
    path = write("in.csv", "type,text\nmug,By hand.\nbowl,\nbowl, \n")
    rows = rows_of(path, only_empty=True)
    assert [(dict(row.values), row.selected) for row in rows] == [
        ({"type": "mug"}, False),
        ({"type": "bowl"}, True),
        ({"type": "bowl"}, True),
    ]
    assert rows[2].occurrence == 1
    put(tmp_path / "out.csv", rows, [None, result("Made."), None])
    assert [(line["type"], line["text"]) for line in written(tmp_path / "out.csv")] == [
        ("mug", "By hand."),
        ("bowl", "Made."),
        ("bowl", ""),
    ]


def test_rows_that_look_alike_are_kept_apart(write, tmp_path):
    """Two equal rows one after the other stay two, a synthesis belongs to its row."""
    rows = rows_of(write("in.csv", "a\nx\nx\nx\n"))
    joined = variant("both", type="merge", description="", synthesis=True)
    made = result(variants=(variant("1"), variant("2"), joined))
    path = put(tmp_path / "out.csv", rows, [made, made, result("3")])
    again = rows_of(path, only_empty=True)
    assert [len(row.earlier.variants) for row in again] == [3, 3, 1]
    assert again[1].earlier.variants[2].synthesis
    wide = put(tmp_path / "wide.csv", rows, [made, made, result("3")], form="wide")
    assert [len(row.earlier.variants) for row in rows_of(wide, only_empty=True)] == [3, 3, 1]


def test_a_missing_synthesis_is_no_gap():
    """A synthesis is not one of the variants to be filled; a new one takes the old one's place at the end."""
    old = result(variants=(variant("a"), variant("", synthesis=True)))
    assert old.gaps == ()
    new = RowResult(variants=(variant("b"), variant("both", synthesis=True)), cost_usd=Decimal(1))
    assert [v.text for v in old.completed_by(new).variants] == ["a", "b", "both"]
    assert RowResult().completed_by(RowResult()).status == "failed"
    failed = result(variants=(variant("a"), GAP)).completed_by(RowResult())
    assert failed.status == "partial"


def test_an_output_is_not_taken_for_a_table(earlier):
    """Without --only-empty an output is refused: its texts would go to the models as facts."""
    with pytest.raises(InputError, match=r"is already an output.*--only-empty"):
        open_table(earlier[0])


def test_a_table_without_a_place_for_texts(write):
    """With --only-empty there must be something to fill."""
    with pytest.raises(InputError, match=r"no column for texts.*Leave --only-empty out"):
        open_table(write("a.csv", "a\n1\n"), only_empty=True)


def test_a_survey_counts_what_is_to_be_filled(earlier):
    """Only rows that lack a text are counted as selected and shown."""
    table = open_table(earlier[0], only_empty=True)
    found = survey(table, map_columns(table.columns, task="Write."), first=1)
    assert (found.rows, found.selected) == (4, 3)
    assert found.first[0].values["type"] == "瓶"


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx", "out.jsonl"])
@pytest.mark.parametrize("types", [(), ("short", "long")])
def test_remarks_come_back_whole_from_a_wide_table(tmp_path, name, types):
    """Whatever a remark has in it, it comes back to its own variant, and the cell is the same when written again."""
    (tmp_path / "in.csv").write_text("a\nx\n")
    rows = rows_of(tmp_path / "in.csv")
    said = "too long: 160; at most 150\nuses 'a; b' and variant 2: c"
    made = RowResult(variants=(variant("A", type="short", remarks=said), variant("B", type="long", remarks="x; x; y")))
    write_output(tmp_path / name, ("a",), rows, lambda _: made, form="wide", types=types)
    first = written(tmp_path / name)
    (row,) = rows_of(tmp_path / name, only_empty=True)
    assert [each.remarks for each in row.earlier.variants] == [said, "x; x; y"]
    assert [each.type for each in row.earlier.variants] == ["short", "long"]
    write_output(tmp_path / name, ("a",), [row], lambda _: None, form="wide", types=types)
    assert written(tmp_path / name) == first
