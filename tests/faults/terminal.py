"""Types commands: the real command line in this process, its event loop one that does not wait and has the provider."""

import asyncio
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import anyio

from stretto.core.models import Role
from stretto.faces.cli import main
from stretto.faces.cli.sessions import run_session as run_session
from stretto.faces.cli.views.plain_progress import PlainProgress
from tests.faults.clock import LeapingLoop
from tests.faults.stage import DESCRIPTIONS, FOREVER, KEYS, OTHER, PATHS, SPECS, TASK, Recorder, script_of
from tests.faults.table import Place, Row
from tests.simulator import UNRESOLVABLE_URL, CallRecord, Simulator, refusing_url
from tests.simulator.asked import ProtocolName

_URL_NAMES: Mapping[ProtocolName, str] = {
    "anthropic": "ANTHROPIC_BASE_URL",
    "chat": "OPENAI_BASE_URL",
    "responses": "OPENAI_BASE_URL",
    "gemini": "GOOGLE_GEMINI_BASE_URL",
}
_MODEL_OPTIONS: Mapping[Role, str] = {
    "orchestrator": "--model",
    "worker": "--worker-model",
    "synthesis": "--synthesis-model",
}


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a command left behind."""

    code: int
    out: str
    err: str
    calls: Sequence[CallRecord]
    """Those that arrived at the server."""

    def asked(self, role: Role, text: str = "") -> int:
        """Return how many calls of a role had a text in their prompt."""
        return sum(call.role == role and text in json.dumps(call.body) for call in self.calls)

    def lines(self, beginning: str) -> list[str]:
        """Return what was said on stderr in lines that begin so."""
        return [line for line in self.err.splitlines() if line.startswith(beginning)]


class _Stream(io.TextIOWrapper):
    """Takes what is printed, in the encoding of most terminals."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    @property
    def text(self) -> str:
        """What was printed."""
        self.seek(0)
        return self.read()


@dataclass(frozen=True)
class Terminal:
    """A place to type commands at, and a provider that their models talk to."""

    runner: asyncio.Runner
    sim: Simulator
    folder: Path
    """Holds the user's journal, and the plans that are given."""

    def play(self, row: Row, protocol: ProtocolName) -> Shown:
        """Type the command that meets a row's fault."""
        self.sim.play_script(script_of(row))
        return self.type(*self._command(row, protocol), place=row.place, struck=protocol, watched=row.streamed)

    def _command(self, row: Row, protocol: ProtocolName) -> Iterator[str]:
        yield from ("run", TASK, "--timeout", str(row.timeout))
        if row.place:  # Only the model of the role that is struck is at an address where nobody is.
            yield from ("--model", SPECS[OTHER[protocol]])
        yield from (_MODEL_OPTIONS[row.role] if row.place else "--model", SPECS[protocol])
        if protocol == "openrouter":  # No variable names its address.
            yield from ("--base-url", self.sim.url + PATHS[protocol])
        if descriptions := DESCRIPTIONS[row.role]:
            plan = self.folder / f"{row.role}.json"
            subtasks = [{"type": text.split()[3], "description": text} for text in descriptions]
            plan.write_text(json.dumps({"subtasks": subtasks}), encoding="utf-8")
            yield from ("--plan", str(plan))
        if row.role == "synthesis":
            yield from ("--synthesize", "merge")
        if row.others == "stopped":
            yield from ("--concurrency", "1")

    def type(
        self, *arguments: str, place: Place | None = None, struck: ProtocolName | None = None, watched: bool = False
    ) -> Shown:
        """Run a command; `watched` has the texts come in pieces, as they do where a terminal shows them grow."""
        first = len(self.sim.calls)
        out, err = _Stream(), _Stream()
        environment = self._environment(place, struck)
        with (
            patch.dict(os.environ, environment),
            patch.object(anyio, "run", lambda main, *given: self.runner.run(main(*given))),
            # A picture that moves would be drawn ten times a second, for as long as is waited.
            patch.multiple(PlainProgress, moving=watched),
            patch.multiple(run_session, TICK=FOREVER),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            code = main(arguments)
        self.runner.run(self.sim.until(lambda calls: all(call.end != "open" for call in calls)))
        return Shown(code=code, out=out.text, err=err.text, calls=self.sim.calls[first:])

    def _environment(self, place: Place | None, struck: ProtocolName | None) -> dict[str, str]:
        urls = {name: self.sim.url + PATHS.get(protocol, "") for protocol, name in _URL_NAMES.items()}
        if place and struck:
            nobody = {"unresolvable": UNRESOLVABLE_URL, "refusing": refusing_url(), "tls": self.sim.tls_url}[place]
            urls[_URL_NAMES[struck]] = nobody + PATHS.get(struck, "")
        own = {"STRETTO_CONFIG_DIR": str(self.folder), "STRETTO_DATA_DIR": str(self.folder)}
        return {**KEYS, **urls, **own}


@contextmanager
def open_terminal(folder: Path) -> Iterator[Terminal]:
    """Start the provider, in the loop that every command is going to run in."""
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        sim = Simulator(answers=Recorder(), clock=runner.get_loop().time)
        runner.run(sim.__aenter__())
        try:
            yield Terminal(runner, sim, folder)
        finally:
            runner.run(sim.__aexit__())
