"""stretto: `Orchestrator.run`, with the journal that BENCH_JOURNAL names, and as BENCH_HEDGE and BENCH_ANALYSIS say."""

import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import replace

from runner import LIMIT, MODEL, SUBTASKS, TASK, URL, serve

from stretto import Orchestrator
from stretto.journal import open_journal
from stretto.recipes import load_recipe

JOURNAL = os.environ.get("BENCH_JOURNAL", "")
"""A path or an address; empty for the memory of the process."""
HEDGE = os.environ.get("BENCH_HEDGE", "") == "1"
RECIPE = replace(load_recipe("product-copy"), analysis=os.environ.get("BENCH_ANALYSIS", "first"))
"""BENCH_ANALYSIS: first or last."""


@contextlib.asynccontextmanager
async def opened() -> AsyncIterator[Orchestrator]:
    """Give an orchestrator over the journal."""
    async with contextlib.AsyncExitStack() as stack:
        journal = await stack.enter_async_context(open_journal(JOURNAL)) if JOURNAL else None
        yield Orchestrator(
            model=f"openai-chat:{MODEL}",
            base_url=URL,
            keys={"OPENAI_API_KEY": "any"},
            concurrency=LIMIT or 1_000,
            subtasks=(1, SUBTASKS),
            max_subtasks=SUBTASKS,
            recipe=RECIPE,
            hedge=HEDGE,
            checks=[],
            journal=journal,
        )


async def run() -> int:
    """Run it once."""
    async with opened() as orchestrator:
        result = await orchestrator.run(TASK)
    return len([one for one in result.results if one.text])


serve(run)
