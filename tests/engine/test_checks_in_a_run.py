"""Checks look at an answer before it counts."""

import pytest

from stretto.core.checks import Answer, Finding, FindingAction
from stretto.core.models import ModelRequest, OnText
from tests.engine.stage import Stage, of_kind, plan

pytestmark = pytest.mark.anyio


class NoBad:
    """Objects to answers that say "bad"."""

    name = "no-bad"

    def __init__(self, action: FindingAction) -> None:
        self.action: FindingAction = action

    def inspect(self, answer: Answer) -> Finding | None:
        """Object to the word and name the subtask, to show what a check sees."""
        if "bad" not in answer.text:
            return None
        message = f"Do not say bad about {answer.subtask.type} in {answer.task.text}."
        return Finding(check=self.name, message=message, action=self.action)


async def mend(request: ModelRequest, say: OnText) -> str:
    """Say it better once told."""
    return "good" if request.turns else "bad"


async def insist(request: ModelRequest, say: OnText) -> str:
    """Never say it better."""
    return "bad"


@pytest.mark.parametrize("action", ["reject", "repair"])
async def test_a_worker_is_told_what_to_mend(action: FindingAction):
    """The reason goes to the worker with its own answer, and the mended text is the result."""
    stage = Stage([plan("a")], mend)
    events, result = await stage.run(checks=[NoBad(action)])
    assert (result.status, result.results[0].text, result.results[0].findings) == ("complete", "good", ())
    turn = stage.asked("worker")[1].turns[0]
    assert turn.answer == "bad"
    assert "Do not say bad about a in sell a bottle." in turn.reply
    assert of_kind(events, "worker_retrying")[0].reason.kind == "rejected"


async def test_a_repair_that_does_not_help_keeps_the_text_with_the_remark():
    """A whole answer that a check wanted better is kept when nothing better comes, and says so."""
    _, result = await Stage([plan("a")], insist).run(checks=[NoBad("repair")], attempts=2)
    (worker,) = result.results
    assert (result.status, worker.text, worker.attempts) == ("complete", "bad", 2)
    assert [finding.check for finding in worker.findings] == ["no-bad"]


async def test_a_rejected_answer_is_never_a_result():
    """An answer that a check rejects to the end is a failure."""
    _, result = await Stage([plan("a")], insist).run(checks=[NoBad("reject")], attempts=2)
    assert (result.status, result.results[0].status, result.results[0].text) == ("failed", "failed", "")


async def test_a_warning_costs_no_further_call():
    """A warning is kept beside the text."""
    stage = Stage([plan("a")], insist)
    _, result = await stage.run(checks=[NoBad("warn")])
    assert (result.results[0].text, len(result.results[0].findings), len(stage.asked("worker"))) == ("bad", 1, 1)


async def test_the_recipes_checks_are_on_by_default():
    """Without a word about checks, an answer that only echoes the plan's markup does not count."""

    async def echo(request: ModelRequest, say: OnText) -> str:
        return "<tasks><task><type>a</type><description>d</description></task></tasks>"

    _, result = await Stage([plan("a")], echo).run(recipe="product-copy", attempts=1, subtasks=1)
    assert result.results[0].error is not None
    assert (result.results[0].status, result.results[0].error.kind) == ("failed", "rejected")


async def test_a_check_that_breaks_costs_nobody_an_answer():
    """A check that raises is a remark beside the text, not a failure."""

    class Broken:
        name = "broken"

        def inspect(self, answer: Answer) -> Finding | None:
            raise ZeroDivisionError("oops")

    _, result = await Stage([plan("a")], insist).run(checks=[Broken()])
    assert (result.status, result.results[0].text) == ("complete", "bad")
    assert "oops" in result.results[0].findings[0].message


async def test_limits_of_other_channels_cost_no_further_call():
    """A brand guide with limits for captions and meta descriptions: shop texts are asked for once, without a remark."""

    async def work(request: ModelRequest, say: OnText) -> str:
        return f"<response>{'word ' * 130}</response>"

    guide = "Instagram caption: at most 150 characters.\nMeta description: at most 155 characters."
    stage = Stage([plan("shop text", "newsletter", "story")], work)
    orchestrator = stage.orchestrator(checks=["length"])
    result = await orchestrator.run("Write texts for our mug", context={"brand": guide})
    quoted = orchestrator.quote("Write texts for our mug", context={"brand": guide}).calls
    assert (result.status, len(stage.asked("worker")), result.usage.calls) == ("complete", 3, 4)
    assert [worker.findings for worker in result.results] == [(), (), ()]
    assert result.usage.calls <= quoted
