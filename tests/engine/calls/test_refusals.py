"""A refusal that names no cause stops nobody, unless every call meets it."""

import pytest
from anyio.lowlevel import RunVar

from stretto.core.errors import ErrorKind, ModelError
from stretto.core.models import ModelRequest, OnText
from stretto.core.result import RunResult
from stretto.engine.calls.refusals import AFTER_AN_ANSWER, BEFORE_AN_ANSWER
from stretto.engine.limits import registry
from tests.engine.stage import Stage, asked_type, plan

pytestmark = pytest.mark.anyio

EIGHT = "abcdefgh"


@pytest.fixture(autouse=True)
def nothing_answered_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """What answered in another test is no evidence in this one."""
    monkeypatch.setattr(registry, "_shared", RunVar("limits_of_one_test"))


def refusal(
    words: str = "HTTP 403: a web page instead of an answer.", *, kind: ErrorKind = "unexplained"
) -> ModelError:
    """Return what a firewall makes of a call."""
    return ModelError(words, kind=kind, status=403)


def refusing(poisoned: str) -> tuple[Stage, list[str]]:
    """Return a stage whose worker model turns away some types, and what it was asked for."""
    asked: list[str] = []

    async def work(request: ModelRequest, say: OnText) -> str:
        asked.append(asked_type(request))
        if asked[-1] in poisoned:
            raise refusal(f"HTTP 403: blocked, request 7f{len(asked)}.")
        return "copy"

    worker = Stage([], work)
    worker.model.name = "guarded"
    return worker, asked


def failed(result: RunResult) -> str:
    """Return the types without a text."""
    return "".join(worker.type for worker in result.results if worker.status != "completed")


@pytest.mark.parametrize("poisoned", ["a", "c", "h", "ch", "aceg"])
@pytest.mark.parametrize("concurrency", [1, 2, 8])
async def test_a_refused_call_stops_no_other(poisoned: str, concurrency: int):
    """Each call that is turned away fails alone, after one call, wherever it stands, when others are answered."""
    worker, asked = refusing(poisoned)
    options = {"worker_model": worker.model, "concurrency": concurrency, "subtasks": (8, 8), "max_subtasks": 8}
    _, result = await Stage([plan(*"xy"), plan(*EIGHT)]).run(**options)  # The model has answered before.
    _, result = await Stage([plan(*EIGHT)]).run(**options)
    assert (failed(result), result.status) == (poisoned, "partial")
    assert sorted(asked) == sorted(["x", "y", *EIGHT])


async def test_the_first_call_of_all_is_the_bad_one():
    """Nothing has answered yet, and the first call is turned away: the others are made all the same."""
    worker, asked = refusing("a")
    _, result = await Stage([plan(*EIGHT)]).run(
        worker_model=worker.model, concurrency=1, subtasks=(8, 8), max_subtasks=8
    )
    assert failed(result) == "a"
    assert asked == list(EIGHT)


async def test_the_same_refusal_of_two_different_calls_is_everybodys():
    """Where nothing has answered, the second call that is turned away alike is the last, and it is said once."""
    worker, asked = refusing(EIGHT)
    options = {"worker_model": worker.model, "concurrency": 1, "subtasks": (8, 8), "max_subtasks": 8}
    _, result = await Stage([plan(*EIGHT)]).run(**options)
    assert len(asked) == BEFORE_AN_ANSWER
    assert result.status == "failed"


async def test_equal_words_are_one_entry_of_the_shortfall():
    """What stopped the others and what was refused are one cause to the reader."""

    async def work(request: ModelRequest, say: OnText) -> str:
        raise refusal()

    worker = Stage([], work)
    worker.model.name = "guarded"
    _, result = await Stage([plan(*"abcde")]).run(worker_model=worker.model, concurrency=1)
    assert [(gap.what, gap.failure.kind) for gap in result.shortfall] == [("a, b, c, d, e", "unexplained")]
    assert len(worker.requests) == BEFORE_AN_ANSWER


async def test_where_it_has_answered_many_have_to_be_refused():
    """After an answer, calls that are all turned away alike end soon, not at the second."""
    poisoned = [f"p{number}" for number in range(AFTER_AN_ANSWER + 6)]
    asked: list[str] = []

    async def work(request: ModelRequest, say: OnText) -> str:
        asked.append(asked_type(request))
        if asked[-1] in poisoned:
            raise refusal()
        return "copy"

    worker = Stage([], work)
    worker.model.name = "guarded"
    count = len(poisoned) + 1
    _, result = await Stage([plan("good", *poisoned)]).run(
        worker_model=worker.model, concurrency=1, subtasks=(count, count), max_subtasks=count
    )
    assert len(asked) == 1 + AFTER_AN_ANSWER
    assert [worker.status for worker in result.results].count("completed") == 1


async def test_refusals_in_other_words_are_other_refusals():
    """Two calls turned away for two reasons say nothing about a third."""

    async def work(request: ModelRequest, say: OnText) -> str:
        raise refusal(f"HTTP 403: nothing about {asked_type(request)}, please.")

    worker = Stage([], work)
    worker.model.name = "guarded"
    await Stage([plan(*"abcde")]).run(worker_model=worker.model, concurrency=1)
    assert len(worker.requests) == 5


async def test_another_model_steps_in():
    """A call that is turned away goes to the fallback, and the others stay with their model."""
    worker, asked = refusing("b")
    second = Stage([])
    second.model.name = "second"
    _, result = await Stage([plan(*"abc")]).run(
        worker_model=worker.model, fallback_models=[second.model], concurrency=1
    )
    assert [outcome.model for outcome in result.results] == ["guarded", "second", "guarded"]
    assert [asked_type(request) for request in second.requests] == ["b"]
    assert asked == list("abc")


async def test_a_plan_that_is_turned_away_costs_one_call():
    """The orchestrator's call alone is refused: the run fails with its reason, and nothing else is tried."""

    async def refuse(request: ModelRequest, say: OnText) -> str:
        raise refusal()

    stage = Stage(refuse)
    _, result = await stage.run()
    assert (result.status, [gap.failure.kind for gap in result.shortfall]) == ("failed", ["unexplained"])
    assert len(stage.requests) == 1
    assert result.usage.calls == 1
    assert result.cost.usd == 0
