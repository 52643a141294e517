"""Measures rows a second and memory of a batch over sockets; `python -m benchmarks.batch_rows 2000` prints one."""

import argparse
import asyncio
import gc
import json
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.batch import simulator
from benchmarks.hosting import child
from stretto.journal import open_journal


def measure_batches(sizes: tuple[int, ...]) -> list[dict[str, Any]]:
    """Return rows, seconds, CPU seconds and peak MB for each size, each in a process of its own."""
    return [child("benchmarks.batch_rows", str(rows)) for rows in sizes]


async def _run(rows: int) -> dict[str, Any]:
    gc.freeze()  # As the command does.
    with tempfile.TemporaryDirectory() as folder, simulator(Path(folder), 10) as bench:
        async with open_journal(bench.folder / "journal.db") as journal:
            began = time.perf_counter()
            cpu = await bench.run(0, rows, journal)
            wall = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rows": rows, "seconds": wall, "cpu": cpu, "peak": peak}


def main() -> None:
    """Run one batch and print its figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.batch_rows", description=__doc__)
    parser.add_argument("rows", type=int)
    print(json.dumps(asyncio.run(_run(parser.parse_args().rows))))


if __name__ == "__main__":
    main()
