"""Doubles of pydantic-ai that can be asked in one way only are asked in that way."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart
from pydantic_ai.models import Model as PydanticModel
from pydantic_ai.models.fallback import FallbackModel
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.models.test import TestModel
from pydantic_ai.models.wrapper import WrapperModel

from stretto import Orchestrator
from stretto.models import open_model
from tests.engine.stage import RECIPE, plan

pytestmark = pytest.mark.anyio


def _answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    return ModelResponse(parts=[TextPart("whole")])


async def _stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str]:
    yield "in "
    yield "pieces"


class Plain(PydanticModel):
    """A model of a user's own that implements only what it must."""

    model_name, system = "plain", "own"

    async def request(self, *args: Any, **options: Any) -> ModelResponse:
        """Answer in one piece."""
        return ModelResponse(parts=[TextPart("whole")])


PLAIN = FunctionModel(_answer)
STREAMED = FunctionModel(stream_function=_stream)
BOTH = FunctionModel(_answer, stream_function=_stream)

CASES = [
    (PLAIN, "whole", ["whole"]),
    (Plain(), "whole", ["whole"]),
    (WrapperModel(PLAIN), "whole", ["whole"]),
    (FallbackModel(BOTH, PLAIN), "whole", ["whole"]),
    (Agent(PLAIN), "whole", ["whole"]),
    (Agent(Plain()), "whole", ["whole"]),
]


@pytest.mark.parametrize(("spec", "text", "told"), CASES)
async def test_a_model_without_a_stream_is_asked_without_one(
    make_request, streamed: bool, spec: Any, text: str, told: Any
):
    """It is asked in one piece, and who watches is told that piece."""
    response_info: list[str] = []
    reply = await open_model(spec).respond(make_request(), response_info.append if streamed else None)
    assert (reply.text, response_info) == (text, told if streamed else [])


@pytest.mark.parametrize("spec", [STREAMED, WrapperModel(STREAMED)])
async def test_a_model_with_nothing_but_a_stream_is_streamed(make_request, streamed: bool, spec: Any):
    """It is streamed also where nobody watches."""
    response_info: list[str] = []
    reply = await open_model(spec).respond(make_request(), response_info.append if streamed else None)
    assert reply.text == "in pieces"
    assert response_info == (["in ", "pieces"] if streamed else [])


@pytest.mark.parametrize("deltas", [False, True])
async def test_a_whole_run_on_doubles_of_pydantic_ai(deltas: bool):
    """Plan and answers come from a function of one piece, and from pydantic-ai's `TestModel`."""
    planner = FunctionModel(lambda messages, info: ModelResponse(parts=[TextPart(plan("a", "b"))]))
    orchestrator = Orchestrator(model=planner, worker_model=TestModel(custom_output_text="a text"), recipe=RECIPE)
    async with orchestrator.stream("task", deltas=deltas) as events:
        result = await events.result()
    assert (result.status, [worker.text for worker in result.results]) == ("complete", ["a text", "a text"])
