"""Texts are in a trace only when they are asked for."""

import json

import pytest

from stretto.app.observers.observing import CONTENT_VARIABLE
from tests.app.observers.tracing.spans import CollectedSpans, fail_b
from tests.engine.stage import Stage, subtask

pytestmark = pytest.mark.anyio


async def test_content_is_not_told(collected: CollectedSpans):
    """Unless it is asked for, neither the task nor a description nor an answer nor an error's words are in a trace."""
    stage = Stage(
        [f"<analysis>deep thoughts</analysis><tasks>{subtask('a', 'sell warmth')}{subtask('b')}</tasks>"], fail_b
    )
    await stage.orchestrator(synthesis="merge").run("a teal bottle", context={"audience": "hikers"})
    text = collected.text()
    for word in ("teal", "hikers", "thoughts", "warmth", "copy by a", "all in one", "secret"):
        assert word not in text
    assert len(collected.all) > 5


async def test_content_is_told_on_request(collected: CollectedSpans, monkeypatch: pytest.MonkeyPatch):
    """With STRETTO_TRACE_CONTENT=1 the conventions' messages and the errors' words are there."""
    monkeypatch.setenv(CONTENT_VARIABLE, "1")
    stage = Stage(
        [f"<analysis>deep thoughts</analysis><tasks>{subtask('a', 'sell warmth')}{subtask('b')}</tasks>"], fail_b
    )
    await stage.orchestrator(synthesis="merge").run("a teal bottle", context={"audience": "hikers"})
    asked = json.loads(str(collected.run.attributes["gen_ai.input.messages"]))
    assert asked == [{"role": "user", "parts": [{"type": "text", "content": "a teal bottle"}]}]
    assert json.loads(str(collected.run.attributes["stretto.context"])) == {"audience": "hikers"}
    first, second, synthesis = collected.of("invoke_agent")
    assert "sell warmth" in str(first.attributes["gen_ai.input.messages"])
    assert json.loads(str(first.attributes["gen_ai.output.messages"])) == [
        {"role": "assistant", "parts": [{"type": "text", "content": "copy by a"}], "finish_reason": "stop"}
    ]
    assert "all in one" in str(synthesis.attributes["gen_ai.output.messages"])
    assert "deep thoughts" in str(collected.plan.attributes["gen_ai.output.messages"])
    assert second.status.description == "The secret brief is no good."
