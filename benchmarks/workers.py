"""Prints how much faster two workers finish a batch than one, and how little each has to do: no argument is needed."""

import csv
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.journal.servers import postgres, schema_url
from tests.simulator import SimulatorThread, Timing
from tests.simulator.answers import DefaultAnswers

LATENCY = 2.0
"""Seconds that each call takes."""
ROWS = 60
CONCURRENCY = 8
"""Calls at a time by one worker."""
CALLS_A_ROW = 3
MODEL = "openai-chat:gpt-5.2"


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """What it took so many workers to finish the batch."""

    workers: int
    seconds: float
    """From the first call to the last answer: what it takes to start is not counted."""
    cpu: float
    """Of one core that the busiest worker took in that time, from 0 to 1."""
    calls: int
    complete: int

    def __str__(self) -> str:
        return (
            f"{self.workers} at work: {self.seconds:5.1f} s   {100 * self.cpu:4.1f} % of a core each   "
            f"{self.calls} calls   {self.complete} rows complete"
        )


def measure(workers: int, url: str, folder: Path) -> Measure:
    """Have a batch of its own finished by so many worker processes."""
    table, output = folder / f"{workers}.csv", folder / f"{workers}-out.csv"
    table.write_text("name\n" + "".join(f"cup{n}\n" for n in range(ROWS)))
    environ = os.environ | {"OPENAI_API_KEY": "any", "STRETTO_CONFIG_DIR": str(folder), "STRETTO_DATA_DIR": str(folder)}
    answers, timing = DefaultAnswers(subtasks=CALLS_A_ROW - 1, words=(10, 20)), Timing(first_token=LATENCY)
    with SimulatorThread(answers=answers, timing=timing) as simulator, ExitStack() as stack:

        def start(*arguments: str) -> subprocess.Popen[bytes]:
            command = [str(Path(sys.executable).with_name("stretto")), *arguments, "--queue", url]
            process = stack.enter_context(subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL))
            stack.callback(process.kill)
            return process

        model = ("--model", MODEL, "--base-url", simulator.openai_url)
        submit = ("batch", str(table), "--task", "Describe {name}", *model)
        assert start(*submit).wait() == 0
        at_work = [start("worker", "--concurrency", f"{CONCURRENCY}") for _ in range(workers)]
        simulator.until(lambda calls: len(calls) >= 1)
        before = [_cpu(process.pid) for process in at_work]
        simulator.until(lambda calls: sum(call.delivered for call in calls) >= ROWS * CALLS_A_ROW, 300.0)
        took = [_cpu(process.pid) - earlier for process, earlier in zip(at_work, before, strict=True)]
        calls = simulator.calls
        seconds = max(call.ended_at or 0.0 for call in calls) - min(call.at for call in calls)
        assert start(*submit, "-o", str(output)).wait() == 0
        for process in at_work:
            process.terminate()
            process.wait()
    with output.open(encoding="utf-8-sig", newline="") as file:
        complete = {row["name"] for row in csv.DictReader(file) if row["row_status"] == "complete"}
    return Measure(workers=workers, seconds=seconds, cpu=max(took) / seconds, calls=len(calls), complete=len(complete))


def compare() -> tuple[Measure, Measure]:
    """Return what one worker took, and two."""
    with postgres() as server, tempfile.TemporaryDirectory() as folder:
        one, two = (measure(workers, schema_url(server), Path(folder)) for workers in (1, 2))
        return one, two


def _cpu(pid: int) -> float:
    """Return the seconds of a core that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    print(f"{ROWS} rows of {CALLS_A_ROW} calls at {LATENCY} s, {CONCURRENCY} calls at a time by a worker:")
    measures = compare()
    for each in measures:
        print(f"  {each}")
    print(f"  Two are {measures[0].seconds / measures[1].seconds:.2f} times as fast as one.")
