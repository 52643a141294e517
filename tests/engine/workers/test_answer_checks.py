"""Checks look at an answer before it counts."""

from typing import Any

import anyio
import anyio.lowlevel
import pytest

from stretto.core.checks import Answer, Finding, FindingAction
from stretto.core.models import ModelReply, ModelRequest, OnText
from tests.engine.stage import Stage, of_kind, plan, reply

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
async def test_a_worker_gets_the_findings_to_correct(action: FindingAction):
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


async def test_what_was_rejected_at_last_is_kept_in_the_failure():
    """A text that a check rejects to the end is paid for: the failure keeps it, the last one, as the model wrote it."""
    said = iter(["<response>bad 1</response>", "<response>bad 2</response>"])

    async def insist_anew(request: ModelRequest, say: OnText) -> str:
        return next(said)

    events, result = await Stage([plan("a")], insist_anew).run(checks=[NoBad("reject")], attempts=2)
    error = result.results[0].error
    assert error is not None
    assert (result.results[0].text, error.kind, error.raw) == ("", "rejected", "<response>bad 2</response>")
    assert result.shortfall[0].failure.raw == ""
    assert [event.reason.raw for event in of_kind(events, "worker_retrying")] == [""]


async def test_an_answer_of_no_use_is_kept_in_the_failure():
    """A cut, refused or unreadable answer is kept, too; where there was none, nothing is."""
    for play, raw in ((reply("half", "length"), "half"), (reply("", "stop"), ""), (reply("No.", "refusal"), "No.")):

        async def answer(request: ModelRequest, say: OnText, play: ModelReply = play) -> ModelReply:
            return play

        _, result = await Stage([plan("a")], answer).run(attempts=1)
        assert result.results[0].error is not None
        assert result.results[0].error.raw == raw


async def test_a_check_may_be_async():
    """A check that waits for something is waited for, and counts like any other."""

    class Waiting(NoBad):
        async def inspect(self, answer: Answer) -> Finding | None:  # type: ignore[override]
            await anyio.lowlevel.checkpoint()
            return super().inspect(answer)

    stage = Stage([plan("a")], mend)
    _, result = await stage.run(checks=[Waiting("repair")])
    assert (result.status, result.results[0].text, len(stage.asked("worker"))) == ("complete", "good", 2)


class Odd:
    """Says something that is no finding, or raises it."""

    name = "odd"

    def __init__(self, says: object, *, strict: bool = False) -> None:
        self.says = says
        self.strict = strict

    def inspect(self, answer: Answer) -> Any:
        """Return or raise what it was made with."""
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


class Hanging(Odd):
    """Never comes to an end."""

    async def inspect(self, answer: Answer) -> Any:  # type: ignore[override]
        """Wait without an end."""
        await anyio.sleep_forever()


SAYS = [
    ("too long", "it returned 'too long', and not a Finding or None"),
    (True, "it returned True"),
    ([], "it returned []"),
    (Finding(check="odd", message="m", action="fix"), "it returned Finding("),  # type: ignore[arg-type]
    (Finding(check="odd", message=None, action="repair"), "it returned Finding("),  # type: ignore[arg-type]
    (ZeroDivisionError("oops"), "ZeroDivisionError('oops')"),
]


@pytest.mark.parametrize(("says", "remark"), SAYS)
async def test_a_check_that_says_something_else_is_a_remark(says: object, remark: str):
    """What is no finding is named beside the text, which stays: no call is made again for a bug of a check."""
    stage = Stage([plan("a", "b")], insist)
    _, result = await stage.run(checks=[Odd(says)])
    assert (result.status, result.results[0].text, len(stage.asked("worker"))) == ("complete", "bad", 2)
    (finding,) = result.results[0].findings
    assert (finding.check, finding.action) == ("odd", "warn")
    assert finding.message.startswith("The check failed: ")
    assert remark in finding.message


@pytest.mark.parametrize("says", [says for says, _ in SAYS])
async def test_a_strict_check_fails_closed(says: object):
    """An answer that a strict check could not look at is no result, is kept in the failure, and costs no more calls."""
    stage = Stage([plan("a", "b")], insist)
    _, result = await stage.run(checks=[Odd(says, strict=True)], fallback_models=[Stage([], insist).model])
    assert (result.status, len(stage.asked("worker")), len(result.shortfall)) == ("failed", 2, 1)
    for worker in result.results:
        assert worker.error is not None
        assert (worker.status, worker.text, worker.error.kind, worker.error.raw) == ("failed", "", "rejected", "bad")
        assert worker.error.message.startswith("The check failed: ")


@pytest.mark.parametrize("strict", [False, True])
async def test_a_check_that_never_ends_is_left(strict: bool):
    """A check gets as long as a call; then it counts as failed."""
    with anyio.fail_after(10):
        _, result = await Stage([plan("a")], insist).run(checks=[Hanging(None, strict=strict)], timeout=0.05)
    assert result.status == ("failed" if strict else "complete")
    said = str(result.results[0].error) if strict else result.results[0].findings[0].message
    assert "The check failed: no word from it within 0.05 seconds." in said


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
