"""Prints what the shared prefix saves against the naive layout: `python -m benchmarks.cache`."""

import asyncio

from rich.console import Console
from rich.table import Table

from tests.cache.scenario import GUIDE_TOKENS, SCENARIOS, WORKERS, Outcome, Scenario, play


async def main() -> None:
    """Play every scenario in both layouts and print a table."""
    table = Table(caption="Naive: the role's instructions first, the context after them, nothing marked.")
    table.add_column("models")
    for title in ("workers that read it", "read", "written", "cost", "naive cost", "saved"):
        table.add_column(title, justify="right")
    for scenario in SCENARIOS:
        table.add_row(*await _row(scenario))
    Console(width=110).print(
        f"One plan, {WORKERS} workers, one synthesis, a brand guide of {GUIDE_TOKENS:,} tokens.",
        "Tokens as the simulated provider reports them, at list prices.",
        table,
        sep="\n",
    )


async def _row(scenario: Scenario) -> list[str]:
    ours, naive = await play(scenario), await play(scenario, naive=True)
    usage = ours.result.usage
    saved = 1 - ours.result.cost.usd / naive.result.cost.usd
    return [
        scenario.title,
        f"{_readers(ours)} of {WORKERS}",
        f"{usage.cache_read_tokens:,}",
        f"{usage.cache_write_tokens:,}",
        str(ours.result.cost),
        str(naive.result.cost),
        f"{saved:.0%}",
    ]


def _readers(outcome: Outcome) -> int:
    return sum(call.cached_tokens >= GUIDE_TOKENS for call in outcome.of("worker"))


if __name__ == "__main__":
    asyncio.run(main())
