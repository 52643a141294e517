"""Reading recipe files."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.core.errors import RecipeError
from stretto.recipes import Recipe, load_recipe
from stretto.recipes.files import parse_recipe

BODY = "# Orchestrator\n\nPlan {subtasks}.\n\n# Worker\n\nWrite.\n"


def write(folder: Path, header: str = "description: d", body: str = BODY, name: str = "own.md") -> Path:
    """Write a recipe file."""
    path = folder / name
    path.write_text(f"---\n{header}\n---\n\n{body}", encoding="utf-8")
    return path


def refusal(path: Path | str) -> str:
    """Return the error that loading gives; it must be one line that names the file."""
    with pytest.raises(RecipeError) as caught:
        load_recipe(path)
    text = str(caught.value)
    assert "\n" not in text
    assert "own" in text
    return text


def test_a_full_file_is_read(tmp_path: Path):
    """Every setting and every section arrives in the recipe."""
    header = (
        "name: mine\ndescription: For me.\nsubtasks: 2-4\nmax_subtasks: 9\nplan_format: json\nlanguage: zh\n"
        "analysis: last\n"
        "checks: [empty]\nmax_output_tokens: {worker: 77}"
    )
    body = "# shared\nRules.\n# Orchestrator\nO\n\n## heading\n# Worker\nW\n# MERGE\nM\n# Compare\nC\n"
    path = write(tmp_path, header, body)
    assert load_recipe(path) == Recipe(
        name="mine",
        description="For me.",
        orchestrator="O\n\n## heading",
        worker="W",
        synthesis_merge="M",
        synthesis_compare="C",
        shared="Rules.",
        subtasks=(2, 4),
        max_subtasks=9,
        plan_format="json",
        analysis="last",
        checks=("empty",),
        max_output_tokens={"orchestrator": 8_000, "worker": 77, "synthesis": 8_000},
        language="zh",
        source=str(path),
    )


def test_what_a_file_leaves_out_has_defaults(tmp_path: Path):
    """Two sections are enough; rules, synthesis prompts, limits and checks are there without being written."""
    recipe = load_recipe(write(tmp_path))
    assert recipe.name == "own"
    assert "language of the task" in recipe.shared
    assert recipe.synthesis_merge
    assert recipe.synthesis_compare
    assert recipe.subtasks == (1, 20)
    assert recipe.max_subtasks == 20
    assert recipe.plan_format == "xml"
    assert recipe.analysis == "first"
    assert recipe.language is None
    assert "facts" in recipe.checks


@pytest.mark.parametrize(
    ("written", "range_"), [("3", (3, 3)), ("2-4", (2, 4)), ("2 to 4", (2, 4)), ("'25-30'", (25, 30))]
)
def test_the_number_of_subtasks_is_a_number_or_a_range(tmp_path: Path, written: str, range_: tuple[int, int]):
    """`subtasks` takes both forms, and the limit of subtasks follows a larger range."""
    recipe = load_recipe(write(tmp_path, f"subtasks: {written}"))
    assert recipe.subtasks == range_
    assert recipe.max_subtasks >= range_[1]


def test_an_empty_list_of_checks_means_none(tmp_path: Path):
    """`checks:` without a value, or [], turns all checks off."""
    assert load_recipe(write(tmp_path, "checks:")).checks == ()
    assert load_recipe(write(tmp_path, "checks: []")).checks == ()


def test_windows_line_ends_and_a_byte_order_mark_are_read(tmp_path: Path):
    """A file saved by a Windows editor is the same recipe."""
    plain = load_recipe(write(tmp_path))
    path = tmp_path / "own.md"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load_recipe(path) == plain


def test_a_heading_inside_a_code_fence_is_text(tmp_path: Path):
    """Code in a prompt may hold lines that begin with #."""
    body = "# Orchestrator\nO\n# Worker\n```sh\n# Merge\n```\nend\n"
    assert load_recipe(write(tmp_path, body=body)).worker == "```sh\n# Merge\n```\nend"


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("descripton: d", "unknown setting 'descripton'"),
        ("descripton: d", "Did you mean 'description'?"),
        ("zzzz: d", "Known: name, description"),
        ("description: [1]", "description"),
        ("description: 5", "must be text, got 5"),
        ("subtasks: 5-2", "5-2"),
        ("subtasks: many", "a number or a range such as 2-4, got 'many'"),
        ("subtasks: [2, 4]", "a number or a range"),
        ("subtasks: 0", "1 or more, got 0"),
        ("subtasks: 3\nmax_subtasks: 2", "max_subtasks"),
        ("max_subtasks: 5000", "1000"),
        ("max_subtasks: true", "a whole number"),
        ("max_subtasks: 2.5", "a whole number"),
        ("plan_format: toml", "xml or json, got 'toml'"),
        ("plan_format: [xml]", "xml or json"),
        ("analysis: middle", "must be first or last, got 'middle'"),
        ("analysis: [last]", "first or last"),
        ("checks: empty", "a list of names, got 'empty'"),
        ("checks: [1]", "a list of names"),
        ("max_output_tokens: 5", "numbers by role"),
        ("max_output_tokens: {writer: 5}", "numbers by role"),
        ("max_output_tokens: {worker: lots}", "numbers by role"),
        ("max_output_tokens: {worker: -1}", "1 or more, got -1"),
        ("- a list", "must be settings"),
        ("description: 'open", "not YAML"),
        ("a: b: c", "line 2"),
        ("when: 2026-99-99", "not YAML"),
        ("description: " + "[" * 5_000, "not YAML"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, header: str, said: str):
    """A setting that is unknown or of a wrong type is named with what it must be."""
    assert said in refusal(write(tmp_path, header))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("# Worker\nW\n", "no section # Orchestrator"),
        ("# Orchestrator\nO\n", "no section # Worker"),
        ("", "no section # Orchestrator"),
        ("# Orchestrator\n\n# Worker\nW\n", "must not be empty"),
        ("# Orchestrator\nO\n# Worker\nW\n# Worker\nW\n", "two sections # Worker"),
        ("# Orchestrator\nO\n# Werker\nW\n", "unknown section # Werker"),
        ("Hello\n# Orchestrator\nO\n# Worker\nW\n", "before its first section: 'Hello'"),
        ("# Orchestrator\n{task!r}\n# Worker\nW\n", "{task!r} in the orchestrator prompt"),
        ("# Orchestrator\nO\n# Worker\nW\n# Merge\n{\n", "in the merge prompt"),
    ],
)
def test_a_wrong_section_is_named(tmp_path: Path, body: str, said: str):
    """A section that is missing, unknown, doubled, empty or badly braced is named."""
    assert said in refusal(write(tmp_path, body=body))


@pytest.mark.parametrize("text", ["", "# Orchestrator\nO", "---\ndescription: d\n# Orchestrator", "----\na: b\n----\n"])
def test_a_file_without_front_matter_is_refused(tmp_path: Path, text: str):
    """A file that does not open with front matter says so."""
    path = tmp_path / "own.md"
    path.write_text(text, encoding="utf-8")
    assert "no front matter" in refusal(path)


def test_what_cannot_be_read_is_refused(tmp_path: Path):
    """A file that is missing, a directory, not UTF-8, far too large or not nameable is one clear line."""
    assert "does not exist" in refusal(tmp_path / "own.md")
    (tmp_path / "own").mkdir()
    assert refusal(tmp_path / "own").endswith("own' is a directory. Name a .md file in it.")
    (tmp_path / "own.md").write_bytes(b"---\n\xff\xfe")
    assert "not UTF-8 text (byte 4)" in refusal(tmp_path / "own.md")
    (tmp_path / "own.md").write_bytes(b"-" * 1_000_001)
    assert "more than 1,000,000 bytes" in refusal(tmp_path / "own.md")
    assert "cannot be read" in refusal("own\0.md")
    (tmp_path / "file").write_text("")
    assert "cannot be read: Not a directory" in refusal(tmp_path / "file" / "own.md")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a device without an end")
def test_a_device_without_an_end_is_refused():
    """Reading stops at the size of the largest recipe."""
    with pytest.raises(RecipeError, match="more than"):
        load_recipe("/dev/zero")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(tmp_path: Path):
    """A file that may not be read says so."""
    path = write(tmp_path)
    path.chmod(0)
    assert "Permission denied" in refusal(path)


LINES = st.sampled_from(
    [
        *(
            "---",
            "description: d",
            "name: x",
            "subtasks: 2-4",
            "subtasks: '99999-1'",
            "checks: [a, b]",
            "checks: {a: b}",
        ),
        *(
            "max_output_tokens: {worker: 5}",
            "max_output_tokens: {[a]: 5}",
            "? [a]",
            "&a [*a]",
            "language: !!python/x y",
        ),
        *(
            "# Orchestrator",
            "# Worker",
            "# Shared",
            "#  merge ",
            "```",
            "{task}",
            "{",
            "{{x}}",
            "text",
            "",
            "\t",
            "- a",
        ),
    ]
)


def outcome(text: str) -> str:
    """Return the worker's prompt of a recipe, or why it is none."""
    try:
        return parse_recipe(text, name="own", source="own.md").worker
    except RecipeError as error:
        return "" if len(str(error).splitlines()) != 1 else str(error)


@given(st.lists(LINES | st.text(max_size=20), max_size=25).map("\n".join))
def test_any_text_is_a_recipe_or_an_error_of_one_line(text: str):
    """Whatever a file holds, it is read or refused with one line."""
    assert outcome(f"---\n{text}")
    assert outcome(f"---\n---\n# Orchestrator\n{text}\n# Worker\n{text}")


def test_a_heading_with_strange_blanks_is_shown_in_one_line():
    """Separators that some programs take for a line's end do not break an error in two."""
    assert "section # a b." in outcome("---\n---\n# a\x1cb")


def test_the_example_of_the_docs_is_a_recipe(tmp_path: Path):
    """The recipe file that the docs show can be used as it is."""
    page = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text(encoding="utf-8")
    path = tmp_path / "newsletter.md"
    path.write_text(page.split("```markdown\n")[1].split("\n```\n")[0], encoding="utf-8")
    assert load_recipe(path).subtasks == (2, 4)
