"""By hand on OpenAI's SDK: a loop that starts a worker as soon as its part has streamed in, and nothing else."""

import asyncio
import re

from openai import AsyncOpenAI
from runner import LIMIT, MODEL, PLAN_PROMPT, TASK, WORKER_PROMPT, serve

PART = re.compile(r"<task>\s*<type>(.*?)</type>\s*<description>(.*?)</description>\s*</task>", re.DOTALL)
client = AsyncOpenAI()
places = asyncio.Semaphore(LIMIT or 1_000_000)


async def work(kind: str, description: str) -> str:
    """Write one part."""
    prompt = WORKER_PROMPT.format(task=TASK, type=kind, description=description)
    async with places:
        answer = await client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": prompt}])
    return answer.choices[0].message.content or ""


async def run() -> int:
    """Start each part as it closes."""
    messages = [{"role": "user", "content": PLAN_PROMPT.format(task=TASK)}]
    rest, started = "", []
    stream = await client.chat.completions.create(model=MODEL, messages=messages, stream=True)
    async for chunk in stream:
        if not chunk.choices:
            continue
        rest += chunk.choices[0].delta.content or ""
        while part := PART.search(rest):
            rest = rest[part.end() :]
            started.append(asyncio.create_task(work(*part.groups())))
    return len([text for text in await asyncio.gather(*started) if text])


serve(run)
