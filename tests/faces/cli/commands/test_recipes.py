"""Listing, showing and creating recipes."""

from stretto.recipes import load_recipe


def test_listing(stretto):
    """Without a word more, every recipe is listed with what it is for."""
    listed = stretto("recipes")
    assert listed.code == 0
    assert "product-copy" in listed.out
    assert stretto("recipes", "list").out == listed.out
    assert len(listed.out.splitlines()) >= 6


def test_showing(stretto):
    """A recipe is shown as it is written, so that it can be copied."""
    shown = stretto("recipes", "show", "product-copy").out
    assert shown.startswith("---\n")
    assert "# Orchestrator" in shown


def test_showing_an_unknown_one(stretto):
    """An unknown name is a usage error that lists the known ones."""
    ended = stretto("recipes", "show", "prodct-copy")
    assert (ended.code, ended.out) == (2, "")
    assert "'prodct-copy'" in ended.err
    assert "product-copy" in ended.err


def test_a_new_recipe_can_be_named_at_once(stretto, config_folder):
    """A new recipe lands in the user's folder, loads, and is in the list."""
    ended = stretto("recipes", "new", "tea-copy")
    file = config_folder / "recipes" / "tea-copy.md"
    assert (ended.code, ended.out) == (0, f"{file}\n")
    assert "--recipe tea-copy" in ended.err
    assert load_recipe(file).name == "tea-copy"
    assert "tea-copy" in stretto("recipes").out
    assert stretto("recipes", "show", "tea-copy").out == file.read_text()


def test_a_new_recipe_at_a_path(stretto, tmp_path):
    """`--path` takes a folder or a file."""
    stretto("recipes", "new", "tea", "--path", str(tmp_path))
    assert (tmp_path / "tea.md").exists()
    ended = stretto("recipes", "new", "tea", "--path", str(tmp_path / "other.md"))
    assert ended.out == f"{tmp_path / 'other.md'}\n"
    assert "--recipe" in ended.err


def test_nothing_is_overwritten(stretto, tmp_path):
    """A file that is there stays as it is."""
    (tmp_path / "tea.md").write_text("mine")
    ended = stretto("recipes", "new", "tea", "--path", str(tmp_path))
    assert (ended.code, ended.err) == (2, f"error: {tmp_path / 'tea.md'} is there already. Choose another name.\n")
    assert (tmp_path / "tea.md").read_text() == "mine"


def test_a_folder_that_is_not_there(stretto, tmp_path):
    """A path that cannot be written is said in one line."""
    ended = stretto("recipes", "new", "tea", "--path", str(tmp_path / "none" / "tea.md"))
    assert ended.code == 2
    assert "No such file or directory" in ended.err


def test_a_user_folder_that_cannot_be_made(stretto, config_folder):
    """A file in the folder's place is said in one line."""
    config_folder.write_text("")
    ended = stretto("recipes", "new", "tea")
    assert ended.code == 1
    assert ended.err.startswith(f"error: Cannot make the folder {config_folder}")


def test_a_name_no_file_can_have(stretto, config_folder):
    """A name that would leave the folder is refused before anything is written."""
    assert stretto("recipes", "new", "../evil").code == 2
    assert not config_folder.exists()


def test_control_characters_in_a_recipe_do_not_reach_the_terminal(stretto, tmp_path):
    """A recipe from somewhere else cannot drive the terminal that shows it."""
    file = tmp_path / "evil.md"
    file.write_text("# Orchestrator\n\x1b]0;owned\x07Plan.\n")
    assert stretto("recipes", "show", str(file)).out == "# Orchestrator\nPlan.\n"


def test_a_new_recipe_says_when_it_hides_a_built_in_one(stretto):
    """A recipe with a built-in one's name takes its place from then on, which is not left unsaid."""
    assert "takes the place of the built-in recipe product-copy" in stretto("recipes", "new", "product-copy").err
    assert "takes the place" not in stretto("recipes", "new", "tea-copy").err
