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
            while not holder.execute("SELECT count(*) FROM stretto_outcomes WHERE role = 'worker'").fetchone()[0]:
                pass  # Only the journal knows when the one that was answered is recorded.
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
