"""Which column becomes what."""

import pytest

from stretto.batch.tables import map_columns
from stretto.core.errors import InputError, RecipeError

COLUMNS = ("name", "Product name", "价格", "sku")


def test_what_is_not_placed_goes_along():
    """A column in braces is in the task; the others are context."""
    columns = map_columns(COLUMNS, task="Describe {name} for {价格} {{literally}}")
    assert (columns.placed, columns.context, columns.left_out) == (("name", "价格"), ("Product name", "sku"), ())
    values = {"name": "{sku}", "Product name": "", "价格": "5 元", "sku": "A1"}
    task = columns.task_of(values)
    assert task.text == "Describe {sku} for 5 元 {literally}"
    assert dict(task.context) == {"Product name": "", "sku": "A1"}
    assert columns.seen(values) == values


def test_columns_are_left_out_on_request():
    """--skip-columns takes some away, --only-columns all others; what is left out is not seen."""
    skipped = map_columns(COLUMNS, task="Describe {name}", skip=["sku"])
    assert (skipped.context, skipped.left_out) == (("Product name", "价格"), ("sku",))
    only = map_columns(COLUMNS, task="Describe {name}", only=["sku"])
    assert (only.context, only.left_out) == (("sku",), ("Product name", "价格"))
    assert only.seen(dict.fromkeys(COLUMNS, "")).keys() == {"name", "sku"}
    assert map_columns(COLUMNS, task="Describe {name}", skip=["name"]).placed == ("name",)


def test_names_with_blanks_are_placed_with_underscores():
    """A column that is no plain name can be placed all the same, and never takes another one's name."""
    columns = map_columns(("Product name", "2nd", "Product_name"), task="{Product_name} {column_2nd}")
    assert columns.task_of({"Product name": "A", "2nd": "B", "Product_name": "C"}).text == "C B"
    assert map_columns(("Product name",), task="{Product_name}").placed == ("Product name",)
    assert map_columns(("!", "a"), task="{column}").placed == ("!",)


def test_what_a_recipe_places_is_there():
    """A recipe's own placeholder is filled, though the task places the column or it is to be skipped."""
    columns = map_columns(COLUMNS, task="Describe {name}", skip=["sku"], recipe_places={"name", "sku", "tone"})
    assert columns.context == ("name", "Product name", "价格", "sku")
    assert columns.seen(dict.fromkeys(COLUMNS, "")).keys() == set(COLUMNS)


def test_the_mapping_in_words():
    """A preview says what becomes of each column."""
    columns = map_columns(COLUMNS, task="Describe {Product_name}", skip=["sku", "价格"])
    assert columns.lines() == [
        "'Product name' goes into the task as {Product_name}",
        "'name' goes along as context",
        "'价格' is left out",
        "'sku' is left out",
    ]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"task": " "}, InputError, "The task is empty"),
        ({"task": "{nmae}"}, RecipeError, r"Unknown placeholder \{nmae\} in the task. Known: .*name"),
        ({"task": "{name"}, RecipeError, "belongs to no placeholder"),
        (
            {"task": "a", "skip": ["nmae"]},
            InputError,
            "--skip-columns names 'nmae', which is no column.*'Product name'",
        ),
        ({"task": "a", "only": ["x"]}, InputError, "--only-columns names 'x'"),
        ({"task": "a", "skip": COLUMNS}, InputError, r"Every row would get the same task.*\{name\}"),
    ],
)
def test_mappings_that_cannot_be(options, error, message):
    """A wrong name or an empty task is said before anything is read."""
    with pytest.raises(error, match=message):
        map_columns(COLUMNS, **options)


def test_a_row_with_nothing_to_place():
    """A row whose placed columns are all empty has no task; one of them is enough."""
    columns = map_columns(COLUMNS, task="Describe {name}, {sku}")
    empty = dict.fromkeys(COLUMNS, " ")
    with pytest.raises(InputError, match="nothing to be about: 'name', 'sku' is empty"):
        columns.task_of(empty)
    assert columns.task_of(empty | {"sku": "A1"}).text == "Describe  , A1"
