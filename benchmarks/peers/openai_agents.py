"""OpenAI's Agents SDK: a planning agent with an output type, then a worker agent for each part, gathered."""

import asyncio

from agents import Agent, OpenAIChatCompletionsModel, Runner, set_tracing_disabled
from openai import AsyncOpenAI
from pydantic import BaseModel
from runner import LIMIT, MODEL, TASK, WORKER_PROMPT, serve


class Part(BaseModel):
    """One part."""

    type: str
    description: str


class Plan(BaseModel):
    """All parts."""

    analysis: str
    tasks: list[Part]


set_tracing_disabled(True)  # Traces would go to a server that is not there.
model = OpenAIChatCompletionsModel(model=MODEL, openai_client=AsyncOpenAI())
planner = Agent(name="planner", instructions="Break the task down into parts.", output_type=Plan, model=model)
worker = Agent(name="writer", instructions="Write the text that is asked for.", model=model)
places = asyncio.Semaphore(LIMIT or 1_000_000)


async def work(part: Part) -> str:
    """Write one part."""
    prompt = WORKER_PROMPT.format(task=TASK, type=part.type, description=part.description)
    async with places:
        return (await Runner.run(worker, prompt)).final_output


async def run() -> int:
    """Plan, gather."""
    plan = (await Runner.run(planner, TASK)).final_output
    return len([text for text in await asyncio.gather(*(work(part) for part in plan.tasks)) if text])


serve(run)
