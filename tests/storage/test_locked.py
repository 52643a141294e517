"""A journal that another program has locked: a clear stop, and once it is free the command that is named goes on."""

import re
import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.forge import Ended, Forge
from tests.kill9.batch_crash import answers, in_flight
from tests.kill9.crash import MODEL, environ
from tests.simulator import SimulatorThread
from tests.simulator.asked import Asked

SUBTASKS = 3
OLD = "name\nan earlier output\n"
IMPATIENT = """
from functools import partial
from stretto.faces.cli import main
from stretto.faces.cli.input import journal_options as journals
journals.open_journal = partial(journals.open_journal, patience=0.2)
sys.exit(main())
"""


@contextmanager
def locked(journal: Path) -> Iterator[sqlite3.Connection]:
    """Hold a journal, as a database browser or a backup does."""
    with closing(sqlite3.connect(journal, isolation_level=None, check_same_thread=False, timeout=30)) as holder:
        yield holder


def arguments(verb: str, folder: Path, simulator: SimulatorThread) -> list[str]:
    """Return a run, or a batch of eight rows."""
    model = ("--model", MODEL, "--base-url", simulator.openai_url, "--concurrency", "3")
    if verb == "run":
        return ["run", "Describe cup", *model]
    (folder / "table.csv").write_text("name\n" + "".join(f"cup{number}\n" for number in range(8)))
    return ["batch", "table.csv", "--task", "Describe {name}", *model, "-o", "out.csv"]


def stopped_clearly(ended: Ended) -> str:
    """Assert that a person was told what happened and what to do; return that line."""
    texts = " by angle " in ended.out or re.search(r" [1-9]\d* texts? ", ended.err)
    assert ended.code == (3 if texts else 1), ended.err
    (error,) = [line for line in ended.err.splitlines() if line.startswith("error: ")]
    assert "has been locked by another program for more than 0.2 seconds. Close what holds it" in error
    assert "Traceback" not in ended.err
    return error


@pytest.mark.parametrize("verb", ["run", "batch"])
def test_locked_from_the_start(verb: str, tmp_path: Path, forge: Forge):
    """Nothing is called and no file is touched; with the journal free the same command is carried out."""
    output = tmp_path / "out.csv"
    output.write_text(OLD)
    with SimulatorThread(answers=answers(SUBTASKS)) as simulator:
        command = arguments(verb, tmp_path, simulator)
        with locked(tmp_path / "journal.db") as holder:
            holder.execute("BEGIN EXCLUSIVE")
            ended = forge.run(command, environ=environ(tmp_path), folder=tmp_path, script=IMPATIENT)
        assert stopped_clearly(ended).endswith("Or keep nothing: --no-journal")
        assert not simulator.calls
        assert output.read_text() == OLD
        assert forge.run(command, environ=environ(tmp_path), folder=tmp_path).code == 0


@pytest.mark.parametrize("after", [1, 4])
@pytest.mark.parametrize("verb", ["run", "batch"])
def test_locked_in_the_middle(verb: str, after: int, tmp_path: Path, forge: Forge):
    """What was finished is kept, and the command that is named makes the rest, once the journal is free."""
    answered = answers(SUBTASKS)

    with locked(tmp_path / "journal.db") as holder:

        def answer(asked: Asked) -> str:
            if asked.number == after:
                holder.execute("BEGIN IMMEDIATE")
            return answered(asked)

        with SimulatorThread(answers=answer) as simulator:
            command = arguments(verb, tmp_path, simulator)
            ended = forge.run(command, environ=environ(tmp_path), folder=tmp_path, script=IMPATIENT)
            error = stopped_clearly(ended)
            assert "What was recorded is safe." in error
            assert "--no-journal" not in error
            holder.execute("ROLLBACK")
            lost = in_flight(tmp_path / "journal.db")
            (line,) = [line for line in ended.err.splitlines() if line.startswith("Next: stretto ")]
            again = forge.run(
                shlex.split(line.removeprefix("Next: stretto ")), environ=environ(tmp_path), folder=tmp_path
            )
            assert again.code == 0, again.err
            calls = (1 + SUBTASKS) * (8 if verb == "batch" else 1)
            assert len(simulator.repeated()) <= len(simulator.calls) - calls <= len(lost)
