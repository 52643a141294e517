"""The synthesis brings the results together."""

import pytest

from stretto.core.errors import ModelError
from stretto.core.models import ModelReply, ModelRequest, OnText
from tests.engine.stage import Stage, asked_type, kinds, of_kind, plan, reply

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("strategy", ["merge", "compare"])
async def test_a_synthesis_sees_every_result(strategy: str):
    """Merge and compare read every completed result and give one text."""
    stage = Stage([plan("a", "b")])
    events, result = await stage.run(synthesis=strategy)
    assert result.synthesis is not None
    assert (result.synthesis.strategy, result.synthesis.text) == (strategy, "all in one")
    assert result.status == "complete"
    (request,) = stage.asked("synthesis")
    assert strategy.capitalize() in request.prompt
    assert "copy by a" in request.prompt
    assert "copy by b" in request.prompt
    assert kinds(events)[-4:] == ["synthesis_delta", "call_ended", "synthesis_completed", "run_completed"]


async def test_a_synthesis_prompt_names_what_is_missing():
    """A failed subtask is named to the synthesis, and the run stays partial."""

    async def work(request: ModelRequest, say: OnText) -> str:
        if asked_type(request) == "b":
            raise ModelError("no", kind="bad_request")
        return "copy"

    stage = Stage([plan("a", "b")], work)
    _, result = await stage.run(synthesis="merge")
    assert result.status == "partial"
    assert "- b" in stage.asked("synthesis")[0].prompt


async def test_a_failed_synthesis_leaves_the_results():
    """When the synthesis fails the results stand, and the run is partial."""

    async def refuse(request: ModelRequest, say: OnText) -> ModelReply:
        return reply("", "refusal")

    events, result = await Stage([plan("a")], synthesis=refuse).run(synthesis="merge", attempts=2)
    assert (result.status, result.results[0].text) == ("partial", "copy by a")
    assert result.shortfall[0].what == "the synthesis"
    assert [event.attempt for event in of_kind(events, "synthesis_started")] == [1, 2]
    assert len(of_kind(events, "synthesis_failed")) == 1


async def test_without_any_result_no_synthesis_is_paid():
    """Nothing to bring together: the synthesis is not called and its absence is said."""

    async def fail(request: ModelRequest, say: OnText) -> str:
        raise ModelError("no", kind="bad_request")

    stage = Stage([plan("a")], fail)
    _, result = await stage.run(synthesis="merge")
    assert (result.status, stage.asked("synthesis")) == ("failed", [])
    assert [entry.what for entry in result.shortfall] == ["a", "the synthesis"]
