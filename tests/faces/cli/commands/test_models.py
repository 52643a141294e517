"""Which models would be used, and what there is to choose from."""

import re

import pytest


@pytest.fixture(autouse=True)
def no_ollama(monkeypatch):
    """Look for a local server where none can be."""
    monkeypatch.setenv("OLLAMA_BASE_URL", "http://127.0.0.1:9")


def test_without_a_key_it_says_what_to_do(stretto):
    """Without any key, the way to one is on stderr and the providers are listed with prices."""
    ended = stretto("models")
    assert ended.code == 0
    assert "stretto keys set anthropic" in ended.err
    assert ended.out.startswith("PROVIDER")
    assert re.search(r"^anthropic .*\d in, \d+ out .*stretto keys set anthropic$", ended.out, re.MULTILINE)
    assert "not a language model" in ended.out


def test_the_chosen_pair_and_why(stretto, monkeypatch):
    """With a key, the pair for it is shown with the reason, and never the key."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789abcdef")
    ended = stretto("models")
    assert (ended.code, ended.err) == (0, "")
    assert re.search(r"^orchestrator +openai:\S+ +OPENAI_API_KEY is set$", ended.out, re.MULTILINE)
    assert re.search(r"^worker +openai:\S+ +OPENAI_API_KEY is set$", ended.out, re.MULTILINE)
    assert re.search(r"^openai .* ready$", ended.out, re.MULTILINE)
    assert "0123456789" not in ended.out


def test_a_stored_key_counts(stretto):
    """A key stored with `keys set` makes its provider ready."""
    stretto("keys", "set", "anthropic", stdin=b"sk-ant-0123456789\n")
    assert re.search(r"^anthropic .* ready$", stretto("models").out, re.MULTILINE)


def test_models_from_settings_say_where_they_were_set(stretto, config_folder, monkeypatch):
    """A model that was set is shown with the place where it was."""
    config_folder.mkdir()
    (config_folder / "config.toml").write_text('synthesis_model = "openai:gpt-6.1-sol"\n')
    monkeypatch.setenv("STRETTO_MODEL", "demo")
    monkeypatch.setenv("STRETTO_WORKER_MODEL", "openai:gpt-6-luna")
    lines = stretto("models").out.splitlines()
    assert re.fullmatch(r"orchestrator +demo +STRETTO_MODEL", lines[0])
    assert re.fullmatch(r"worker +openai:gpt-6-luna +STRETTO_WORKER_MODEL", lines[1])
    assert re.fullmatch(r"synthesis +demo +the orchestrator's", lines[2])
    monkeypatch.delenv("STRETTO_MODEL")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789abcdef")
    assert f"synthesis     openai:gpt-6.1-sol  {config_folder}/config.toml" in stretto("models").out


def test_without_a_worker_model_the_orchestrators_works(stretto, monkeypatch):
    """A single model that was set takes every role."""
    monkeypatch.setenv("STRETTO_MODEL", "demo")
    assert re.fullmatch(r"worker +demo +the orchestrator's", stretto("models").out.splitlines()[1])


def test_keys_that_others_can_read_are_not_used(stretto, config_folder):
    """A key file that others can read stops the command with the line that mends it."""
    stretto("keys", "set", "openai", stdin=b"sk-0123456789")
    file = config_folder / "keys.json"
    file.chmod(0o644)
    ended = stretto("models")
    assert ended.code == 2
    assert f'chmod 600 "{file}"' in ended.err
    stretto("keys", "set", "openai", stdin=b"sk-9876543210")
    assert stretto("models").code == 0
