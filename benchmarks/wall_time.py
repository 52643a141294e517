"""Measures wall time and the time to the first finished text, contender beside contender."""

import json
import os
import statistics
import subprocess
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.contenders import PEERS, Contender, interpreter
from benchmarks.hosting import provider
from benchmarks.workload import HANGING_SECONDS, Lengths, Workload


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """One workload for several contenders."""

    workload: Workload
    limit: int | None
    """Calls at a time; None for no limit."""
    contenders: Sequence[Contender]
    turns: int
    """Runs of each contender that count; one before them does not."""

    @property
    def title(self) -> str:
        """What it is called in tables."""
        lengths: dict[Lengths, str] = {"even": "even texts", "long_tailed": "long-tailed texts"}
        at_once = "no limit" if self.limit is None else f"{self.limit} at a time"
        title = f"N = {self.workload.subtasks}, {lengths[self.workload.lengths]}, {at_once}"
        if self.workload.hanging:
            title += f", one answer hangs for {HANGING_SECONDS:.0f} s"
        return title if self.workload.speed == 1 else f"{title} ({self.workload.speed:g} times as fast)"


@dataclass(slots=True)
class _Process:
    """A contender's script, ready for a run."""

    process: subprocess.Popen[str]

    def run(self) -> dict[str, float]:
        """Have it run once; return its wall seconds and CPU seconds."""
        assert self.process.stdin is not None
        self.process.stdin.write("run\n")
        self.process.stdin.flush()
        return json.loads(self._line())

    def _line(self) -> str:
        assert self.process.stdout is not None
        while line := self.process.stdout.readline():
            if line.startswith(("{", "ready")):
                return line
        raise RuntimeError(f"The script ended with {self.process.wait()}.")

    def wait_until_ready(self) -> None:
        """Return once its libraries are loaded."""
        self._line()


@contextmanager
def _started(contender: Contender, python: Path, url: str, comparison: Comparison) -> Iterator[_Process]:
    environment = os.environ | {
        "OPENAI_API_KEY": "any",
        "OPENAI_BASE_URL": f"{url}/v1",
        "BENCH_SUBTASKS": str(comparison.workload.subtasks),
        "BENCH_LIMIT": str(comparison.limit or 0),
        **contender.environment,
    }
    command = [str(python), str(PEERS / f"{contender.script}.py")]
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        started = _Process(process)
        started.wait_until_ready()
        yield started
    finally:
        process.kill()
        process.communicate()


def _calls(url: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{url}/_calls") as answer:
        return json.load(answer)["calls"]


def _measure(process: _Process, url: str, subtasks: int) -> dict[str, float]:
    """Run once; the first finished text is read off the provider's own log, the same way for everybody."""
    before = len(_calls(url))
    ran = process.run()
    calls = _calls(url)[before:]
    if ran["texts"] != subtasks:
        raise RuntimeError(f"{ran['texts']:.0f} texts instead of {subtasks}.")
    workers = [call["ended_at"] for call in calls[1:] if call["end"] == "delivered"]
    return {"wall": ran["wall"], "cpu": ran["cpu"], "first": min(workers) - calls[0]["at"], "calls": len(calls)}


def compare(comparison: Comparison) -> dict[str, Any]:
    """Run every contender in turn, as often as asked; return figures by contender, and who could not run and why."""
    figures: dict[str, list[dict[str, float]]] = {}
    absent: dict[str, str] = {}
    with ExitStack() as stack:
        url = stack.enter_context(provider(comparison.workload))
        processes: dict[str, _Process] = {}
        for contender in comparison.contenders:
            try:
                python = interpreter(contender)
                process = stack.enter_context(_started(contender, python, url, comparison))
            except (subprocess.CalledProcessError, RuntimeError) as error:
                absent[contender.name] = _reason(error)
            else:
                processes[contender.name] = process
        with ThreadPoolExecutor() as threads:  # What is done once for a process is not to count.
            list(threads.map(_Process.run, processes.values()))
        for turn in range(comparison.turns):
            # Each turn begins with another contender, so that none always follows the same one.
            names = list(processes)
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                figures.setdefault(name, []).append(_measure(processes[name], url, comparison.workload.subtasks))
    return {
        "title": comparison.title,
        "early_bound": comparison.workload.early_bound(comparison.limit),
        "barrier_bound": comparison.workload.barrier_bound(comparison.limit),
        "runs": figures,
        "absent": absent,
    }


def _reason(error: Exception) -> str:
    said = error.stderr if isinstance(error, subprocess.CalledProcessError) else str(error)
    return (said or str(error)).strip().splitlines()[-1]


def median(runs: Sequence[dict[str, float]], key: str) -> float:
    """Return the median of one figure."""
    return statistics.median(run[key] for run in runs)
