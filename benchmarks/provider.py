"""Runs the simulated provider with a workload's answers: `python -m benchmarks.provider --subtasks 10`."""

import argparse
import asyncio
import contextlib
import math
import signal
from dataclasses import replace

from benchmarks.workload import TIMING, Workload
from tests.simulator.answers import Answer
from tests.simulator.asked import Asked
from tests.simulator.server import Simulator


class _Answers:
    """A workload's answers, with one that hangs the first time that it is asked for after each plan."""

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self._hangs = workload.hanging > 0

    def __call__(self, asked: Asked) -> Answer:
        if asked.role == "orchestrator":
            self._hangs = self._workload.hanging > 0
        elif self._hangs and self._workload.is_hanging(asked):
            self._hangs = False
            return self._workload.hanging_answer()
        return self._workload.answer(asked)


async def _serve(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    workload = Workload(subtasks=options.subtasks, lengths=options.lengths, seed=options.seed, hanging=options.hanging)
    async with Simulator(timing=replace(TIMING, speed=options.speed), answers=_Answers(workload)) as simulator:
        print(simulator.url, flush=True)
        await stop.wait()


def main() -> None:
    """Print the address, then serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.provider", description=__doc__)
    parser.add_argument("--subtasks", type=int, default=3)
    parser.add_argument("--lengths", choices=("even", "long_tailed"), default="even")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--hanging", type=int, default=0, help="number of the part that hangs once in each run")
    parser.add_argument("--speed", type=float, default=1.0, help="how much faster; inf does not wait")
    options = parser.parse_args()
    if math.isnan(options.speed) or options.speed <= 0:
        parser.error(f"--speed must be above 0, got {options.speed}.")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(options))


if __name__ == "__main__":
    main()
