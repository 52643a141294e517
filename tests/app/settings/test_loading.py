"""Settings: four places, one order, and every error names its place."""

import subprocess
from dataclasses import fields
from decimal import Decimal
from pathlib import Path

import pytest

from stretto.app.settings.definitions import SETTINGS
from stretto.app.settings.folders import config_folder, find_project_file, recipes_folder
from stretto.app.settings.loading import Settings, load_settings
from stretto.core.errors import InputError

DOCS = Path(__file__).parents[3] / "docs" / "settings.md"


class Place:
    """A home with a user folder and a project in it."""

    def __init__(self, root):
        self.environ = {"STRETTO_CONFIG_DIR": str(root / "config")}
        self.folder = root / "project"
        self.folder.mkdir()
        self.user_file = root / "config" / "config.toml"
        self.project_file = self.folder / "stretto.toml"

    def user(self, text):
        """Write the user's file."""
        self.user_file.parent.mkdir(exist_ok=True)
        self.user_file.write_text(text)

    def project(self, text):
        """Write the project's file."""
        self.project_file.write_text(text)

    def load(self, flags=None, **variables):
        """Load what holds in the folder."""
        return load_settings(flags or {}, environ=self.environ | variables, folder=self.folder)

    def error(self, flags=None, **variables):
        """Return the error, which is one line."""
        with pytest.raises(InputError) as caught:
            self.load(flags, **variables)
        assert "\n" not in str(caught.value)
        return str(caught.value)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Give a place of its own to each test."""
    monkeypatch.setenv("HOME", str(tmp_path))
    return Place(tmp_path)


def test_without_anything_the_defaults_hold(place):
    """Nothing set means the defaults, and no source is claimed."""
    settings = place.load()
    assert settings == Settings()
    assert dict(settings.sources) == {}


def test_flags_win_over_environment_over_project_over_user(place):
    """Each place hides the ones behind it, value by value, and the source says which one it was."""
    place.user('model = "user"\nworker_model = "user"\nlanguage = "user"\nrecipe = "user"\n')
    place.project('model = "project"\nworker_model = "project"\nlanguage = "project"\n')
    settings = place.load({"model": "flag"}, STRETTO_MODEL="env", STRETTO_WORKER_MODEL="env")
    assert (settings.model, settings.worker_model, settings.language, settings.recipe) == (
        "flag",
        "env",
        "project",
        "user",
    )
    assert dict(settings.sources) == {
        "model": "--model",
        "worker_model": "STRETTO_WORKER_MODEL",
        "language": str(place.project_file),
        "recipe": str(place.user_file),
    }


def test_a_flag_that_was_not_given_and_an_empty_variable_set_nothing(place):
    """None and the empty text are the same as not there."""
    assert place.load({"model": None}, STRETTO_MODEL=" ") == Settings()


@pytest.mark.parametrize(
    ("name", "text", "toml", "value"),
    [
        ("model", " demo ", '"demo"', "demo"),
        ("fallback_models", "a:b, c:d", '["a:b", "c:d"]', ("a:b", "c:d")),
        ("tiers", "fast=a:b,strong=c:d", '{ fast = "a:b", strong = "c:d" }', {"fast": "a:b", "strong": "c:d"}),
        ("subtasks", "2-3", '"2-3"', (2, 3)),
        ("subtasks", "3", "3", (3, 3)),
        ("subtasks", "2 – 3", "[2, 3]", (2, 3)),
        ("max_subtasks", "1000", "1000", 1000),
        ("synthesis", "merge", '"merge"', "merge"),
        ("concurrency", "4", "4", 4),
        ("timeout", "2.5", "2.5", 2.5),
        ("hedge", "true", "true", True),
        ("hedge", " On ", "true", True),
        ("hedge", "0", "false", False),
        ("budget_usd", "0.10", "0.1", Decimal("0.1")),
        ("budget_usd", "3", "3", Decimal(3)),
        ("max_tokens_total", "200000", "200_000", 200_000),
        ("deadline", "90", "90", 90.0),
    ],
)
def test_a_value_means_the_same_as_text_and_in_a_file(place, name, text, toml, value):
    """A variable, a flag and a file's own type give the same value."""
    place.user(f"{name} = {toml}\n")
    assert getattr(place.load(), name) == value
    assert getattr(place.load({name: text}), name) == value
    assert getattr(place.load(**{f"STRETTO_{name.upper()}": text}), name) == value


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("subtasks", "5-2", "--subtasks must be a range with the smaller number first (\"2-5\"), got '5-2'."),
        ("subtasks", "0", "--subtasks must be a number or a range such as \"2-3\", from 1 to 1000, got '0'."),
        ("subtasks", "1-1001", "from 1 to 1000, got '1-1001'."),
        ("subtasks", "two", "got 'two'."),
        ("model", " ", "--model must be text that is not empty, got ' '."),
        ("model", 3, "--model must be text that is not empty, got 3."),
        ("fallback_models", 3, "--fallback-model must be names of models, got 3."),
        ("fallback_models", ["a", ""], "--fallback-model must be names of models"),
        ("tiers", "quick=a:b", "--tier must be models for fast and strong, such as fast=MODEL, got 'quick=a:b'."),
        ("tiers", "a:b", "--tier must be models for fast and strong, such as fast=MODEL, got 'a:b'."),
        ("tiers", {"fast": 1}, "--tier must be models for fast and strong"),
        ("tiers", [""], "--tier must be models for fast and strong, such as fast=MODEL, got ''."),
        ("max_subtasks", "1001", "--max-subtasks must be a whole number from 1 to 1000, got '1001'."),
        ("synthesis", "sum", "--synthesize must be none or merge or compare, got 'sum'."),
        ("synthesis", [], "--synthesize must be none or merge or compare, got []."),
        ("concurrency", "2.5", "--concurrency must be a whole number from 1, got '2.5'."),
        ("concurrency", "-1", "--concurrency must be a whole number from 1, got '-1'."),
        ("attempts", True, "--attempts must be a whole number from 1, got True."),
        ("attempts", 10**400, "--attempts must be a whole number from 1"),
        ("timeout", "nan", "--timeout must be a number of seconds above 0, got 'nan'."),
        ("hedge", "maybe", "--hedge must be true or false, got 'maybe'."),
        ("timeout", "soon", "--timeout must be a number of seconds above 0, got 'soon'."),
        ("timeout", 0, "--timeout must be a number of seconds above 0, got 0."),
        ("budget_usd", "$5", "--budget-usd must be a number of US dollars above 0, got '$5'."),
        ("budget_usd", "0", "--budget-usd must be a number of US dollars above 0, got '0'."),
        ("budget_usd", "inf", "--budget-usd must be a number of US dollars above 0, got 'inf'."),
        ("budget_usd", True, "--budget-usd must be a number of US dollars above 0, got True."),
        ("max_tokens_total", "1e400", "--max-tokens-total must be a whole number from 1, got '1e400'."),
        ("deadline", "-1", "--deadline must be a number of seconds above 0, got '-1'."),
    ],
)
def test_a_value_that_cannot_be_used(place, name, given, said):
    """A value that cannot be used is one line with what was expected and what was got."""
    assert said in place.error({name: given})


def test_an_error_names_its_place(place):
    """A faulty value is said with the variable, or with the file and the key."""
    assert place.error(STRETTO_ATTEMPTS="x").startswith("STRETTO_ATTEMPTS must be ")
    place.project("attempts = 0\n")
    assert place.error().startswith(f"{place.project_file}: attempts must be ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("modle = 1", "unknown setting 'modle'. Did you mean 'model'?"),
        ("zzz = 1", "unknown setting 'zzz'. Known: model, worker_model"),
        ('openai_api_key = "sk-1"', "Keys do not belong in a settings file; use: stretto keys set PROVIDER"),
        ("model =", "is not valid TOML: Invalid value (at end of document). Mend it or move it away."),
    ],
)
def test_a_file_that_cannot_be_used(place, text, said):
    """A key that is not known and broken TOML are said with the file."""
    place.user(text)
    error = place.error()
    assert error.startswith(str(place.user_file))
    assert said in error
    assert "sk-1" not in error


def test_a_file_that_is_not_text(place):
    """A settings file in another encoding is said in one line."""
    place.user("")
    place.user_file.write_bytes(b"\xff\xfe")
    assert "is not UTF-8 text (byte 0). Save it as UTF-8." in place.error()


def test_a_file_that_cannot_be_read(place, monkeypatch):
    """The system's reason is passed on."""
    place.user("")

    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    # Root may read everything, so the system cannot be asked to refuse.
    monkeypatch.setattr(Path, "read_text", refuse)
    assert place.error() == f"Cannot read the settings in {place.user_file}: Permission denied."


def test_a_project_cannot_send_keys_elsewhere(place):
    """A downloaded project's file cannot name the server that gets the user's key; the user's own file can."""
    place.project('base_url = "https://evil.example"\n')
    error = place.error()
    assert str(place.project_file) in error
    assert "base_url is not allowed" in error
    place.project("")
    place.user('base_url = "http://localhost:8000/v1"\n')
    assert place.load().base_url == "http://localhost:8000/v1"


def test_a_recipe_path_counts_from_its_file(place):
    """A path in a file means the same wherever the command is run; a name stays a name."""
    place.project('recipe = "recipes/mine.md"\n')
    place.folder = place.folder / "sub"
    place.folder.mkdir()
    (place.folder.parent / ".git").mkdir()
    assert place.load().recipe == str(place.project_file.parent / "recipes/mine.md")
    place.project('recipe = "research-brief"\n')
    assert place.load().recipe == "research-brief"


def test_every_setting_in_the_list_is_a_field():
    """The list of settings and the values that hold have the same names."""
    assert {item.name for item in fields(Settings)} == {setting.name for setting in SETTINGS} | {"sources"}


def test_the_model_of_the_environment_hides_every_model_of_a_file(place):
    """STRETTO_MODEL=demo runs everything on the demo, whatever models files name; roles named as strongly stay."""
    models = 'worker_model = "a"\nsynthesis_model = "b"\nfallback_models = ["c"]\ntiers = { fast = "d" }\n'
    place.user(f"{models}attempts = 2\n")
    place.project(models)
    settings = place.load(STRETTO_MODEL="demo")
    assert settings == Settings(model="demo", attempts=2, sources=settings.sources)
    assert dict(settings.sources) == {"model": "STRETTO_MODEL", "attempts": str(place.user_file)}
    assert place.load(STRETTO_MODEL="demo", STRETTO_WORKER_MODEL="e").worker_model == "e"
    assert place.load({"worker_model": "f"}, STRETTO_MODEL="demo").worker_model == "f"
    assert place.load({"model": "g"}).worker_model == "a"


def test_the_environment_of_the_process_is_read_when_none_is_given(monkeypatch, tmp_path):
    """Without arguments, this process's environment and folder count."""
    monkeypatch.setenv("STRETTO_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("STRETTO_MODEL", "demo")
    monkeypatch.chdir(tmp_path)
    assert load_settings().model == "demo"


class TestFolders:
    """Where files are looked for."""

    def test_the_user_folder(self, tmp_path, monkeypatch):
        """The variable names the folder; without it, the platform does."""
        given = {"STRETTO_CONFIG_DIR": str(tmp_path)}
        assert config_folder(given) == tmp_path
        assert recipes_folder(given) == tmp_path / "recipes"
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        assert config_folder({}).name == "stretto"
        monkeypatch.setenv("STRETTO_CONFIG_DIR", str(tmp_path))
        assert config_folder() == tmp_path

    def test_a_project_file_above_is_found_up_to_the_repositorys_root(self, tmp_path, monkeypatch):
        """The search ends at the root of the repository, even below the home folder."""
        monkeypatch.setenv("HOME", str(tmp_path))
        deep = tmp_path / "repo" / "a" / "b"
        deep.mkdir(parents=True)
        (tmp_path / "stretto.toml").touch()
        assert find_project_file(deep) == tmp_path / "stretto.toml"
        subprocess.run(["git", "init", "-q", tmp_path / "repo"], check=True)
        assert find_project_file(deep) is None
        (tmp_path / "repo" / "stretto.toml").touch()
        assert find_project_file(deep) == tmp_path / "repo" / "stretto.toml"

    def test_outside_of_home_and_repository_only_the_folder_itself_counts(self, tmp_path, monkeypatch):
        """Somebody else's file in a shared folder above is not obeyed."""
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        folder = tmp_path / "shared" / "mine"
        folder.mkdir(parents=True)
        (tmp_path / "shared" / "stretto.toml").touch()
        assert find_project_file(folder) is None
        (folder / "stretto.toml").touch()
        assert find_project_file(folder) == folder / "stretto.toml"

    def test_a_user_without_a_home(self, tmp_path, monkeypatch):
        """Where no home is known, the folder itself still counts."""

        def no_home() -> Path:
            raise RuntimeError("Could not determine home directory.")

        monkeypatch.setattr(Path, "home", no_home)
        (tmp_path / "stretto.toml").touch()
        assert find_project_file(tmp_path) == tmp_path / "stretto.toml"


def test_the_page_on_settings_has_the_table_of_today():
    """The table in the docs is the one that the code gives; the message of a failure is the table to paste."""
    defaults = Settings()
    shown = {
        field.name: value
        for field in fields(defaults)
        if (value := getattr(defaults, field.name)) not in (None, (), {})
    }
    rows = ["| Key | Option | Variable | What it does | Default |", "|---|---|---|---|---|"]
    for setting in SETTINGS:
        default = f"`{shown[setting.name]}`" if setting.name in shown else ""
        rows.append(f"| `{setting.name}` | `{setting.flag}` | `{setting.variable}` | {setting.says} | {default} |")
    table = "\n".join(rows)
    assert table in DOCS.read_text(encoding="utf-8"), table


def test_the_example_on_the_page_is_the_settings_own(place):
    """The file shown in the docs has every key that the user's file may have, and loads."""
    example = "\n".join(setting.example for setting in SETTINGS)
    assert f"```toml\n{example}\n```" in DOCS.read_text(encoding="utf-8"), example
    place.user(example)
    assert len(place.load().sources) == len(SETTINGS)
