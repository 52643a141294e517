"""Runs a simulated provider: `python -m tests.simulator --port 8765 --seed 7`."""

import argparse
import asyncio
import contextlib
import math
import signal
from pathlib import Path

from tests.simulator.answers import DefaultAnswers
from tests.simulator.bucket import Bucket
from tests.simulator.catalogue import FAULTS
from tests.simulator.faults import Script
from tests.simulator.scripts import ScriptError, read_script
from tests.simulator.server import Simulator
from tests.simulator.settings import Settings
from tests.simulator.timing import Timing


def main() -> None:
    """Print the address, then serve until interrupted."""
    parser = _parser()
    options = parser.parse_args()
    try:
        settings = _settings(options)
    except (OSError, ScriptError) as error:
        parser.error(str(error))
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with Simulator(settings) as simulator:
        print(simulator.url, flush=True)
        await stop.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulator", description="A simulated language model provider."
    )
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one (default)")
    parser.add_argument("--seed", type=int, default=0, help="what the answers depend on")
    parser.add_argument("--subtasks", type=int, default=3, help="subtasks of a plan")
    parser.add_argument("--words", type=int, nargs=2, default=(40, 120), help="fewest and most words of a text")
    parser.add_argument("--first-token", type=float, default=0.6, help="seconds to the first token")
    parser.add_argument("--tokens-per-second", type=float, default=80.0)
    parser.add_argument("--event-tokens", type=int, default=8, help="tokens in one event of a stream")
    parser.add_argument("--speed", type=float, default=1.0, help="how much faster than that; inf does not wait")
    parser.add_argument("--rate", type=float, help="requests a second that are let in, for each model")
    parser.add_argument("--burst", type=int, default=1, help="requests at once, with --rate")
    parser.add_argument("--silent", action="store_true", help="refusals with --rate do not say when to come back")
    parser.add_argument("--no-headers", action="store_true", help="answers with --rate do not say what is left")
    parser.add_argument("--key", help="the only key that is let in")
    parser.add_argument("--context-window", type=float, default=math.inf, help="input tokens that are let in")
    parser.add_argument("--script", type=Path, help="JSON file with faults; names: " + ", ".join(FAULTS))
    parser.add_argument("--log", type=Path, help="file that takes a JSON line for every change of a call")
    return parser


def _settings(options: argparse.Namespace) -> Settings:
    return Settings(
        script=read_script(options.script.read_text()) if options.script else Script(),
        timing=Timing(
            first_token=options.first_token,
            tokens_per_second=options.tokens_per_second,
            event_tokens=options.event_tokens,
            speed=options.speed,
        ),
        answers=DefaultAnswers(seed=options.seed, subtasks=options.subtasks, words=tuple(options.words)),
        bucket=_bucket(options) if options.rate else None,
        key=options.key,
        context_window=options.context_window,
        port=options.port,
        log_file=options.log,
    )


def _bucket(options: argparse.Namespace) -> Bucket:
    return Bucket(
        rate=options.rate, burst=options.burst, retry_after=not options.silent, headers=not options.no_headers
    )


if __name__ == "__main__":
    main()
