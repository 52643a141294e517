"""Storing and listing keys: never shown, in a file for its owner alone."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("stretto")
KEY = "sk-ant-0123456789abcdef"


def test_a_key_is_stored_from_stdin_and_listed_without_its_value(stretto, config_folder):
    """A stored key is listed by name and place; its value is in no output."""
    file = config_folder / "keys.json"
    stored = stretto("keys", "set", "anthropic", stdin=f"{KEY}\n".encode())
    assert (stored.code, stored.out, stored.err) == (0, "", f"ANTHROPIC_API_KEY is stored in {file}.\n")
    assert stretto("keys", "list").out == f"ANTHROPIC_API_KEY  {file}\n"
    assert stretto("keys").out == f"ANTHROPIC_API_KEY  {file}\n"
    assert stretto("keys", "path").out == f"{file}\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert config_folder.stat().st_mode & 0o777 == 0o700


def test_without_keys_the_list_says_how_to_store_one(stretto):
    """An empty list names the command that fills it."""
    ended = stretto("keys", "list")
    assert (ended.code, ended.out) == (0, "")
    assert "stretto keys set PROVIDER" in ended.err


def test_a_terminal_hides_what_is_typed(config_folder):
    """At a terminal the key is asked for and not echoed."""
    ours, theirs = pty.openpty()
    environ = os.environ | {"STRETTO_CONFIG_DIR": str(config_folder)}
    with subprocess.Popen(
        [COMMAND, "keys", "set", "openai"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environ,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        shown = b""
        # The space comes once the terminal no longer echoes.
        while b"OPENAI_API_KEY (hidden): " not in shown:
            shown += os.read(ours, 1024)
        os.write(ours, f"{KEY}\n".encode())
        try:
            while piece := os.read(ours, 1024):
                shown += piece
        except OSError:  # the way Linux says that the terminal was closed
            pass
    os.close(ours)
    assert process.returncode == 0
    assert KEY.encode() not in shown
    assert KEY in (config_folder / "keys.json").read_text()


@pytest.mark.parametrize("arguments", [[KEY], ["--key", KEY], [f"--key={KEY}"], ["--", KEY]])
def test_a_key_in_the_command_is_refused_and_not_repeated(stretto, config_folder, arguments):
    """A key typed into the command is refused with the reason; it is not repeated, and nothing is stored."""
    ended = stretto("keys", "set", "openai", *arguments, stdin=b"other")
    assert ended.code == 2
    assert "history" in ended.err
    assert KEY not in ended.err
    assert not config_folder.exists()


def test_a_key_in_place_of_the_provider_is_not_repeated(stretto):
    """Whoever types the key where the provider belongs does not read it again."""
    ended = stretto("keys", "set", KEY)
    assert ended.code == 2
    assert KEY not in ended.err
    assert "anthropic, openai, google, openrouter" in ended.err


def test_an_unknown_provider_is_named(stretto):
    """An unknown provider is said with the known ones, before the key is asked for."""
    assert "Unknown provider 'antropic'" in stretto("keys", "set", "antropic").err


@pytest.mark.parametrize("given", [b"", b"\n", b"two words\n", "schlüssel\n".encode(), b"\xff\xfe\n", b"a\x00b\n"])
def test_what_is_no_key_is_refused(stretto, config_folder, given):
    """Nothing, white space inside, and characters that no header carries are refused; nothing is stored."""
    ended = stretto("keys", "set", "openai", stdin=given)
    assert ended.code == 2
    assert ended.err.startswith("error: The key for openai is ")
    assert not config_folder.exists()


def test_a_folder_that_cannot_be_written(stretto, config_folder):
    """A key that cannot be stored is one line and exit code 1."""
    config_folder.symlink_to("nowhere")
    ended = stretto("keys", "set", "openai", stdin=b"sk-1234567890")
    assert ended.code == 1
    assert ended.err.count("\n") == 1
    assert "sk-1234567890" not in ended.err
