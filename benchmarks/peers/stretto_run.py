"""stretto: `Orchestrator.run`, with the journal that BENCH_JOURNAL names."""

import contextlib
import os
from collections.abc import AsyncIterator

from runner import LIMIT, MODEL, SUBTASKS, TASK, URL, serve

from stretto import Orchestrator
from stretto.journal import open_journal

JOURNAL = os.environ.get("BENCH_JOURNAL", "")
"""A path or an address; empty for the memory of the process."""


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
            checks=[],
            journal=journal,
        )


async def run() -> int:
    """Run it once."""
    async with opened() as orchestrator:
        result = await orchestrator.run(TASK)
    return len([one for one in result.results if one.text])


serve(run)
