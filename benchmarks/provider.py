"""Runs the simulated provider with a workload's answers: `python -m benchmarks.provider --subtasks 10`."""

import argparse
import asyncio
import contextlib
import math
import signal
from dataclasses import replace

from benchmarks.workload import TIMING, Workload
from tests.simulator.server import Simulator


async def _serve(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    workload = Workload(subtasks=options.subtasks, lengths=options.lengths, seed=options.seed)
    async with Simulator(timing=replace(TIMING, speed=options.speed), answers=workload.answer) as simulator:
        print(simulator.url, flush=True)
        await stop.wait()


def main() -> None:
    """Print the address, then serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.provider", description=__doc__)
    parser.add_argument("--subtasks", type=int, default=3)
    parser.add_argument("--lengths", choices=("even", "long_tailed"), default="even")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--speed", type=float, default=1.0, help="how much faster; inf does not wait")
    options = parser.parse_args()
    if math.isnan(options.speed) or options.speed <= 0:
        parser.error(f"--speed must be above 0, got {options.speed}.")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(options))


if __name__ == "__main__":
    main()
