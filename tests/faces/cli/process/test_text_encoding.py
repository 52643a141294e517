"""Texts in languages other than English, where Python takes the world for ASCII."""

import json
import os
import subprocess

import pytest

from tests.faces.cli.on_terminal import STRETTO

TASK = "为一款新的环保水瓶写一段产品介绍"
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def run(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
    """Run a command in the C locale, its UTF-8 mode switched off; the bytes are a terminal's of today."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONIOENCODING"} | ASCII
    command = [*STRETTO, *arguments]
    ended = subprocess.run(command, input=stdin.encode(), capture_output=True, env=environ, check=False)
    return ended.returncode, ended.stdout.decode(), ended.stderr.decode()


@pytest.mark.parametrize("given", ["argument", "stdin"])
def test_a_chinese_task_arrives_and_is_answered_in_the_c_locale(given):
    """Without UTF-8 from the locale the task, the context and the answers are what was typed and written."""
    task, stdin = (TASK, "") if given == "argument" else ("-", TASK)
    code, out, _ = run("run", task, "-c", "受众=千禧一代", "--model", "demo:delay=0", "--json", stdin=stdin)
    started = json.loads(out.splitlines()[0])
    assert (code, started["task"], started["context"]) == (0, TASK, {"受众": "千禧一代"})
    code, out, err = run("run", task, "--model", "demo:delay=0", stdin=stdin)
    assert code == 0
    assert "环保水瓶" in out
    assert "?" not in out
    assert "complete · 3 of 3 results" in err


def test_a_file_keeps_the_name_that_was_typed(tmp_path):
    """Names of files are the system's: what is written in the C locale is found in every other one."""
    output = tmp_path / "水瓶.md"
    code, _, err = run("run", TASK, "--model", "demo:delay=0", "-o", str(output))
    assert code == 0
    assert f"written: {output}\n" in err
    assert "环保水瓶" in output.read_text(encoding="utf-8")


def test_bytes_of_another_encoding_end_nothing():
    """A task in bytes that are no UTF-8 is taken with marks for what cannot be read."""
    environ = os.environ | ASCII
    command = [*map(os.fsencode, STRETTO), b"run", b"caf\xe9", b"--model", b"demo:delay=0", b"--json"]
    ended = subprocess.run(command, capture_output=True, env=environ, check=False)
    assert ended.returncode == 0
    assert json.loads(ended.stdout.splitlines()[0])["task"] == "caf\ufffd"
