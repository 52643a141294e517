"""Ctrl-C twice, or SIGTERM or SIGHUP and Ctrl-C: the process is gone at once, and the command that was printed goes on.

After one of them what is said and written is what the journal says.
"""

import csv
import re
import shlex
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.forge import Command, Forge
from tests.kill9.batch_crash import answers
from tests.kill9.crash import MODEL, environ
from tests.simulator import Fault, Hold, Script, SimulatorThread

HELD = Script((Fault(effects=(Hold(name="held"),), role="worker", skip=1),))


def until_recorded(journal: sqlite3.Connection) -> None:
    """Return once a text is recorded: only the journal knows when the one that was answered is."""
    while not journal.execute("SELECT count(*) FROM stretto_outcomes WHERE role = 'worker'").fetchone()[0]:
        pass


@pytest.mark.parametrize(("first", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
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
            message = next(line for line in command.err if b"Ctrl-C again leaves at once" in line).decode()
            command.send_signal(signal.SIGINT)
            ended = command.finish()
        assert ended.code == code
        assert "interrupted" not in ended.err
        simulator.play_script(Script())
        again = re.search(r"to go on later: stretto (.*)", message)
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
    (message,) = re.findall(r"4 calls · \S+ tokens · \S+", stopped.err)
    assert message in shown.err
    assert f"together: {message.replace(' · ', ', ')}" in shown.out


ORDERS = {
    "run": ["run", "Describe cup", "--concurrency", "2"],
    "batch": ["batch", "table.csv", "--task", "Describe {name}", "--concurrency", "2", "-o", "out.csv"],
}


def start(
    verb: str, simulator: SimulatorThread, folder: Path, forge: Forge, *options: str, script: str = ""
) -> Command:
    """Start a run or a batch, and return once a text is recorded and another call is held."""
    (folder / "table.csv").write_text("name\ncup\nmug\n")
    order = [*ORDERS[verb], "--model", MODEL, "--base-url", simulator.openai_url, *options]
    command = forge.start(order, environ=environ(folder), folder=folder, script=script)
    simulator.until(lambda calls: sum(call.role == "worker" for call in calls) == 3)
    with closing(sqlite3.connect(folder / "journal.db", timeout=30)) as journal:
        until_recorded(journal)
    return command


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
@pytest.mark.parametrize("verb", ORDERS)
def test_each_of_them_ends_in_good_order(verb: str, number: signal.Signals, code: int, tmp_path: Path, forge: Forge):
    """What goes on is named, what is there is written, and the code says which it was; a terminal says it twice."""
    with SimulatorThread(script=HELD, answers=answers(3)) as simulator:
        command = start(verb, simulator, tmp_path, forge)
        command.send_signal(number)
        message = next(line for line in command.err if b"to go on later: stretto " in line)
        if number == signal.SIGHUP:
            command.send_signal(number)
        ended = command.finish()
    assert message
    assert ended.code == code
    assert ended.err.splitlines()[-1].startswith("interrupted")
    written = ended.out if verb == "run" else (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    assert re.search("(?:cup|mug) by ", written)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP, signal.SIGTERM])
@pytest.mark.parametrize("verb", ORDERS)
def test_one_that_was_ignored_stays_so(verb: str, number: signal.Signals, tmp_path: Path, forge: Forge):
    """Under nohup, or in the background of a shell, a run goes on."""
    ignoring = f"import signal\nsignal.signal({int(number)}, signal.SIG_IGN)\n"
    script = ignoring + "from stretto.faces.cli import main\nsys.exit(main())"
    with SimulatorThread(script=HELD, answers=answers(3)) as simulator:
        command = start(verb, simulator, tmp_path, forge, script=script)
        command.send_signal(number)
        simulator.play_script(Script())
        simulator.release("held")
        ended = command.finish()
    assert ended.code == 0, ended.err
    assert "Stopping" not in ended.err


NEW = ("new1", "new2")
LOOKING_FOREVER = """
import threading
from stretto.faces.cli import main
from stretto.faces.cli.sessions import batch_session as batch_flow
from stretto.journal.sql import queries as archive
batch_flow._SOON = 0
archive.known = lambda connection, run_ids: threading.Event().wait()
sys.exit(main())
"""


def run_and_start_again(
    simulator: SimulatorThread, folder: Path, forge: Forge, *options: str, output: str = "out.csv", script: str = ""
) -> Command:
    """Run a table to its end, put new rows before the others, and run it again until it waits for one of those."""
    model = ["--model", MODEL, "--base-url", simulator.openai_url, "--concurrency", "1"]
    order = ["batch", "table.csv", "--task", "Describe {name}", *model, "-o", output, *options]
    (folder / "table.csv").write_text("name\ncup\nmug\njar\n")
    done = forge.run(order, environ=environ(folder), folder=folder)
    assert done.code == 0, done.err
    (folder / "table.csv").write_text("\n".join(["name", *NEW, "cup", "mug", "jar"]))
    (folder / output).rename(folder / f"whole-{output}")
    (folder / output).write_bytes((folder / f"whole-{output}").read_bytes())
    simulator.play_script(Script((Fault(effects=(Hold(name="held"),)),)))
    before = len(simulator.calls)
    command = forge.start(order, environ=environ(folder), folder=folder, script=script)
    simulator.until(lambda calls: len(calls) > before)
    return command


def lines_of(path: Path) -> dict[str, list[dict[str, str]]]:
    """Return the lines of an output by the name of their row."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    return {name: [line for line in lines if line["name"] == name] for name in dict.fromkeys(x["name"] for x in lines)}


@pytest.mark.parametrize("options", [(), ("--wide", "--report", "report.html")])
def test_an_output_that_was_full_stays_so(options: tuple[str, ...], tmp_path: Path, forge: Forge):
    """Stopped before it reached them, the same command still writes every row that the journal has, without a call."""
    with SimulatorThread(answers=answers(3)) as simulator:
        command = run_and_start_again(simulator, tmp_path, forge, *options)
        calls = len(simulator.calls)
        command.send_signal(signal.SIGINT)
        ended = command.finish()
        assert len(simulator.calls) == calls
    assert ended.code == 130
    lines = lines_of(tmp_path / "out.csv")
    assert list(lines) == [*NEW, "cup", "mug", "jar"]
    assert lines_of(tmp_path / "whole-out.csv") == {name: lines[name] for name in ("cup", "mug", "jar")}
    assert {line.get("row_status", line["status"]) for name in NEW for line in lines[name]} == {"not run"}
    assert ended.err.splitlines()[-1].startswith("interrupted · 3 of 5 rows · 3 from before · 9 texts · 1 call · ")
    assert ended.err.splitlines()[-2].startswith("Next: stretto batch table.csv ")
    assert "--retry-errors" not in ended.err
    if options:
        report = (tmp_path / "report.html").read_text()
        assert "3 of 5 rows complete" in report
        assert "<dt>Taken from an earlier run</dt><dd>3 rows</dd>" in report


def test_the_second_one_does_not_wait_for_what_the_journal_has(tmp_path: Path, forge: Forge):
    """While the journal is asked about the rows that were not reached, another Ctrl-C leaves the output as it was."""
    with SimulatorThread(answers=answers(3)) as simulator:
        command = run_and_start_again(simulator, tmp_path, forge, script=LOOKING_FOREVER)
        command.send_signal(signal.SIGINT)
        message = next(line for line in command.err if line.startswith(b"Reading ")).decode()
        assert message == "Reading what the journal has of the other 5 rows; Ctrl-C again leaves out.csv as it was.\n"
        command.send_signal(signal.SIGINT)
        assert command.finish().code == 130
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole-out.csv").read_bytes()
    assert not list(tmp_path.glob(".*.part"))
