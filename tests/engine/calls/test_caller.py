"""Each call to a model is one event when it is over: which it was, what it took, what was wrong with it."""

import json

import anyio
import pytest

from stretto.core.errors import ModelError
from stretto.core.events import to_jsonable
from stretto.core.models import ModelReply, ModelRequest, OnText
from stretto.core.usage import Usage
from stretto.journal import MemoryJournal
from tests.engine.stage import Stage, asked_type, cut, kinds, of_kind, plan, reply, write
from tests.faults.clock import LeapingLoop

pytestmark = pytest.mark.anyio


async def test_the_calls_of_a_run_add_up_to_what_it_used():
    """Every role's calls are told, retries too, and their usage and cost together are the run's."""
    answers = iter([reply(""), reply("<response>better</response>", tokens=3)])

    async def improve(request: ModelRequest, say: OnText) -> ModelReply:
        return next(answers)

    events, result = await Stage([plan("a")], improve).run(synthesis="merge")
    calls = of_kind(events, "call_ended")
    assert [(call.role, call.subtask_id, call.attempt, call.error and call.error.kind) for call in calls] == [
        ("orchestrator", "", 1, None),
        ("worker", "s1", 1, "empty"),
        ("worker", "s1", 2, None),
        ("synthesis", "", 1, None),
    ]
    assert sum((call.usage for call in calls), Usage()) == result.usage
    assert {(call.model, call.reported) for call in calls} == {("stage", True)}
    assert json.loads(json.dumps([to_jsonable(call) for call in calls]))[1]["error"]["kind"] == "empty"


async def test_call_ended_comes_before_the_outcome():
    """Whoever reads of a retry, of a result or of a failure has read of the call before."""

    async def fail(request: ModelRequest, say: OnText) -> str:
        raise cut()

    events, _ = await Stage([plan("a")], fail).run(attempts=2)
    told = [kind for kind in kinds(events) if kind in ("call_ended", "worker_retrying", "worker_failed")]
    assert told[1:] == ["call_ended", "worker_retrying", "call_ended", "worker_failed"]


async def test_a_call_that_nobody_reported_counts_as_the_most_it_could_take():
    """A call that broke off says that its usage is what was reserved for it; one that was turned away used nothing."""
    errors = iter([cut(), ModelError("No.", kind="bad_request")])

    async def fail(request: ModelRequest, say: OnText) -> str:
        raise next(errors)

    events, _ = await Stage([plan("a")], fail).run(attempts=2)
    _, broken, refused = of_kind(events, "call_ended")
    assert (broken.reported, broken.usage.output_tokens > 0) == (False, True)
    assert (refused.reported, refused.usage) == (True, Usage(calls=1))


@pytest.mark.parametrize("anyio_backend", [("asyncio", {"loop_factory": LeapingLoop})], ids=["no waiting"])
async def test_a_cancelled_call_ends_as_interrupted():
    """At the run's deadline a call under way ends, and is told like any other."""

    async def hang(request: ModelRequest, say: OnText) -> str:
        if asked_type(request) == "b":
            await anyio.sleep_forever()
        return await write(request, say)

    events, result = await Stage([plan("a", "b")], hang).run(deadline=60)
    ended = {call.subtask_id: call.error and call.error.kind for call in of_kind(events, "call_ended")}
    assert ended == {"": None, "s1": None, "s2": "interrupted"}
    assert result.shortfall[0].failure.kind == "deadline"


async def test_the_next_model_for_a_plan_is_named():
    """A plan that is asked for again says of whom: the fallback, where the first model was given up."""

    async def refuse(request: ModelRequest, say: OnText) -> str:
        raise ModelError("No.", kind="bad_request")

    other = Stage([plan("a")])
    other.model.name = "other"
    events, _ = await Stage([refuse]).run(fallback_models=[other.model])
    [retrying] = of_kind(events, "plan_retrying")
    assert (retrying.how, retrying.attempt, retrying.model) == ("retry", 2, "other")


async def test_late_readers_get_call_ended_too():
    """A call's end is in the journal for the books, and in its place among the events for who reads them later."""
    journal = MemoryJournal()
    events, result = await Stage([plan("a")]).run(journal=journal)
    kept = await journal.events(result.run_id)
    assert list(kept) == [event for event in events if not event.kind.endswith("_delta")]
    assert len((await journal.load(result.run_id)).ends) == len(of_kind(kept, "call_ended")) == 2
