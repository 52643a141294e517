"""Prints how much of a rate limit is used, and how many calls it refuses: `python -m benchmarks.limits`.

Two hundred workers, a limit of 20 requests a second, the provider's SDK over a socket to a process of its own.
"""

import argparse
import asyncio
import logging

from rich.console import Console
from rich.table import Table

from tests.limits.bucket import RATE, WORKERS, serve

BURSTS = (1, 2, 5, 20, 40)
SETTLED = 4.0


async def main(turns: int) -> None:
    """Print a row for each size of the bucket; each figure of every turn."""
    logging.disable(logging.WARNING)  # Each refusal is one.
    table = Table(
        caption=f"From {SETTLED:.0f} s after the first call until ten are left; no headers that say what is left."
    )
    for title in ("let through at once", "a second", "refused", "a second, silent", "refused, silent"):
        table.add_column(title, justify="right")
    for burst in BURSTS:
        cells = list[str]()
        for says_when in (True, False):
            served = [await serve("chat", burst=burst, says_when=says_when, headers=False) for _ in range(turns)]
            assert all(len(one.result.results) == WORKERS for one in served)
            cells.append("  ".join(f"{one.rate(SETTLED):.1f}" for one in served))
            cells.append("  ".join(f"{one.refused(SETTLED):.1%}" for one in served))
        table.add_row(str(burst), *cells)
    Console(width=110).print(f"{WORKERS} workers, a limit of {RATE:.0f} calls a second.", table, sep="\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.limits", description=__doc__)
    parser.add_argument("--turns", type=int, default=3, help="how often each is measured")
    asyncio.run(main(parser.parse_args().turns))
