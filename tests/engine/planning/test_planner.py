"""Plans that do not come whole, or not readable."""

import anyio
import pytest

from stretto.core.errors import ErrorKind, ModelError
from stretto.core.models import ModelReply, ModelRequest, OnText
from tests.engine.stage import Stage, asked_type, cut, of_kind, plan, reply, subtask

pytestmark = pytest.mark.anyio


async def lost_at_once(request: ModelRequest, say: OnText) -> str:
    """Lose the connection before anything is sealed."""
    say("<analysis>I thi")
    raise cut()


async def lost_after_one(request: ModelRequest, say: OnText) -> str:
    """Lose the connection after the first subtask."""
    say(f"<analysis>half</analysis><tasks>{subtask('a')}<task><type>b")
    raise cut()


async def cut_at_the_limit(request: ModelRequest, say: OnText) -> ModelReply:
    """Reach the token limit after the first subtask."""
    return reply(f"<tasks>{subtask('a')}<task><type>b", "length")


async def test_a_plan_lost_before_its_first_subtask_is_asked_for_again():
    """Nothing sealed yet: the plan is simply asked for again."""
    stage = Stage([lost_at_once, plan("a", "b")])
    events, result = await stage.run()
    assert (result.status, len(result.results)) == ("complete", 2)
    (retry,) = of_kind(events, "plan_retrying")
    assert (retry.how, retry.attempt, retry.reason.kind) == ("retry", 2, "cut")


@pytest.mark.parametrize("broken", [lost_after_one, cut_at_the_limit])
async def test_a_plan_cut_after_its_first_subtask_is_continued(broken: object):
    """What was sealed keeps its work, and the orchestrator is asked once for what is missing."""
    stage = Stage([broken, f"<tasks>{subtask('b')}</tasks>"])  # type: ignore[list-item]
    events, result = await stage.run()
    assert result.status == "complete"
    assert [(r.subtask.id, r.type) for r in result.results] == [("s1", "a"), ("s2", "b")]
    assert [asked_type(request) for request in stage.asked("worker")].count("a") == 1
    (retry,) = of_kind(events, "plan_retrying")
    assert retry.how == "continue"
    assert "write a" in stage.asked("orchestrator")[1].turns[0].reply
    assert result.superseded == ()


async def test_nothing_is_a_valid_continuation():
    """The orchestrator may say that nothing is missing; the run is complete."""
    _, result = await Stage([cut_at_the_limit, "<tasks></tasks>"]).run()
    assert (result.status, [r.type for r in result.results]) == ("complete", ["a"])


async def test_a_continuation_that_repeats_what_is_assigned_adds_nothing():
    """A continuation that names an assigned subtask again does not start it twice."""
    stage = Stage([cut_at_the_limit, plan("a", "b")])
    _, result = await stage.run()
    assert [r.type for r in result.results] == ["a", "b"]
    assert len(stage.asked("worker")) == 2


@pytest.mark.parametrize("second", [lost_after_one, lost_at_once, "I am sorry, I cannot say.", "<tasks><task><type>b"])
async def test_a_second_cut_makes_the_run_partial(second: object):
    """When the continuation does not come whole either, nobody is asked a third time: the results stand."""
    stage = Stage([cut_at_the_limit, second])  # type: ignore[list-item]
    _, result = await stage.run()
    assert (result.status, result.shortfall[0].what) == ("partial", "the rest of the plan")
    assert result.results[0].text == "copy by a"
    assert len(stage.asked("orchestrator")) == 2


@pytest.mark.parametrize("kind", ["connection", "timeout", "server", "rate_limit", "overloaded"])
async def test_a_continuation_that_nobody_answered_is_asked_for_again(kind: ErrorKind):
    """Trouble before any answer is no second cut: the one retry loop deals with it."""

    async def out_of_reach(request: ModelRequest, say: OnText) -> str:
        raise ModelError("Nobody there.", kind=kind)

    stage = Stage([cut_at_the_limit, out_of_reach, f"<tasks>{subtask('b')}</tasks>"])
    _, result = await stage.run()
    assert (result.status, [r.type for r in result.results]) == ("complete", ["a", "b"])
    assert len(stage.asked("orchestrator")) == 3


async def test_a_continuation_lost_after_its_first_word_is_the_second_cut():
    """A connection that breaks once the continuation has begun cuts it, whatever was sealed."""

    async def lost_after_a_word(request: ModelRequest, say: OnText) -> str:
        say("<tasks><task><type>b")
        raise ModelError("Connection lost.", kind="connection")

    stage = Stage([cut_at_the_limit, lost_after_a_word])
    _, result = await stage.run()
    assert (result.status, result.shortfall[0].failure.kind) == ("partial", "connection")


async def test_another_model_may_be_asked_for_the_rest_of_a_plan():
    """A model that answers with an error gives way to the fallback, which is the one that is asked once."""

    async def unknown(request: ModelRequest, say: OnText) -> str:
        raise ModelError("No such model.", kind="not_found")

    rest = Stage([f"<tasks>{subtask('b')}</tasks>"])
    rest.model.name = "rest"
    stage = Stage([cut_at_the_limit, unknown])
    _, result = await stage.run(fallback_models=[rest.model], worker_model=rest.model)
    assert (result.status, [r.type for r in result.results]) == ("complete", ["a", "b"])
    assert len(rest.asked("orchestrator")) == 1


async def test_a_plan_that_cannot_be_read_is_repaired_once():
    """The orchestrator is shown what was wrong and writes the plan again."""
    stage = Stage(["Let me think about bottles.", plan("a")])
    events, result = await stage.run()
    assert (result.status, len(result.results)) == ("complete", 1)
    assert of_kind(events, "plan_retrying")[0].how == "repair"
    assert stage.asked("orchestrator")[1].turns[0].answer == "Let me think about bottles."


async def test_a_failed_repair_is_a_failed_run_that_keeps_the_raw_text():
    """After a failed repair there is no plan: the run has failed, and what the model wrote is kept."""
    stage = Stage(["Let me think.", "Still thinking."])
    _, result = await stage.run()
    assert (result.status, result.results, result.shortfall[0].what) == ("failed", (), "the plan")
    assert result.shortfall[0].failure.kind == "plan"
    assert result.shortfall[0].failure.raw == "Still thinking."
    assert len(stage.requests) == 2


BROKEN = f"<tasks>{subtask('a')}<task><type>b</type><description></description></task></tasks>"


async def test_early_starts_that_a_repaired_plan_lacks_are_superseded():
    """A repair replaces the plan: what it keeps goes on, what it lacks is cancelled and reported."""
    broken = f"<tasks>{subtask('a')}{subtask('gone')}<task><type>b</type><description></description></task></tasks>"
    stage = Stage([broken, plan("a", "b")])
    _, result = await stage.run()
    assert (result.status, [r.type for r in result.results]) == ("complete", ["a", "b"])
    assert [(r.type, r.status) for r in result.superseded] == [("gone", "superseded")]
    assert [asked_type(request) for request in stage.asked("worker")].count("a") == 1


async def test_a_failed_repair_keeps_the_results_that_are_there():
    """After a failed repair the run is partial with what was sealed."""
    _, result = await Stage([BROKEN, "no plan at all"]).run()
    assert (result.status, [r.text for r in result.results]) == ("partial", ["copy by a"])


async def test_a_started_subtask_that_the_final_plan_lacks_is_cancelled():
    """The complete plan is the truth: a first draft's worker is cancelled, its cost stays on the books."""
    started = anyio.Event()

    async def revise(request: ModelRequest, say: OnText) -> str:
        text = f"<tasks>{subtask('draft')}</tasks> Better: <tasks>{subtask('final')}</tasks>"
        say(text[:-30])
        await started.wait()
        say(text[-30:])
        return text

    async def work(request: ModelRequest, say: OnText) -> str:
        if asked_type(request) == "draft":
            started.set()
            await anyio.sleep_forever()
        return "copy"

    events, result = await Stage(revise, work).run()
    assert (result.status, [r.type for r in result.results]) == ("complete", ["final"])
    (gone,) = result.superseded
    assert (gone.type, gone.attempts, gone.text) == ("draft", 1, "")
    assert gone.usage.output_tokens == result.superseded[0].usage.output_tokens > 0
    assert result.usage.total_tokens >= gone.usage.total_tokens
    assert len(of_kind(events, "subtask_superseded")) == 1


async def test_a_finished_early_start_can_still_be_superseded():
    """A draft's worker that had finished is superseded too."""
    finished = anyio.Event()

    async def revise(request: ModelRequest, say: OnText) -> str:
        text = f"<tasks>{subtask('draft')}</tasks> Better: <tasks>{subtask('final')}</tasks>"
        say(text[:-30])
        await finished.wait()
        await anyio.wait_all_tasks_blocked()
        say(text[-30:])
        return text

    async def work(request: ModelRequest, say: OnText) -> str:
        finished.set()
        return "copy"

    _, result = await Stage(revise, work).run()
    assert ([r.type for r in result.results], [r.type for r in result.superseded]) == (["final"], ["draft"])


async def test_a_terminal_error_of_the_orchestrator_fails_the_run_with_its_cause():
    """A wrong key for the orchestrator: one call, a failed run, the cause and the way out."""

    async def locked(request: ModelRequest, say: OnText) -> str:
        raise ModelError("The key was refused.", kind="authentication", hint="Set another key.")

    stage = Stage(locked)
    _, result = await stage.run()
    assert (result.status, len(stage.requests)) == ("failed", 1)
    assert str(result.shortfall[0].failure) == "The key was refused. Set another key."


@pytest.mark.parametrize("nothing", [reply(""), reply("", "refusal"), reply("", "length"), reply("<tasks><task><ty")])
async def test_an_orchestrator_that_never_gives_a_plan_is_asked_a_bounded_number_of_times(nothing: ModelReply):
    """Empty, refused, cut: retried up to the limit, then a failed run."""

    async def useless(request: ModelRequest, say: OnText) -> ModelReply:
        return nothing

    stage = Stage(useless)
    _, result = await stage.run(attempts=3)
    assert (result.status, len(stage.requests)) == ("failed", 3)


async def test_plans_written_as_lists_are_run_too():
    """A plan in another form than the markup is read at its end and run."""
    stage = Stage(["**Tasks**\n1. **formal**: Write a formal version\n2. **casual**: Write a casual version"])
    _, result = await stage.run()
    assert (result.status, [r.type for r in result.results]) == ("complete", ["formal", "casual"])
