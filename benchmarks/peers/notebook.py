"""The way of the original notebook: one call for the plan, then one worker after the other, without streaming."""

import asyncio
import re

from openai import OpenAI
from runner import MODEL, PLAN_PROMPT, TASK, WORKER_PROMPT, serve

client = OpenAI()


def ask(prompt: str) -> str:
    """Ask once."""
    answer = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": prompt}])
    return answer.choices[0].message.content or ""


def process() -> int:
    """Plan, then loop."""
    plan = ask(PLAN_PROMPT.format(task=TASK))
    parts = re.findall(r"<task>\s*<type>(.*?)</type>\s*<description>(.*?)</description>", plan, re.DOTALL)
    texts = [ask(WORKER_PROMPT.format(task=TASK, type=kind, description=text)) for kind, text in parts]
    return len([text for text in texts if text])


async def run() -> int:
    """Run it as the notebook does: blocking."""
    return await asyncio.to_thread(process)


serve(run)
