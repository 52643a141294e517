"""What each contender's script shares: one run for each line on stdin, its time as a JSON line on stdout.

Standard library only: it is loaded in the contender's own virtual environment.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable

TASK = "Divide this brief into parts and write a text for each: a travel mug of steel for commuters, leakproof, 12 oz."
MODEL = "gpt-4.1-mini"
URL = os.environ.get("OPENAI_BASE_URL", "")
SUBTASKS = int(os.environ.get("BENCH_SUBTASKS", "3"))
LIMIT = int(os.environ.get("BENCH_LIMIT", "0")) or None
"""Calls at a time; None for no limit."""

PLAN_PROMPT = """Analyze this task and break it down into parts.

Task: {task}

Return your answer in this form:

<analysis>
which parts are worth having, and why
</analysis>

<tasks>
<task>
<type>name</type>
<description>what to write</description>
</task>
</tasks>"""
WORKER_PROMPT = """Write the text for one part of this task.

Task: {task}
Style: {type}
Guidelines: {description}

Return your answer in this form:

<response>
the text
</response>"""


def serve(run: Callable[[], Awaitable[int]]) -> None:
    """Carry out one run a line until stdin ends; `run` returns how many texts it got."""
    asyncio.run(_serve(run))


async def _serve(run: Callable[[], Awaitable[int]]) -> None:
    loop = asyncio.get_running_loop()
    print("ready", flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        cpu, began = time.process_time(), time.perf_counter()
        texts = await run()
        wall, spent = time.perf_counter() - began, time.process_time() - cpu
        print(json.dumps({"wall": wall, "cpu": spent, "texts": texts}), flush=True)
