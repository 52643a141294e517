"""Keys: from the environment or the file, and in nothing that is shown."""

import json
import os
import signal
import subprocess
import sys

import pytest

from stretto.app.settings.keys import KeyEntry, hide_keys, key_file, list_keys, load_keys, set_key, variable_of
from stretto.core.errors import InputError


@pytest.fixture
def environ(tmp_path):
    """Give an environment with an empty user folder and no key."""
    return {"STRETTO_CONFIG_DIR": str(tmp_path / "config")}


def test_a_stored_key_is_loaded_by_its_variable(environ):
    """What `set_key` stores, `load_keys` gives under the provider's variable."""
    assert set_key("OpenAI", " sk-1 \n", environ) == key_file(environ)
    set_key("GROQ_API_KEY", "gsk-1", environ)
    assert dict(load_keys(environ)) == {"OPENAI_API_KEY": "sk-1", "GROQ_API_KEY": "gsk-1"}


def test_the_environment_wins(environ):
    """A variable that is set hides the stored key; an empty one does not."""
    set_key("openai", "stored", environ)
    assert load_keys(environ | {"OPENAI_API_KEY": " fresh "})["OPENAI_API_KEY"] == "fresh"
    assert load_keys(environ | {"OPENAI_API_KEY": ""})["OPENAI_API_KEY"] == "stored"
    assert dict(load_keys(environ | {"GEMINI_API_KEY": "g", "UNRELATED": "x"})) == {
        "OPENAI_API_KEY": "stored",
        "GEMINI_API_KEY": "g",
    }


def test_the_process_environment_is_the_default(environ, monkeypatch):
    """Without an argument, this process's environment counts."""
    monkeypatch.setenv("STRETTO_CONFIG_DIR", environ["STRETTO_CONFIG_DIR"])
    monkeypatch.setenv("OPENROUTER_API_KEY", "or-1")
    assert load_keys()["OPENROUTER_API_KEY"] == "or-1"
    assert KeyEntry(variable="OPENROUTER_API_KEY", source="environment") in list_keys()
    assert hide_keys("x") == "x"


def test_the_list_says_where_from_and_nothing_else(environ):
    """An entry is a name and a place."""
    set_key("openai", "stored", environ)
    assert list_keys(environ | {"ANTHROPIC_API_KEY": "a"}) == (
        KeyEntry(variable="ANTHROPIC_API_KEY", source="environment"),
        KeyEntry(variable="OPENAI_API_KEY", source=str(key_file(environ))),
    )


def test_storing_replaces_and_keeps_the_others(environ):
    """A second key of a provider takes the first one's place; the file is whole at every moment."""
    set_key("openai", "one", environ)
    set_key("anthropic", "two", environ)
    set_key("openai", "three", environ)
    assert json.loads(key_file(environ).read_text()) == {"ANTHROPIC_API_KEY": "two", "OPENAI_API_KEY": "three"}
    assert [file.name for file in key_file(environ).parent.iterdir()] == ["keys.json"]


def test_a_file_that_others_can_read_is_refused(environ):
    """Keys that others could have read are not used until that is mended; storing mends it."""
    file = set_key("openai", "one", environ)
    file.chmod(0o640)
    for refused in (load_keys, list_keys):
        with pytest.raises(InputError) as caught:
            refused(environ)
        assert str(caught.value) == f'Others can read your keys in {file}. Mend it with: chmod 600 "{file}"'
    set_key("openai", "two", environ)
    assert load_keys(environ)["OPENAI_API_KEY"] == "two"


@pytest.mark.parametrize("content", ["", "secret-value", '["secret-value"]', '{"OPENAI_API_KEY": 1}'])
def test_a_damaged_file_is_said_without_its_content(environ, content):
    """A damaged file is one line that shows nothing of it, and storing does not destroy it."""
    file = key_file(environ)
    file.parent.mkdir()
    file.write_text(content)
    file.chmod(0o600)
    for refused in (lambda: load_keys(environ), lambda: set_key("openai", "one", environ)):
        with pytest.raises(InputError) as caught:
            refused()
        assert "is damaged" in str(caught.value)
        assert "secret" not in str(caught.value)
    assert file.read_text() == content


def test_what_a_killed_process_left_goes_with_the_next_key(environ):
    """A process that dies while it stores a key leaves a file that is its owner's alone; the next key removes it."""
    script = f"""if True:
        import os, signal
        from stretto.app.settings.keys import set_key
        os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)  # all is written, and not yet in its place
        set_key("openai", "secret", {environ!r})
    """
    file = set_key("openai", "one", environ)
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -signal.SIGKILL
    (left,) = set(file.parent.iterdir()) - {file}
    assert "secret" in left.read_text()
    assert left.stat().st_mode & 0o777 == 0o600
    set_key("anthropic", "two", environ)
    assert list(file.parent.iterdir()) == [file]
    assert file.stat().st_mode & 0o777 == 0o600
    assert dict(load_keys(environ)) == {"OPENAI_API_KEY": "one", "ANTHROPIC_API_KEY": "two"}


def test_a_write_that_fails_leaves_the_old_keys(environ, monkeypatch):
    """When the new file cannot take the old one's place, the old one stays and nothing else is left."""
    file = set_key("openai", "one", environ)

    def refuse(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(Exception, match="No space left on device") as caught:
        set_key("openai", "two-0123456789", environ)
    assert "two-0123456789" not in str(caught.value)
    assert load_keys(environ)["OPENAI_API_KEY"] == "one"
    assert [entry.name for entry in file.parent.iterdir()] == ["keys.json"]


def test_variables_of_providers():
    """A provider is named by name or by its variable, and an unknown one is refused."""
    assert variable_of("google") == "GOOGLE_API_KEY"
    assert variable_of("HF_TOKEN") == "HF_TOKEN"
    with pytest.raises(InputError, match="Unknown provider 'groq'"):
        variable_of("groq")
    with pytest.raises(InputError, match="PATH"):
        variable_of("PATH")


def test_keys_are_hidden_wherever_they_stand(environ):
    """Keys from the environment and from the file are taken out of a text, and what looks like one too."""
    set_key("openai", "stored-secret", environ)
    told = "a stored-secret, an env-secret-longer and sk-proj-abcdefghijkl"
    shown = hide_keys(told, environ | {"X_KEY": "env-secret", "Y_TOKEN": "env-secret-longer", "SHORT_KEY": "a"})
    assert shown == "a …, an … and …"


def test_hiding_never_fails(environ):
    """A damaged key file does not stand in the way of saying what went wrong."""
    file = key_file(environ)
    file.parent.mkdir()
    file.write_text("damaged")
    assert hide_keys("plain", environ) == "plain"
