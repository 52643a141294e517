"""A model made of a function, for tests of programs that use stretto."""

import pytest

from stretto import Orchestrator
from stretto.core.models import ModelReply, ModelRequest, OnText
from stretto.core.usage import FREE, Usage
from stretto.models import FunctionModel

pytestmark = pytest.mark.anyio

REQUEST = ModelRequest(role="worker", prefix="one two ", prompt="three", max_output_tokens=9, timeout=1, gap_timeout=1)


async def test_an_answer_is_told_and_counted():
    """What the function returns is told to whoever listens, and counted in words."""

    async def answer(request: ModelRequest, tell: OnText) -> str:
        return "four words of answer"

    response_info: list[str] = []
    reply = await FunctionModel(answer, name="mine").respond(REQUEST, response_info.append)
    assert response_info == [reply.text] == ["four words of answer"]
    assert (reply.model, reply.finish, reply.cost) == ("mine", "stop", FREE)
    assert reply.usage == Usage(input_tokens=3, output_tokens=4, calls=1)


async def test_a_function_may_tell_its_answer_in_pieces_and_say_how_it_ended():
    """Pieces go through as they are told, and a reply of the function's own stands."""
    own = ModelReply(text="half", finish="length", usage=None, cost=FREE, model="x")

    async def answer(request: ModelRequest, tell: OnText) -> ModelReply:
        tell("ha")
        tell("lf")
        return own

    response_info: list[str] = []
    model = FunctionModel(answer)
    assert await model.respond(REQUEST, response_info.append) is own
    assert response_info == ["ha", "lf"]
    assert (await model.respond(REQUEST)).text == "half"
    assert model.price(Usage(output_tokens=5)) == FREE


async def test_a_program_is_tested_without_a_network():
    """An orchestrator runs on a function."""

    async def answer(request: ModelRequest, tell: OnText) -> str:
        if request.role == "orchestrator":
            return "<tasks><task><type>short</type><description>Be short.</description></task></tasks>"
        return "A bottle."

    result = await Orchestrator(model=FunctionModel(answer), subtasks=1).run("Describe the bottle.")
    assert [worker.text for worker in result.results] == ["A bottle."]
