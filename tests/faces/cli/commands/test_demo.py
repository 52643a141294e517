"""`stretto demo`: the main job on a built-in brief, without key or network."""

import json
import shlex
import socket

import pytest


@pytest.fixture
def no_network(monkeypatch):
    """Refuse every connection to anywhere."""

    def refuse(*_: object) -> None:
        raise AssertionError("the demo opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_the_demo_ends_with_three_variants_that_use_the_briefs_features(stretto, no_network):
    """Three distinct variants come back, clearly labelled; between them they name every feature of the brief."""
    ended = stretto("demo", "--misbehave", "delay=0")
    assert ended.code == 0
    assert ended.out.startswith("> demo model: offline templates, not a language model\n")
    variants = ended.out.split("\n# ")[-3:]
    assert len(set(variants)) == 3
    for feature in ("plastic-free", "insulated", "lifetime warranty"):
        assert feature in ended.out.lower()
    assert "complete · 3 of 3 results · 4 calls" in ended.err
    assert ended.err.splitlines()[-1].startswith("Your turn: stretto run ")


@pytest.mark.parametrize(
    ("place", "typed"), [("venv/bin/stretto", "venv/bin/stretto"), ("/usr/bin/stretto", "stretto")]
)
def test_the_next_command_can_be_typed_as_it_stands(stretto, monkeypatch, place, typed):
    """A command that lies below this folder, where no shell looks for it, is named with its path."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("sys.argv", [place, "demo"])
    assert f"Your turn: {typed} run " in stretto("demo", "--misbehave", "delay=0").err


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("key", [False, True])
def test_the_parting_line_works_as_it_is_typed(stretto, monkeypatch, language, key):
    """Without a key it names the demo model, and is carried out; with one it leaves the model to the key."""
    monkeypatch.delenv("STRETTO_MODEL", raising=False)
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GOOGLE_API_KEY", "GEMINI_API_KEY", "OPENROUTER_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    if key:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789")
    message = stretto("demo", "--misbehave", "delay=0", "--language", language).err.splitlines()[-1]
    program, *typed = shlex.split(message.removeprefix("Your turn: "))
    assert program == "stretto"
    if key:
        assert "--model" not in typed
        monkeypatch.setenv("STRETTO_MODEL", "demo:delay=0")  # What is typed is the same; nothing is paid here.
    ended = stretto(*typed)
    assert (ended.code, "3 of 3 results" in ended.err) == (0, True)


def test_the_demo_in_json_shows_the_early_start(stretto):
    """With --json the first worker starts before the plan is complete, and stdout is nothing but events."""
    ended = stretto("demo", "--json", "--misbehave", "delay=0")
    kinds = [json.loads(line)["kind"] for line in ended.out.splitlines()]
    assert kinds.index("worker_started") < kinds.index("plan_completed")
    assert "Your turn" not in ended.err


def test_the_demo_in_chinese(stretto):
    """The Chinese brief gives Chinese variants."""
    ended = stretto("demo", "--language", "zh", "--misbehave", "delay=0")
    assert ended.code == 0
    assert "终身质保" in ended.out
    assert "3 of 3" in ended.err


def test_the_demo_can_go_wrong_on_request(stretto):
    """A worker that is told to fail leaves the other results, says what is missing, and the code is 3."""
    ended = stretto("demo", "--misbehave", "fail-worker=2,delay=0")
    assert ended.code == 3
    assert "2 of 3 results" in ended.err
    assert "Your turn" not in ended.err


@pytest.mark.parametrize("how", ["break-plan", "cut-plan", "truncate-plan", "flaky-worker=1", "empty-worker=1"])
def test_the_demo_shows_how_faults_are_mended(stretto, how):
    """A broken plan is repaired, a cut one continued, a bad answer asked for again: what is kept is told."""
    ended = stretto("demo", "--misbehave", f"{how},delay=0", "--json")
    kinds = [json.loads(line)["kind"] for line in ended.out.splitlines()]
    assert {"plan_retrying", "worker_retrying"} & set(kinds)
    assert ended.code in (0, 3)


def test_another_model_never_takes_the_demos_place(stretto, no_network, monkeypatch):
    """A demo costs nothing, even where STRETTO_MODEL or a settings file names a real model."""
    monkeypatch.setenv("STRETTO_MODEL", "openai:gpt-6.1-sol")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-nothing")
    ended = stretto("demo", "--misbehave", "delay=0")
    assert ended.err.startswith("models: orchestrator demo, workers demo\n")
    assert ended.code == 0


@pytest.mark.parametrize(
    ("arguments", "message"), [(["--misbehave", "sulk"], "'sulk'"), (["--language", "fr"], "Known: en, zh.")]
)
def test_what_the_demo_does_not_know_is_one_line_and_2(stretto, arguments, message):
    """An unknown fault or language is one line that lists the known ones."""
    ended = stretto("demo", *arguments)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert message in ended.err


def test_the_demo_does_without_a_journal_that_cannot_be_opened(stretto, monkeypatch, tmp_path):
    """Where nothing can be kept the demo runs all the same and says so; a place that was asked for is an error."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("STRETTO_DATA_DIR", str(tmp_path / "file" / "folder"))
    ended = stretto("demo", "--misbehave", "delay=0")
    assert ended.code == 0
    assert "note: this run is not kept: Cannot open the journal" in ended.err
    assert "3 of 3 results" in ended.err
    asked = stretto("demo", "--misbehave", "delay=0", "--journal", str(tmp_path / "file" / "folder" / "j.db"))
    assert (asked.code, asked.out) == (1, "")


def test_a_fault_that_met_nobody_is_remarked(stretto):
    """A fault for a worker that the plan does not have changes nothing, and the demo says so."""
    ended = stretto("demo", "--misbehave", "fail-worker=9,empty-worker=2,delay=0")
    assert ended.code == 3
    assert "note: fail-worker=9 changed nothing: the plan has no such worker.\n" in ended.err
    assert "note: empty-worker" not in ended.err
