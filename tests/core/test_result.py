"""What a result can do by itself: be data, be shown, and insist on being whole."""

import json
from dataclasses import replace

import pytest

from stretto import IncompleteError, RunResult
from stretto.core.task import Task
from stretto.export import Report
from stretto.export.records import to_json
from tests.engine.stage import Stage, plan, reply


async def fail(request, say):
    """Answer the subtask "b" with nothing."""
    return reply("") if "Write b" in request.prompt else "<response>a text</response>"


def run(*types: str) -> RunResult:
    """Return the result of a run whose subtask "b" fails, with a context."""
    stage = Stage([plan(*types)], fail)
    return stage.orchestrator(attempts=1).run_sync("sell a bottle", context={"price": 5, "for": "runners"})


def test_a_result_as_data_is_the_file_that_the_command_line_writes():
    """`to_dict` and `to_json` have the shape of `-o x.json`, with the task and what it was told."""
    result = run("a", "b")
    report = Report(result=result, task=Task.of("sell a bottle", {"price": 5, "for": "runners"}), recipe="custom")
    assert result.to_json() == to_json(report)
    data = result.to_dict()
    assert json.loads(result.to_json()) == data
    assert list(data)[:6] == ["run_id", "status", "labels", "task", "context", "recipe"]
    assert (data["task"], data["context"], data["recipe"]) == (
        "sell a bottle",
        {"price": "5", "for": "runners"},
        "custom",
    )
    assert data["results"][0]["text"] == "a text"  # type: ignore[index]


def test_a_whole_result_raises_nothing():
    """`raise_for_status` gives a complete result back."""
    result = run("a")
    assert result.raise_for_status() is result


@pytest.mark.parametrize(
    ("types", "says"),
    [
        (("a", "b"), "is partial, with 1 of 2 results. Missing: b: The answer was empty."),
        (("b",), "is failed, with 0 of 1 results. Missing: b: The answer was empty."),
    ],
)
def test_a_result_with_a_gap_raises_what_is_missing(types: tuple[str, ...], says: str):
    """`raise_for_status` names every gap with its cause, for a partial run too, and keeps what is there."""
    result = run(*types)
    with pytest.raises(IncompleteError) as caught:
        result.raise_for_status()
    assert str(caught.value) == f"Run {result.run_id} {says}"
    assert caught.value.result is result


def test_a_result_is_short_to_look_at():
    """In a console a result is one line without the texts; in a notebook it is the texts under their types."""
    result = run("a", "b")
    assert repr(result) == f"<RunResult {result.run_id} partial: 1 of 2 results, $0, {result.seconds:.1f} s>"
    shown = replace(result, labels=("demo model",))._repr_markdown_()
    assert shown.startswith("*demo model*\n\n**partial**: 1 of 2 results, $0\n\n- missing: b: The answer was empty.")
    assert "### a\n\na text" in shown
    assert "### b\n\n*The answer was empty.*" in shown
