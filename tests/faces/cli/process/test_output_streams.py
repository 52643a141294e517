"""stdout that cannot be written loses nothing silently; stderr that cannot be written ends nothing."""

from pathlib import Path

import pytest

from tests.forge import Ended, Forge
from tests.kill9.crash import environ

_MAIN = "\nfrom stretto.faces.cli import main\nsys.exit(main())"
BROKEN = {
    "closed": ("import os\nos.close({number})\nsys.{name} = None", "it is closed"),
    "full": ("import os\nos.dup2(os.open('/dev/full', os.O_WRONLY), {number})", "No space left on device"),
    "left": (
        "import os\nread, write = os.pipe()\nos.close(read)\nos.dup2(write, {number})",
        "whoever read it has left",
    ),
    "read-only": ("import os\nos.dup2(os.open('/dev/null', os.O_RDONLY), {number})", "it is closed"),
}
DEMO = ("--model", "demo:delay=0")


def run(forge: Forge, folder: Path, *order: str, stdout: str = "", stderr: str = "") -> Ended:
    """Run a command whose stdout or stderr is broken in one of the ways above."""
    setup = [BROKEN[stdout][0].format(number=1, name="stdout")] if stdout else []
    setup += [BROKEN[stderr][0].format(number=2, name="stderr")] if stderr else []
    return forge.run(order, environ=environ(folder), folder=folder, script="\n".join(setup) + _MAIN)


def message(stdout: str) -> str:
    """Return the line that says what is wrong; a reader that has enough is no error."""
    return f"{'note' if stdout == 'left' else 'error'}: Cannot write to stdout: {BROKEN[stdout][1]}."


def next_command(ended: Ended) -> str:
    """Return the command that is advised for seeing the texts."""
    (line,) = [line for line in ended.err.splitlines() if line.startswith("To see what came of it: stretto ")]
    return line.removeprefix("To see what came of it: stretto ")


@pytest.mark.parametrize("stdout", BROKEN)
@pytest.mark.parametrize("journal", [(), ("--journal", "own.db")])
def test_the_texts_of_a_run(stdout: str, journal: tuple[str, ...], tmp_path: Path, forge: Forge):
    """What was not written is named, the command that is advised shows it, and the code says that it is missing."""
    ended = run(forge, tmp_path, "run", "sell a bottle", *DEMO, *journal, stdout=stdout)
    assert ended.code == 1
    assert message(stdout) in ended.err.splitlines()
    shown = run(forge, tmp_path, *next_command(ended).split())
    assert shown.code == 0
    assert shown.out.count("\n# ") >= 4


@pytest.mark.parametrize("stdout", BROKEN)
@pytest.mark.parametrize("order", [["run", "sell a bottle"], ["run", "sell a bottle", "--json"], ["plan", "sell it"]])
def test_without_a_journal(order: list[str], stdout: str, tmp_path: Path, forge: Forge):
    """Where nothing keeps them, the texts and the plan go to stderr; a stream of events ends before they are paid."""
    ended = run(forge, tmp_path, *order, *DEMO, "--no-journal", stdout=stdout)
    assert ended.code == 1
    assert message(stdout) in ended.err.splitlines()
    assert "stretto show" not in ended.err
    assert ("# 1. " in ended.err or "1. **" in ended.err) is ("--json" not in order)


@pytest.mark.parametrize("stdout", BROKEN)
def test_events_for_a_program(stdout: str, tmp_path: Path, forge: Forge):
    """A stream of events that nobody can read stops the run, which can be gone on with."""
    ended = run(forge, tmp_path, "run", "sell a bottle", *DEMO, "--json", stdout=stdout)
    assert ended.code == 1
    assert message(stdout) in ended.err.splitlines()
    assert run(forge, tmp_path, *next_command(ended).split()).code == 0
    (step,) = [line for line in ended.err.splitlines() if line.startswith("Next: stretto ")]
    assert run(forge, tmp_path, *step.removeprefix("Next: stretto ").split()).code == 0


@pytest.mark.parametrize("stdout", BROKEN)
@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_a_plan(stdout: str, as_json: tuple[str, ...], tmp_path: Path, forge: Forge):
    """A plan that could not be shown is shown by the command that is advised."""
    ended = run(forge, tmp_path, "plan", "sell a bottle", *DEMO, *as_json, stdout=stdout)
    assert ended.code == 1
    assert "plan:    " in run(forge, tmp_path, *next_command(ended).split()).out


@pytest.mark.parametrize("stdout", BROKEN)
@pytest.mark.parametrize("order", [["runs"], ["runs", "--json"], ["show"], ["show", "--json"], ["recipes", "list"]])
def test_what_is_only_shown(order: list[str], stdout: str, tmp_path: Path, forge: Forge):
    """A command that shows what is there never says that it did; a reader that has left wants no word."""
    made = run(forge, tmp_path, "run", "sell a bottle", *DEMO)
    (run_id,) = [line[5:] for line in made.err.splitlines() if line.startswith("run: ")]
    ended = run(forge, tmp_path, *order[:1], *([run_id] if order[0] == "show" else []), *order[1:], stdout=stdout)
    assert ended.code == 1
    errors = [line for line in ended.err.splitlines() if line.startswith("error: ")]
    again = "Give the command again with another output, such as > FILE."
    assert errors == ([] if stdout == "left" else [f"error: Cannot write to stdout: {BROKEN[stdout][1]}. {again}"])


@pytest.mark.parametrize("stdout", BROKEN)
@pytest.mark.parametrize("output", ["out.md", "out.csv"])
def test_what_goes_into_a_file(stdout: str, output: str, tmp_path: Path, forge: Forge):
    """A run and an export that write a file need no stdout."""
    made = run(forge, tmp_path, "run", "sell a bottle", *DEMO, "-o", output, stdout=stdout)
    assert made.code == 0
    (run_id,) = [line[5:] for line in made.err.splitlines() if line.startswith("run: ")]
    assert run(forge, tmp_path, "export", run_id, "-o", f"again-{output}", stdout=stdout).code == 0
    assert (tmp_path / f"again-{output}").read_bytes() == (tmp_path / output).read_bytes()


@pytest.mark.parametrize("stderr", BROKEN)
@pytest.mark.parametrize("order", [["run", "sell a bottle", *DEMO], ["demo"], ["runs"]])
def test_progress_that_nobody_can_see(order: list[str], stderr: str, tmp_path: Path, forge: Forge):
    """A run whose progress cannot be written goes on to its end and shows its texts."""
    ended = run(forge, tmp_path, *order, stderr=stderr)
    assert (ended.code, ended.err) == (0, "")
    assert ("# 1. " in ended.out) is (order != ["runs"])
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and b"[  0." in file.read_bytes()]
