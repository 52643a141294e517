"""pydantic-ai: a planning agent with a structured output, then a worker agent for each part, gathered."""

import asyncio

from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput
from runner import LIMIT, MODEL, TASK, WORKER_PROMPT, serve


class Part(BaseModel):
    """One part."""

    type: str
    description: str


class Plan(BaseModel):
    """All parts."""

    analysis: str
    tasks: list[Part]


planner = Agent(f"openai-chat:{MODEL}", output_type=NativeOutput(Plan))
worker = Agent(f"openai-chat:{MODEL}")
places = asyncio.Semaphore(LIMIT or 1_000_000)


async def work(part: Part) -> str:
    """Write one part."""
    async with places:
        answer = await worker.run(WORKER_PROMPT.format(task=TASK, type=part.type, description=part.description))
    return answer.output


async def run() -> int:
    """Plan, gather."""
    plan = (await planner.run(f"Break this task down into parts.\n\nTask: {TASK}")).output
    return len([text for text in await asyncio.gather(*(work(part) for part in plan.tasks)) if text])


serve(run)
