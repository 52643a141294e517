"""Kills a command with SIGKILL at a chosen moment, has it resumed, and keeps what both of them said."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.forge import Command, Ended, Forge
from tests.simulator import Fault, Hold, Script, SimulatorThread
from tests.simulator.answers import DefaultAnswers, plan_text
from tests.simulator.tokens import count_tokens

MODEL = "openai-chat:gpt-5.2"
TASK = "Describe the steel bottle"

Line = Mapping[str, Any]
"""An event as `--json` writes it."""


def environ(folder: Path) -> dict[str, str]:
    """Return a command's environment in which its journal is in this folder, and a key is there."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("STRETTO_", "OPENAI_"))}
    return kept | {"STRETTO_DATA_DIR": str(folder), "STRETTO_CONFIG_DIR": str(folder), "OPENAI_API_KEY": "any"}


def held(role: str, *, after_tokens: int | None = None, skip: int = 0) -> Script:
    """Return a script in which calls of a role stop in the middle and never go on."""
    return Script((Fault(effects=(Hold(name="held", after_tokens=after_tokens),), role=role, skip=skip),))


def tokens_until(sealed: int, subtasks: int) -> int:
    """Return how much of a plan has been said when so many of its subtasks are closed."""
    text = plan_text(SimpleNamespace(last="", schema=None, prompt="<task>"), subtasks)  # type: ignore[arg-type]
    return count_tokens("</task>".join(text.split("</task>")[:sealed]) + "</task>") + 1


@dataclass
class Crash:
    """One run that is killed, and its resume."""

    simulator: SimulatorThread
    folder: Path
    """With the journal in it."""
    forge: Forge
    journal: str = ""
    """Where it is kept, unless in the folder."""
    seen: list[Line] = field(default_factory=list)
    """What was said before the kill."""
    calls_before: int = 0
    open_at_kill: int = 0

    @property
    def environ(self) -> dict[str, str]:
        """The command's environment: a journal of its own, and a key."""
        return environ(self.folder) | ({"STRETTO_JOURNAL": self.journal} if self.journal else {})

    @property
    def run_id(self) -> str:
        """The killed run's."""
        return self.seen[0]["run_id"]

    def run_and_kill(self, until: Callable[[Sequence[Line]], object], *options: str, **how: Any) -> None:
        """Run the task until what it said and what the provider was asked are so; then kill it. See below for `how`."""
        arguments = ["run", TASK, "--model", MODEL, "--base-url", self.simulator.openai_url, "--synthesize", "merge"]
        self.carry_out_and_kill([*arguments, "--json", *options], until, **how)

    def carry_out_and_kill(
        self,
        arguments: Sequence[str],
        until: Callable[[Sequence[Line]], object],
        *,
        script: str = "",
        called: Callable[[Any], object] = bool,
        ended: bool = False,
        meanwhile: Callable[[], object] = lambda: None,
    ) -> None:
        """Do the same with any command that writes events.

        `ended` says that it may have come to its end before the signal reached it; `meanwhile` is done before the kill.
        """
        process = self.start(*arguments, script=script)
        try:
            for line in process.out:
                self.seen.append(json.loads(line))
                if until(self.seen):
                    break
            self.simulator.until(called)
            meanwhile()
        finally:
            process.kill()
            # What was on its way through the pipe was said, too.
            done = process.finish()
        self.seen += [json.loads(line) for line in done.out.splitlines(keepends=True) if line.endswith("\n")]
        assert done.code == -9 or (ended and done.code == 0), done.err
        self.calls_before = len(self.simulator.calls)
        self.open_at_kill = sum(not call.delivered for call in self.simulator.calls)

    def start(self, *arguments: str, script: str = "") -> Command:
        """Start a command, or a script that has its arguments."""
        return self.forge.start(arguments, environ=self.environ, folder=self.folder, script=script)

    def ask(self, *arguments: str) -> Ended:
        """Run another command beside it."""
        return self.start(*arguments).finish()

    def resume(self, *options: str) -> Mapping[str, Any]:
        """Resume it with a provider that is well again, and return the result."""
        self.simulator.play_script(Script())
        done = self.ask("resume", self.run_id, "--json", *options)
        assert done.code == 0, done.err
        last = json.loads(done.out.splitlines()[-1])
        assert last["kind"] == "run_completed"
        return last["result"]

    def finished(self) -> dict[str, str]:
        """Return the texts that were said to be finished before the kill, by subtask."""
        events = [event for event in self.seen if event["kind"] == "worker_completed"]
        return {event["result"]["subtask"]["id"]: event["result"]["text"] for event in events}

    def asked_again(self) -> int:
        """Return how many calls of the resume ask what was asked before the kill."""
        calls = self.simulator.calls
        before = {call.digest for call in calls[: self.calls_before]}
        return sum(call.digest in before for call in calls[self.calls_before :])


def simulate(seed: int, script: Script) -> tuple[SimulatorThread, int]:
    """Return a provider, and how many subtasks its plans have."""
    subtasks = 3 + seed % 4
    return SimulatorThread(script=script, answers=DefaultAnswers(seed=seed, subtasks=subtasks)), subtasks


def count(lines: Sequence[Line], kind: str) -> int:
    """Return how many events of a kind there are."""
    return sum(line["kind"] == kind for line in lines)
