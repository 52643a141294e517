"""Measures the CPU of one call and of one streamed token, beside the bare SDK and bare pydantic-ai, over one socket."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

from openai import AsyncOpenAI
from pydantic_ai.direct import model_request, model_request_stream
from pydantic_ai.messages import ModelRequest
from pydantic_ai.models import Model
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from benchmarks.hosting import provider
from benchmarks.workload import TEXT_TOKENS, TIMING, Workload
from stretto import Orchestrator, Plan, Subtask

MODEL = "gpt-4.1-mini"
PROMPT = "Part 1: Write a text."
CALLS = 100
EVENTS = -(-TEXT_TOKENS // TIMING.event_tokens)
"""Events of text in one streamed answer."""

Ask = Callable[[], Awaitable[object]]


class _Callers:
    """The three ways to make the same calls."""

    def __init__(self, client: AsyncOpenAI, url: str) -> None:
        self._client = client
        self._model: Model = OpenAIChatModel(MODEL, provider=OpenAIProvider(openai_client=self._client))
        self._orchestrator = Orchestrator(
            model=f"openai-chat:{MODEL}",
            base_url=url,
            keys={"OPENAI_API_KEY": "any"},
            checks=[],
            concurrency=10,
            max_subtasks=CALLS,
        )
        self._plan = Plan(subtasks=tuple(Subtask(type="one", description=f"Part 1: {n}.") for n in range(CALLS)))

    async def sdk(self) -> None:
        """Call by OpenAI's SDK."""
        await _ten_at_a_time(self._sdk_call)

    async def _sdk_call(self) -> None:
        answer = await self._client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": PROMPT}])
        assert answer.choices[0].message.content

    async def sdk_streamed(self) -> None:
        """Stream by OpenAI's SDK."""
        await _ten_at_a_time(self._sdk_stream)

    async def _sdk_stream(self) -> None:
        stream = await self._client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": PROMPT}], stream=True
        )
        assert "".join([c.choices[0].delta.content or "" async for c in stream if c.choices])

    async def direct(self) -> None:
        """Call by pydantic-ai's direct interface."""
        await _ten_at_a_time(self._direct_call)

    async def _direct_call(self) -> None:
        assert (await model_request(self._model, [ModelRequest.user_text_prompt(PROMPT)])).parts

    async def direct_streamed(self) -> None:
        """Stream by pydantic-ai's direct interface."""
        await _ten_at_a_time(self._direct_stream)

    async def _direct_stream(self) -> None:
        async with model_request_stream(self._model, [ModelRequest.user_text_prompt(PROMPT)]) as stream:
            async for _ in stream:
                pass

    async def stretto(self) -> None:
        """Have a given plan carried out, watched by nobody."""
        result = await self._orchestrator.run("Write.", plan=self._plan)
        assert result.status == "complete", result.shortfall

    async def stretto_streamed(self) -> None:
        """Have a given plan carried out, each token watched."""
        async with self._orchestrator.stream("Write.", plan=self._plan, deltas=True) as events:
            seen = [event.kind async for event in events]
        assert seen.count("worker_completed") == CALLS


async def _ten_at_a_time(ask: Ask) -> None:
    left = iter(range(CALLS))

    async def work() -> None:
        for _ in left:
            await ask()

    await asyncio.gather(*(work() for _ in range(10)))


async def _measure(ways: dict[str, Ask], turns: int) -> dict[str, list[float]]:
    """Return milliseconds of CPU a call, for every turn; the ways in turn, one round before them not counted."""
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(turns + 1):
        for name, ask in ways.items():
            began = time.process_time()
            await ask()
            if turn:
                spent[name].append(1000 * (time.process_time() - began) / CALLS)
    return spent


def measure_cpu(turns: int) -> dict[str, Any]:
    """Return milliseconds of CPU a call by way, called and streamed, for every turn."""
    with provider(Workload(subtasks=1), speed="inf") as url:

        async def both() -> tuple[dict[str, list[float]], dict[str, list[float]]]:
            async with AsyncOpenAI(api_key="any", base_url=f"{url}/v1", max_retries=0) as client:
                return await _both(_Callers(client, f"{url}/v1"), turns)

        called, streamed = asyncio.run(both())
    return {"events": EVENTS, "called": called, "streamed": streamed}


async def _both(callers: _Callers, turns: int) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    called = {"OpenAI SDK": callers.sdk, "pydantic-ai direct": callers.direct, "stretto": callers.stretto}
    streamed = {
        "OpenAI SDK": callers.sdk_streamed,
        "pydantic-ai direct": callers.direct_streamed,
        "stretto": callers.stretto_streamed,
    }
    return await _measure(called, turns), await _measure(streamed, turns)


def ratio(spent: dict[str, list[float]]) -> float:
    """Return the median over turns of stretto's CPU to bare pydantic-ai's in the same turn."""
    return statistics.median(
        own / bare for own, bare in zip(spent["stretto"], spent["pydantic-ai direct"], strict=True)
    )
