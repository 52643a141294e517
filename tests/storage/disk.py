"""A small disk in a namespace of its own, commands that run there, and a provider whose texts fill it."""

import json
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.forge import Ended, Forge
from tests.kill9.crash import MODEL, environ
from tests.simulator import SimulatorThread
from tests.simulator.answers import Answer, Answers, plan_text
from tests.simulator.asked import Asked

PRIVATE = ("unshare", "--map-root-user", "--mount")
SUBTASKS = 3
LOADED_ANEW = "import os; os.execv(os.path.join(os.path.dirname(sys.executable), 'stretto'), sys.argv)"
"""Runs the command in a process that loads everything itself: SQLite reads its environment when it is loaded."""
_MOUNT = "import subprocess; subprocess.run(['mount', *sys.argv[1:]], check=True)"
_LOOK = """
import json, sqlite3
from contextlib import closing
from pathlib import Path
from tests.kill9.batch_crash import in_flight
journal = Path(sys.argv[1])
with closing(sqlite3.connect(journal)) as opened:
    check = opened.execute("PRAGMA integrity_check").fetchone()[0]
print(json.dumps([check, len(in_flight(journal))]))
"""
_READ = "from pathlib import Path; sys.stdout.write(Path(sys.argv[1]).read_text(encoding='utf-8-sig'))"
_LIST = "import json, os; print(json.dumps(sorted(os.listdir(sys.argv[1]))))"


def long_answers(kilobytes: int) -> Answers:
    """Return a model whose texts are so long, and begin with what they are about."""

    def answer(asked: Asked) -> Answer | str:
        if asked.role == "orchestrator":
            return plan_text(asked, SUBTASKS)
        about = re.findall(r"Describe ([\w ]+)", asked.prompt)[0]
        text = f"{about} by {re.findall('angle [a-z]', asked.prompt)[-1]}: {'word ' * 200 * kilobytes}"
        return Answer(text=f"<response>{text}</response>", unlimited=True)

    return answer


@dataclass
class SmallDisk:
    """A disk that can be seen by commands that are started here, and by nobody else."""

    forge: Forge
    simulator: SimulatorThread
    folder: Path
    """Where the disk is."""
    work: Path
    """A folder on a disk with room."""

    def resize(self, size: str) -> None:
        """Give it another size."""
        self._ask(_MOUNT, "-o", f"remount,size={size}", str(self.folder))

    def files(self) -> list[str]:
        """Return what is on it."""
        return json.loads(self._ask(_LIST, str(self.folder)))

    def read(self, file: Path) -> str:
        """Return what is in a file on it."""
        return self._ask(_READ, str(file))

    def journal(self, file: Path) -> tuple[str, int]:
        """Return what SQLite says of a journal, and how many calls of it were in flight."""
        check, in_flight = json.loads(self._ask(_LOOK, str(file)))
        return check, in_flight

    def stretto(self, *arguments: str, data: Path, script: str = "", **variables: str) -> Ended:
        """Run a command with its journal in a folder."""
        own = environ(self.work) | {"STRETTO_DATA_DIR": str(data)} | variables
        return self.forge.run(arguments, environ=own, folder=self.work, script=script)

    def next(self, said: str, begins: str = "Next: stretto ") -> list[str]:
        """Return the arguments of the command that was advised."""
        (line,) = [line for line in said.splitlines() if line.startswith(begins)]
        return shlex.split(line.removeprefix(begins))

    def model(self) -> tuple[str, ...]:
        """Return the options that name the provider."""
        return ("--model", MODEL, "--base-url", self.simulator.openai_url, "--concurrency", "4")

    def _ask(self, script: str, *arguments: str) -> str:
        done = self.forge.run(arguments, environ=environ(self.work), folder=self.work, script=script)
        assert done.code == 0, done.err
        return done.out


@contextmanager
def small_disk(forge: Forge, tmp_path: Path, size: str, *, kilobytes: int = 20) -> Iterator[SmallDisk]:
    """Mount a small disk, with a provider beside it whose texts are so long."""
    folder, work = tmp_path / "disk", tmp_path / "work"
    folder.mkdir()
    work.mkdir()
    done = forge.run(
        ["-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
        environ=environ(work),
        folder=work,
        script=_MOUNT,
    )
    assert done.code == 0, done.err
    with SimulatorThread(answers=long_answers(kilobytes)) as simulator:
        yield SmallDisk(forge, simulator, folder, work)
