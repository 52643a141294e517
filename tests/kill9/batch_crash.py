"""Kills a batch with SIGKILL, types its command again, and keeps count of what was in flight at each kill."""

import csv
import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.forge import Command, Ended, Forge
from tests.kill9.crash import MODEL, environ
from tests.simulator import CallRecord, Script, SimulatorThread
from tests.simulator.answers import plan_text
from tests.simulator.asked import Asked

_NAME = re.compile(r"Describe (\w+)")
_SETTLED = "SELECT count(*) FROM stretto_outcomes"
_IN_FLIGHT = """
    SELECT call_id FROM (
        SELECT run_id, call_id, json(CAST(data AS TEXT)) AS call FROM stretto_call_starts
    ) AS start WHERE NOT EXISTS (
        SELECT 1 FROM stretto_outcomes AS outcome
        WHERE outcome.run_id = start.run_id
        AND outcome.role = json_extract(call, '$.role')
        AND outcome.subtask_id = coalesce(json_extract(call, '$.subtask_id'), '')
        AND outcome.revision = coalesce(json_extract(call, '$.revision'), 0)
    )
"""


def answers(subtasks: int) -> Callable[[Asked], str]:
    """Return a model whose every text names its row and its part, so that none can be taken for another's."""

    def answer(asked: Asked) -> str:
        if asked.role == "orchestrator":
            return plan_text(asked, subtasks)
        name = _NAME.findall(asked.prompt)[0]
        if asked.role == "synthesis":
            return f"all of {name}"
        return f"<response>{name} by {re.findall('angle [a-z]', asked.prompt)[-1]}</response>"

    return answer


def in_flight(journal: Path) -> set[str]:
    """Return the calls that were begun and whose outcome is not recorded, by a copy: the journal stays as it is."""
    with TemporaryDirectory() as folder:
        for file in journal.parent.glob(f"{journal.name}*"):
            if not file.name.endswith("-shm"):
                shutil.copy(file, folder)
        with closing(sqlite3.connect(Path(folder, journal.name))) as copy:
            return {call for (call,) in copy.execute(_IN_FLIGHT)}


@dataclass
class BatchCrash:
    """A batch that is killed, as often as a test wants."""

    simulator: SimulatorThread
    folder: Path
    forge: Forge
    rows: int
    subtasks: int
    concurrency: int
    options: tuple[str, ...] = ()
    open_at_kills: int = 0
    """Calls that were not delivered when the process was killed, over all kills."""
    lost: set[str] = field(default_factory=set[str])
    """Calls that the journal had begun, and no outcome of, at some kill."""
    kills: int = 0
    _seen: int = 0

    def __post_init__(self) -> None:
        lines = "".join(f"cup{number}\n" for number in range(self.rows))
        (self.folder / "table.csv").write_text(f"name\n{lines}")

    @property
    def output(self) -> Path:
        """Where the results go."""
        return self.folder / "out.csv"

    @property
    def needed(self) -> int:
        """How many calls are needed: for each row a plan, its texts and a synthesis."""
        return self.rows * (2 + self.subtasks)

    @property
    def left_behind(self) -> list[Path]:
        """Files that are no output yet."""
        return list(self.folder.glob(".*.part"))

    @property
    def asked_again(self) -> int:
        """How many calls more than were needed; a request that a kill cut off before it was read asked nothing."""
        return sum(call.digest != "" for call in self.simulator.calls) - self.needed

    def start(self, script: str = "") -> Command:
        """Type the command, always the same."""
        arguments = ["batch", "table.csv", "--task", "Describe {name}", "-o", self.output.name, "--synthesize", "merge"]
        model = ("--model", MODEL, "--base-url", self.simulator.openai_url, "--concurrency", f"{self.concurrency}")
        return self.forge.start(
            [*arguments, *model, *self.options], environ=environ(self.folder), folder=self.folder, script=script
        )

    def kill(self, command: Command) -> None:
        """Kill it and count what was in flight."""
        command.kill()
        done = command.finish()
        assert done.code == -9, done.err
        self._count_what_was_lost()

    def kill_after(self, answers: int) -> Ended | None:
        """Run it until so many more answers went out and kill it; return how it ended when there are not so many."""
        with self._journal() if self.kills else nullcontext() as journal:
            left = self.needed - (journal.execute(_SETTLED).fetchone()[0] if journal else 0)
        if answers > left:
            return self.complete()
        command = self.start()
        try:
            self.simulator.until(lambda calls: self._delivered(calls) >= answers)
        finally:
            command.kill()
            done = command.finish()
        if done.code != -9:
            return done
        self._count_what_was_lost()
        return None

    def _count_what_was_lost(self) -> None:
        self.kills += 1
        self.open_at_kills += sum(not call.delivered for call in self.simulator.calls[self._seen :])
        self._seen = len(self.simulator.calls)
        self.lost |= in_flight(self.folder / "journal.db")

    def kill_held(self, script: Script, role: str) -> None:
        """Run it until every place is taken by a held call of a role and all else is recorded; then kill it."""
        self.simulator.play_script(script)
        command = self.start()
        try:
            self.simulator.until(lambda calls: self._held(calls[self._seen :], role) == self.concurrency)
            self._until_recorded()
        finally:
            self.kill(command)

    def complete(self) -> Ended:
        """Type the command with a provider that is well again, and return how it ended."""
        self.simulator.play_script(Script())
        return self.start().finish()

    def lines(self) -> list[dict[str, str]]:
        """Return the lines of the output."""
        with self.output.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def check(self, done: Ended) -> None:
        """Every row is there once, whole, in order; nothing else is in the folder; no finished call was made again."""
        assert done.code == 0, done.err
        parts = [f"by angle {chr(ord('a') + part)}" for part in range(self.subtasks)]
        names = [f"cup{number}" for number in range(self.rows)]
        wanted = [(name, text) for name in names for text in (*(f"{name} {p}" for p in parts), f"all of {name}")]
        assert [(line["name"], line["text"]) for line in self.lines()] == wanted
        assert {line["row_status"] for line in self.lines()} == {"complete"}
        assert not self.left_behind
        with self._journal() as journal:
            assert journal.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert journal.execute(_SETTLED).fetchone() == (self.needed,)

    def _delivered(self, calls: Sequence[CallRecord]) -> int:
        return sum(call.delivered for call in calls[self._seen :])

    def _held(self, calls: Sequence[CallRecord], role: str) -> int:
        return sum(call.end == "open" and call.role == role for call in calls)

    def _until_recorded(self) -> None:
        """Return once the journal has every answer that went out."""
        delivered = sum(call.delivered for call in self.simulator.calls)
        with self._journal() as journal:
            while journal.execute(_SETTLED).fetchone() != (delivered,):
                time.sleep(0.005)

    def _journal(self) -> closing[sqlite3.Connection]:
        return closing(sqlite3.connect(self.folder / "journal.db", timeout=30))
