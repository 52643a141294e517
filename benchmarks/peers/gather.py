"""By hand with asyncio.gather on OpenAI's SDK: the plan, then all workers at once."""

import asyncio
import re

from openai import AsyncOpenAI
from runner import LIMIT, MODEL, PLAN_PROMPT, TASK, WORKER_PROMPT, serve

client = AsyncOpenAI()
places = asyncio.Semaphore(LIMIT or 1_000_000)


async def ask(prompt: str) -> str:
    """Ask once, without streaming."""
    answer = await client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": prompt}])
    return answer.choices[0].message.content or ""


async def work(kind: str, description: str) -> str:
    """Write one part."""
    async with places:
        return await ask(WORKER_PROMPT.format(task=TASK, type=kind, description=description))


async def run() -> int:
    """Plan, gather."""
    plan = await ask(PLAN_PROMPT.format(task=TASK))
    parts = re.findall(r"<task>\s*<type>(.*?)</type>\s*<description>(.*?)</description>", plan, re.DOTALL)
    return len([text for text in await asyncio.gather(*(work(*part) for part in parts)) if text])


serve(run)
