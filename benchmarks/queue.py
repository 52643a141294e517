"""What a batch takes on the queue: rows put in a second, CPU of a worker for each row and call.

Run it with `make bench-queue`; `python -m benchmarks.queue 5000` takes another number of rows.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.journal.servers import postgres, schema_url
from tests.simulator import SimulatorProcess

STRETTO = str(Path(sys.executable).with_name("stretto"))


def cpu_of(process: psutil.Process) -> float:
    """Return the seconds of CPU that a process has used."""
    times = process.cpu_times()
    return times.user + times.system


def main(rows: int) -> None:
    """Print the figures of one batch, after a small one that warms everything up."""
    with postgres() as server, SimulatorProcess("--speed", "inf") as simulator, tempfile.TemporaryDirectory() as folder:
        url = schema_url(server)
        environ = os.environ | {"OPENAI_API_KEY": "any", "STRETTO_DATA_DIR": folder}

        def batch(name: str, number: int, *options: str) -> float:
            table = Path(folder) / f"{name}.csv"
            table.write_text("name\n" + "".join(f"{name} {place}\n" for place in range(number)))
            command = [STRETTO, "batch", str(table), "--task", "Describe {name}", "--model", "openai-chat:gpt-5.2"]
            command += ["--base-url", simulator.openai_url, "--queue", url, *options]
            began = time.monotonic()
            subprocess.run(command, env=environ, check=True, capture_output=True)
            return time.monotonic() - began

        empty = batch("start", 1)
        put_in = batch("cup", rows) - empty
        print(f"put in: {rows / put_in:,.0f} rows a second, the start of the command taken off")
        worker = subprocess.Popen([STRETTO, "worker", "--queue", url], env=environ, stderr=subprocess.DEVNULL)
        watched = psutil.Process(worker.pid)
        batch("warm", 50, "-o", f"{folder}/warm-out.csv", "--priority", "1")
        before, calls_before, began = cpu_of(watched), len(simulator.summary()["calls"]), time.monotonic()
        batch("cup", rows, "-o", f"{folder}/out.csv")
        seconds, cpu = time.monotonic() - began, cpu_of(watched) - before
        calls = len(simulator.summary()["calls"]) - calls_before
        print(f"worked off: {rows:,} rows, {calls:,} calls in {seconds:.1f} s, one worker, a provider without latency")
        print(f"a worker's CPU: {1000 * cpu / rows:.1f} ms a row, {1000 * cpu / calls:.1f} ms a call")
        print(f"a worker's memory: {watched.memory_info().rss / 2**20:.0f} MiB")
        worker.terminate()
        worker.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int, nargs="?", default=1_000)
    main(parser.parse_args().rows)
