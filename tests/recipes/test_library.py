"""Finding recipes by name and by path."""

import subprocess
import sys
from pathlib import Path

import pytest

from stretto.checks import DEFAULT_CHECKS, open_checks
from stretto.core.errors import RecipeError
from stretto.core.plan import Subtask
from stretto.core.result import WorkerResult
from stretto.core.task import Task
from stretto.recipes import (
    DEFAULT_RECIPE,
    Recipe,
    list_recipes,
    load_recipe,
    orchestrator_prompt,
    recipe_source_text,
    recipe_template,
    synthesis_prompt,
    worker_prompt,
)

BUILT_IN = (
    "analysis-lenses",
    "creative-writing",
    "documentation",
    "problem-solving",
    "product-copy",
    "research-brief",
)
OWN = "---\ndescription: Mine.\n---\n# Orchestrator\nO\n# Worker\nW\n"


def test_the_built_in_recipes_are_listed():
    """Every built-in recipe has a line that says what it is for."""
    summaries = list_recipes()
    assert tuple(summary.name for summary in summaries) == BUILT_IN
    assert all(summary.description.endswith(".") and summary.source == "built in" for summary in summaries)
    assert DEFAULT_RECIPE in BUILT_IN


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_recipe_fills_for_any_task(name: str):
    """Every prompt of a built-in recipe can be filled without any context, its checks exist, and it says its range."""
    recipe, task = load_recipe(name), Task.of("A task")
    open_checks(recipe.checks)
    plan = orchestrator_prompt(recipe, task, subtasks=(5, 7), language=None, tiers=False)
    assert "between 5 and 7" in plan.prompt
    assert "<tasks>" in plan.prompt
    work = worker_prompt(recipe, task, subtask=Subtask(type="t", description="d"), language=None)
    assert "<response>" in work.prompt
    result = WorkerResult(subtask=Subtask(type="t", description="d"), status="completed", text="x")
    for strategy in ("merge", "compare"):
        prompt = synthesis_prompt(recipe, task, strategy=strategy, results=[result], missing=[], language=None)
        assert "[result 1: t " in prompt.prompt
        assert "recommendation" in prompt.prompt or strategy == "merge"


def test_the_default_checks_are_the_same_in_both_rooms():
    """A recipe that names no checks gets those that the checks room calls its default."""
    assert Recipe.of(orchestrator="o", worker="w").checks == DEFAULT_CHECKS


def test_an_unknown_name_lists_the_known_ones_and_the_nearest(tmp_path: Path):
    """A misspelled name is answered with the nearest; user recipes are among the known."""
    (tmp_path / "house.md").write_text(OWN)
    with pytest.raises(RecipeError) as caught:
        load_recipe("product-copi", user_folder=tmp_path)
    assert "Unknown recipe 'product-copi'." in str(caught.value)
    assert "research-brief, house." in str(caught.value)
    assert "Did you mean 'product-copy'?" in str(caught.value)
    with pytest.raises(RecipeError, match=r"path of its \.md file"):
        load_recipe("")


def test_a_users_recipe_comes_before_a_built_in_one_of_its_name(tmp_path: Path):
    """A file in the user's folder adapts the built-in recipe of the same name, and the list shows whose it is."""
    path = tmp_path / "product-copy.md"
    path.write_text(OWN)
    assert load_recipe("product-copy", user_folder=tmp_path).description == "Mine."
    assert load_recipe("product-copy").source == "built in"
    assert recipe_source_text("product-copy", user_folder=tmp_path) == OWN
    found = [summary for summary in list_recipes(user_folder=tmp_path) if summary.name == "product-copy"]
    assert [(summary.description, summary.source) for summary in found] == [("Mine.", str(path))]


def test_a_folder_that_is_not_there_holds_no_recipe(tmp_path: Path):
    """A user without a folder of recipes has the built-in ones."""
    assert list_recipes(user_folder=tmp_path / "none") == list_recipes()


def test_a_broken_file_is_listed_with_its_fault(tmp_path: Path):
    """The list names a broken recipe and says what is wrong, and the others stay usable."""
    (tmp_path / "bad.md").write_text("no front matter")
    summary = list_recipes(user_folder=tmp_path)[-1]
    assert summary.name == "bad"
    assert summary.description.startswith("cannot be read: ")
    assert "front matter" in summary.description


def test_a_path_may_begin_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """`~` is the user's home; an unknown user is part of a file's name."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "r.md").write_text(OWN)
    assert load_recipe("~/r.md").name == "r"
    with pytest.raises(RecipeError, match="does not exist"):
        load_recipe("~nobody-of-this-name/r.md")


def test_a_new_recipe_works_as_it_is(tmp_path: Path):
    """The text to start from is a recipe itself, under the name that was asked for."""
    path = tmp_path / "newsletter.md"
    path.write_text(recipe_template("newsletter"), encoding="utf-8")
    assert load_recipe(path).name == "newsletter"


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a b", "-x", "x" * 80, "a\nb"])
def test_a_name_that_no_file_can_have_is_refused(name: str):
    """A new recipe's name is a plain word."""
    with pytest.raises(RecipeError, match="no name for a recipe"):
        recipe_template(name)


def test_importing_recipes_and_checks_loads_nothing_heavy():
    """Neither room loads YAML, pydantic or a model library before it is needed."""
    code = (
        "import sys, stretto.recipes, stretto.checks\n"
        "print([m for m in ('yaml', 'pydantic', 'pydantic_ai', 'rich', 'anyio') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
