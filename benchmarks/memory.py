"""Measures the memory of many calls in flight: stretto's, beside the same calls gathered on the bare SDK."""

import argparse
import asyncio
import json
import resource
from typing import Any

from openai import AsyncOpenAI

from benchmarks.hosting import child, provider
from benchmarks.workload import Workload
from stretto import Orchestrator, Plan, Subtask

MODEL = "gpt-4.1-mini"
CALLS = 1_000


def measure_memory() -> dict[str, Any]:
    """Return the peak in MB above what is there before the first call, by way."""
    with provider(Workload(subtasks=1)) as url:
        return {way: child("benchmarks.memory", way, f"{url}/v1") for way in ("OpenAI SDK", "stretto")}


async def _gathered(url: str) -> None:
    async with AsyncOpenAI(api_key="any", base_url=url, max_retries=0) as client:
        asked = [
            client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": f"Part 1: {n}."}])
            for n in range(CALLS)
        ]
        assert all(answer.choices[0].message.content for answer in await asyncio.gather(*asked))


async def _stretto(url: str) -> None:
    orchestrator = Orchestrator(
        model=f"openai-chat:{MODEL}",
        base_url=url,
        keys={"OPENAI_API_KEY": "any"},
        checks=[],
        concurrency=CALLS,
        max_subtasks=CALLS,
    )
    plan = Plan(subtasks=tuple(Subtask(type="one", description=f"Part 1: {n}.") for n in range(CALLS)))
    result = await orchestrator.run("Write.", plan=plan)
    assert result.status == "complete", result.shortfall


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Make the calls one way and print the peak memory before and after as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("way", choices=("OpenAI SDK", "stretto"))
    parser.add_argument("url")
    options = parser.parse_args()
    before = _peak()
    asyncio.run((_stretto if options.way == "stretto" else _gathered)(options.url))
    print(json.dumps({"before": before, "peak": _peak(), "calls": CALLS}))


if __name__ == "__main__":
    main()
