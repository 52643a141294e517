"""Ctrl-C twice, or SIGTERM and Ctrl-C: the process is gone at once, and the command that was printed goes on."""

import re
import shlex
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.forge import Forge
from tests.kill9.batch_crash import answers
from tests.kill9.crash import MODEL, environ
from tests.simulator import Fault, Hold, Script, SimulatorThread

HELD = Script((Fault(effects=(Hold(name="held"),), role="worker", skip=1),))


def until_recorded(journal: sqlite3.Connection) -> None:
    """Return once a text is recorded: only the journal knows when the one that was answered is."""
    while not journal.execute("SELECT count(*) FROM stretto_outcomes WHERE role = 'worker'").fetchone()[0]:
        pass


@pytest.mark.parametrize(("first", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("verb", ["run", "batch"])
def test_the_second_one_does_not_wait_for_the_journal(
    verb: str, first: signal.Signals, code: int, tmp_path: Path, forge: Forge
):
    """With its journal locked nothing can end in good order; the second one leaves, and nothing finished is lost."""
    (tmp_path / "table.csv").write_text("name\ncup\nmug\n")
    task = ["run", "Describe cup"] if verb == "run" else ["batch", "table.csv", "--task", "Describe {name}"]
    with SimulatorThread(script=HELD, answers=answers(3)) as simulator:
        model = ["--model", MODEL, "--base-url", simulator.openai_url, "--concurrency", "2"]
        output = ["-o", "out.csv"] if verb == "batch" else []
        command = forge.start([*task, *model, *output], environ=environ(tmp_path), folder=tmp_path)
        simulator.until(lambda calls: sum(call.role == "worker" for call in calls) == 3)
        with closing(sqlite3.connect(tmp_path / "journal.db", isolation_level=None, timeout=30)) as holder:
            until_recorded(holder)
            holder.execute("BEGIN IMMEDIATE")
            command.send_signal(first)
            said = next(line for line in command.err if b"Ctrl-C again leaves at once" in line).decode()
            command.send_signal(signal.SIGINT)
            ended = command.finish()
        assert ended.code == code
        assert "interrupted" not in ended.err
        simulator.play_script(Script())
        again = re.search(r"to go on later: stretto (.*)", said)
        assert again
        done = forge.run(shlex.split(again[1]), environ=environ(tmp_path), folder=tmp_path)
        assert done.code == 0, done.err
        assert simulator.repeated() == ()


def test_what_is_said_at_the_end_is_what_the_journal_says(tmp_path: Path, forge: Forge):
    """A run that is stopped counts the orchestrator's call and those that were left, as `show` does."""
    with SimulatorThread(script=HELD, answers=answers(3)) as simulator:
        order = ["run", "Describe cup", "--model", MODEL, "--base-url", simulator.openai_url, "--concurrency", "2"]
        command = forge.start(order, environ=environ(tmp_path), folder=tmp_path)
        simulator.until(lambda calls: sum(call.role == "worker" for call in calls) == 3)
        with closing(sqlite3.connect(tmp_path / "journal.db", timeout=30)) as journal:
            until_recorded(journal)
        command.send_signal(signal.SIGINT)
        stopped = command.finish()
    (run_id,) = re.findall(r"^run: (\S+)", stopped.err, re.MULTILINE)
    shown = forge.run(["show", run_id], environ=environ(tmp_path), folder=tmp_path)
    (said,) = re.findall(r"4 calls · \S+ tokens · \S+", stopped.err)
    assert said in shown.err
    assert f"together: {said.replace(' · ', ', ')}" in shown.out
