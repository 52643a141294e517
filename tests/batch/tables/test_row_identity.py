"""What rows and their results are known by."""

import subprocess
import sys
from dataclasses import replace

import pytest

from stretto.batch.tables import cell_key, map_columns, open_rows, open_table, survey, work_key
from stretto.core.errors import InputError
from stretto.recipes import Recipe, load_recipe
from tests.batch.tables.samples import rows_of

MODELS = {"orchestrator": "demo", "worker": "demo"}


def recipe(**fields):
    """Return a small recipe."""
    return Recipe.of(**{"orchestrator": "Plan {task}", "worker": "Write {task}", **fields})


def test_a_row_is_known_by_its_content_and_occurrence(write):
    """Equal rows differ by how many came before; the order of rows and columns, and what is not seen, do not count."""
    rows = rows_of(write("a.csv", "a,b\n1,2\n3,4\n1,2\n"))
    assert [row.occurrence for row in rows] == [0, 0, 1]
    assert rows[0].hash == rows[2].hash != rows[1].hash
    assert len({row.id for row in rows}) == 3
    turned = rows_of(write("b.csv", "b,a\n4,3\n2,1\n"))
    assert [row.id for row in turned] == [rows[1].id, rows[0].id]
    table = open_table(write("c.csv", "a,b,stock\n1,2,100\n1,2,200\n"))
    with open_rows(table, map_columns(table.columns, task="Write.", skip=["stock"])) as skipped:
        assert [row.id for row in skipped] == [rows[0].id, rows[2].id]


def test_renaming_a_column_changes_the_row(write):
    """The column's name is part of what models see."""
    assert rows_of(write("a.csv", "a\n1\n"))[0].hash != rows_of(write("b.csv", "b\n1\n"))[0].hash


def test_a_row_is_known_by_its_id(write):
    """With an id column the id counts, and equal content makes no occurrence."""
    rows = rows_of(write("a.csv", "sku,a\n X1 ,1\nX2,1\n"), id_column="sku")
    assert [(row.id, row.named, row.occurrence) for row in rows] == [("X1", True, 0), ("X2", True, 0)]


@pytest.mark.parametrize(
    ("content", "column", "message"),
    [
        ("sku,a\nX1,1\nX2,2\nX1,3\n", "sku", "Rows 2 and 4 of .* have the same sku, 'X1'"),
        ("sku,a\nX1,1\n ,2\n", "sku", "Row 3 of .* has nothing in its id column 'sku'"),
        ("sku,a\nX1,1\n", "id", "has no column 'id' for ids. Its columns are 'sku', 'a'"),
    ],
)
def test_ids_that_cannot_be(write, content, column, message):
    """An id that is empty or comes twice is an error that names the rows."""
    with pytest.raises(InputError, match=message):
        rows_of(write("a.csv", content), id_column=column)


def test_a_survey_counts_and_finds_what_is_wrong(write):
    """One reading counts rows, repetitions and characters, and shows the first ones."""
    table = open_table(write("a.csv", "a,b\n1,22\n1,22\n瓶,4\n"))
    found = survey(table, map_columns(table.columns, task="Write.", skip=["a"]), first=2)
    assert (found.rows, found.selected, found.repeated, found.characters) == (3, 3, 1, 5)
    assert [row.number for row in found.first] == [2, 3]
    broken = open_table(write("b.csv", "a,b\n1,2\n3\n"))
    with pytest.raises(InputError, match="Row 3"):
        survey(broken, map_columns(broken.columns, task="Write."))


def test_the_key_of_a_cell_depends_on_what_makes_the_result():
    """Another row, occurrence, task, model, setting or recipe gives another key; a recipe's name does not."""
    work = work_key(recipe=recipe(), task="Describe {name}", models=MODELS)
    assert work == work_key(
        recipe=recipe(name="other", description="x", source="file"), task="Describe {name}", models=MODELS
    )
    others = {
        work_key(recipe=recipe(worker="Write {task}!"), task="Describe {name}", models=MODELS),
        work_key(recipe=recipe(subtasks=(2, 3)), task="Describe {name}", models=MODELS),
        work_key(recipe=recipe(checks=[]), task="Describe {name}", models=MODELS),
        work_key(recipe=replace(recipe(), language="zh"), task="Describe {name}", models=MODELS),
        work_key(recipe=recipe(), task="Describe {sku}", models=MODELS),
        work_key(recipe=recipe(), task="Describe {name}", models=MODELS | {"worker": "other"}),
        work_key(recipe=recipe(), task="Describe {name}", models=MODELS, settings={"language": "zh"}),
    }
    assert len(others | {work}) == 8
    keys = {
        cell_key(work, row_hash="a"),
        cell_key(work, row_hash="a", occurrence=1),
        cell_key(work, row_hash="b"),
        cell_key(work, row_hash="a", row_id="X1"),
        cell_key(work, row_hash="a", row_id="1"),
        cell_key(work, row_hash="b", row_id="X1"),
        cell_key(next(iter(others)), row_hash="a"),
    }
    assert len(keys) == 7


def test_keys_are_the_same_in_every_process():
    """A key does not depend on the process's own hashes."""
    code = """
from stretto.batch.tables import cell_key, work_key
from stretto.recipes import load_recipe
work = work_key(recipe=load_recipe("product-copy"), task="瓶 {name}", models={"b": "1", "a": "2"}, settings={"z": [1]})
print(cell_key(work, row_hash="h", occurrence=2))
"""
    printed = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout.strip()
        for seed in ("1", "2")
    }
    models = {"a": "2", "b": "1"}
    work = work_key(recipe=load_recipe("product-copy"), task="瓶 {name}", models=models, settings={"z": [1]})
    assert printed == {cell_key(work, row_hash="h", occurrence=2)}
