"""A slow worker gets a second call: the first whole answer counts, and both are in the books. In virtual time."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, TypeVar

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stretto.core.errors import ModelError
from stretto.core.events import Event
from stretto.core.journal import CallEnd, CallStart
from stretto.core.models import ModelReply, ModelRequest, OnText
from stretto.core.plan import Plan, Subtask
from stretto.core.task import Task
from stretto.core.usage import FREE, Cost, Usage
from stretto.engine import Budget, BudgetTracker, Job, LimiterRegistry, RoleModels, RunSettings, open_run
from stretto.engine.accounting.budget import call_reservation
from stretto.journal import MemoryJournal
from stretto.models import FunctionModel
from tests.engine.limits.virtual_provider import VirtualLoop
from tests.engine.stage import RECIPE, asked_type, of_kind

T = TypeVar("T")
HANG = 60.0


def played(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run it in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work())


class Priced(FunctionModel):
    """A model with a price: a cent for a thousand tokens."""

    def price(self, usage: Usage) -> Cost:
        """Return the cost of these tokens."""
        return Cost(usd=Decimal(usage.total_tokens) / 100_000)


Act = Callable[[ModelRequest, OnText, int], Awaitable[str | ModelReply]]


@dataclass
class Play:
    """Workers of one run, each of whose calls takes as long as it is told to."""

    seconds: dict[str, float]
    """Of a subtask's first call, by its type."""
    again: float = 1.0
    """Of every further call."""
    dear: bool = False
    """Whether every answer takes as much as it may."""
    acts: dict[str, Act] = field(default_factory=dict)
    """What subtasks do instead."""
    calls: list[tuple[str, float]] = field(default_factory=list)
    """Type and time of every call."""
    cancelled: list[tuple[str, int]] = field(default_factory=list)
    """Type and number of every call that was left."""
    in_flight: int = 0
    most: int = 0

    async def answer(self, request: ModelRequest, say: OnText) -> str | ModelReply:
        """Make one call."""
        name = asked_type(request)
        self.calls.append((name, anyio.current_time()))
        number = [called for called, _ in self.calls].count(name)
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        try:
            if act := self.acts.get(name):
                return await act(request, say, number)
            await anyio.sleep(self.seconds[name] if number == 1 else self.again)
            text = f"<response>{name} by call {number}</response>"
            usage = call_reservation(request)
            return ModelReply(text=text, finish="stop", usage=usage, cost=FREE, model="m") if self.dear else text
        except asyncio.CancelledError:
            self.cancelled.append((name, number))
            raise
        finally:
            self.in_flight -= 1

    def job(self, *, hedge: bool = True, deltas: bool = False, **changes: Any) -> Job:
        """Return a run of a plan that is there, so that all workers start at once."""
        model = Priced(self.answer, name="m")
        count = len(self.seconds)
        plain = RunSettings(subtasks=(count, count), max_subtasks=count, backoff=0.0, hedge=hedge)
        subtasks = [Subtask(id=f"s{n}", type=name, description=name) for n, name in enumerate(self.seconds, 1)]
        return Job(
            run_id="r",
            task=Task.of("t"),
            recipe=RECIPE,
            role_models=RoleModels(orchestrator=model, worker=model, synthesis=model),
            settings=replace(plain, **changes),
            plan=Plan(subtasks=tuple(subtasks)),
            deltas=deltas,
        )

    async def run(
        self, journal: MemoryJournal | None = None, *, concurrency: int = 1_000, stop_at: float | None = None, **options
    ) -> list[Event]:
        """Run it, or the first `stop_at` seconds of it; return the events."""
        events: list[Event] = []
        with anyio.move_on_after(stop_at):
            journal = journal or MemoryJournal()
            async with open_run(self.job(**options), journal, LimiterRegistry(concurrency)) as stream:
                events.extend([event async for event in stream])
        return events


def quick(count: int = 39, **others: float) -> dict[str, float]:
    """Return others, and then so many workers that take a second; the ninetieth percentile is a second."""
    return others | {f"w{number}": 1.0 for number in range(count)}


def result(events: list[Event], name: str) -> Any:
    """Return one subtask's result."""
    return next(one for one in events[-1].result.results if one.type == name)  # type: ignore[union-attr]


@pytest.mark.parametrize("seed", range(12))
def test_one_answer_that_hangs_costs_no_more_than_a_second_call(seed: int):
    """Lognormal lengths, one of 50 answers hangs for a minute: at most 0.6 times the wall, at most 5% of the calls."""
    dice = random.Random(seed)
    seconds = {f"w{number}": 0.6 + 4.1 * dice.lognormvariate(0.0, 0.6) for number in range(50)}
    length = dict(seconds)
    hanging = dice.choice(list(seconds))
    seconds[hanging] = HANG + length[hanging]

    def wall(*, hedge: bool) -> tuple[float, Play]:
        async def again(request: ModelRequest, say: OnText, number: int) -> str:
            await anyio.sleep(seconds[hanging] if number == 1 else length[hanging])
            return "copy"

        play = Play(seconds, again=5.0, acts={hanging: again})
        events = played(lambda: play.run(hedge=hedge))
        return events[-1].result.seconds, play  # type: ignore[union-attr]

    without, _ = wall(hedge=False)
    hedged, play = wall(hedge=True)
    assert hedged <= 0.6 * without
    assert len(play.calls) - 50 <= 0.05 * 50


def test_it_is_off_unless_asked_for():
    """Without the setting nothing is called twice."""
    play = Play(quick(slow=HANG))
    events = played(lambda: play.run(hedge=False))
    assert len(play.calls) == 40
    assert events[-1].result.seconds == HANG  # type: ignore[union-attr]


def test_the_second_call_is_made_at_twice_the_ninetieth_percentile_and_wins():
    """Its text and both calls' usage are the result's; the first call is left, and the journal has both ends."""
    play, journal = Play(quick(slow=HANG)), MemoryJournal()

    async def work() -> tuple[list[Event], Any]:
        return await play.run(journal), await journal.load("r")

    events, saved = played(work)
    assert play.calls[40:] == [("slow", 2.0)]
    assert play.cancelled == [("slow", 1)]
    slow = result(events, "slow")
    assert (slow.text, slow.attempts, slow.seconds) == ("slow by call 2", 2, 3.0)
    calls = [call for call in of_kind(events, "call_ended") if call.subtask_id == "s1"]
    assert [(call.attempt, call.error and call.error.kind) for call in calls] == [(1, "interrupted"), (2, None)]
    assert slow.usage == calls[0].usage + calls[1].usage
    assert slow.usage.calls == 2
    starts = [id_ for id_, start in saved.starts.items() if start.subtask_id == "s1"]
    assert [saved.ends[id_].error for id_ in starts] == ["interrupted", None]
    assert events[-1].result.usage.calls == 41  # type: ignore[union-attr]


def test_the_first_call_may_still_win():
    """Then the second is left, and nobody is told of another attempt."""
    play = Play(quick(slow=3.0), again=5.0)
    events = played(play.run)
    assert (result(events, "slow").text, result(events, "slow").attempts) == ("slow by call 1", 2)
    assert play.cancelled == [("slow", 2)]
    assert not of_kind(events, "worker_retrying")
    calls = [call for call in of_kind(events, "call_ended") if call.subtask_id == "s1"]
    assert [(call.attempt, call.error and call.error.kind) for call in calls] == [(2, "interrupted"), (1, None)]


def test_two_answers_in_the_same_moment_are_one_result_and_two_calls():
    """Whichever counts, both calls have an end with their usage, in the journal and among the events."""
    play, journal = Play(quick(slow=4.0), again=2.0), MemoryJournal()

    async def work() -> tuple[list[Event], Any]:
        return await play.run(journal), await journal.load("r")

    events, saved = played(work)
    assert result(events, "slow").attempts == 2
    assert len(saved.ends) == len(of_kind(events, "call_ended")) == 41
    total = sum((call.usage for call in of_kind(events, "call_ended")), Usage())
    assert total == events[-1].result.usage  # type: ignore[union-attr]


def test_watchers_see_one_attempt_at_a_time():
    """The second call is silent until it has won; then its text comes as the next attempt, which is announced."""

    async def late(request: ModelRequest, say: OnText, number: int) -> str:
        await anyio.sleep(2.5 if number == 1 else 1.0)
        if number == 1:
            say("<response>begun")
            await anyio.sleep(HANG)
        else:
            say("<response>whole")
            await anyio.sleep(1.0)
            say("</response>")
        return "<response>whole</response>"

    play = Play(quick(slow=HANG), acts={"slow": late})
    events = played(lambda: play.run(deltas=True))
    told = [event for event in events if getattr(event, "subtask_id", "") == "s1"]
    assert [(event.kind, getattr(event, "attempt", None), getattr(event, "text", None)) for event in told] == [
        ("worker_started", 1, None),
        ("worker_delta", 1, "<response>begun"),
        ("call_ended", 1, None),
        ("worker_retrying", 2, None),
        ("worker_delta", 2, "<response>whole</response>"),
        ("call_ended", 2, None),
    ]
    [retrying] = of_kind(events, "worker_retrying")
    assert (retrying.model, retrying.seconds, retrying.reason.kind) == ("m", 0.0, "timeout")


def test_an_answer_that_somebody_sees_being_written_is_not_slow():
    """A watched call that has begun to answer gets no second one; the same call unwatched does."""

    async def long(request: ModelRequest, say: OnText, number: int) -> str:
        await anyio.sleep(1.0)
        say("<response>a long")
        await anyio.sleep(20.0)
        return "<response>a long answer</response>"

    for deltas, calls in ((True, 1), (False, 2)):
        play = Play(quick(slow=HANG), acts={"slow": long})
        played(lambda play=play, deltas=deltas: play.run(deltas=deltas))
        assert [name for name, _ in play.calls].count("slow") == calls


async def fail_later(seconds: float, kind: Any = "cut") -> str:
    """Break off after so many seconds."""
    await anyio.sleep(seconds)
    raise ModelError("The connection was lost.", kind=kind)


def test_a_first_call_that_fails_waits_for_the_second():
    """It is not asked a third time while the second is under way; the reason of the next attempt is its failure."""

    async def act(request: ModelRequest, say: OnText, number: int) -> str:
        if number == 1:
            return await fail_later(2.5)
        await anyio.sleep(5.0)
        return "<response>copy</response>"

    play = Play(quick(slow=HANG), acts={"slow": act})
    events = played(play.run)
    assert [at for name, at in play.calls if name == "slow"] == [0.0, 2.0]
    assert (result(events, "slow").text, result(events, "slow").attempts) == ("copy", 2)
    [retrying] = of_kind(events, "worker_retrying")
    assert (retrying.attempt, retrying.reason.kind) == (2, "cut")


def test_a_first_answer_that_does_not_count_waits_for_the_second():
    """Whole is what counts as an answer: an empty one loses."""

    async def act(request: ModelRequest, say: OnText, number: int) -> str:
        await anyio.sleep(3.0 if number == 1 else 2.0)
        return "<response></response>" if number == 1 else "<response>copy</response>"

    events = played(Play(quick(slow=HANG), acts={"slow": act}).run)
    assert (result(events, "slow").text, result(events, "slow").attempts) == ("copy", 2)


def test_a_second_call_that_fails_changes_nothing():
    """The first one's answer comes as if nothing had been; its failure is in the books alone."""

    async def act(request: ModelRequest, say: OnText, number: int) -> str:
        if number == 2:
            return await fail_later(1.0)
        await anyio.sleep(10.0)
        return "<response>copy</response>"

    play = Play(quick(slow=HANG), acts={"slow": act})
    events = played(play.run)
    assert len(play.calls) == 41
    assert (result(events, "slow").text, result(events, "slow").attempts) == ("copy", 2)
    assert not of_kind(events, "worker_retrying")


def test_when_both_fail_it_is_asked_again_for_the_reason_of_the_first():
    """The retry loop goes on as after one failure, and counts the calls that were made."""

    async def act(request: ModelRequest, say: OnText, number: int) -> str:
        if number < 3:
            return await fail_later(2.5 if number == 1 else 3.0, "cut" if number == 1 else "server")
        return "<response>copy</response>"

    events = played(Play(quick(slow=HANG), acts={"slow": act}).run)
    assert (result(events, "slow").text, result(events, "slow").attempts) == ("copy", 3)
    [retrying] = of_kind(events, "worker_retrying")
    assert (retrying.attempt, retrying.reason.kind) == (3, "cut")


def test_it_keeps_to_the_concurrency_limit_and_to_the_share():
    """With no free slot it is not made, and tried again when there is one; never more than one call in twenty."""
    play = Play(quick(60, a=HANG, b=HANG, c=HANG, d=HANG, e=HANG))
    played(lambda: play.run(concurrency=7))
    assert play.most == 7
    assert len(play.calls) - 65 <= 0.05 * 65
    assert len(play.calls) > 65


@pytest.mark.parametrize(("room", "calls"), [(-1, 40), (0, 41)])
def test_a_second_call_that_does_not_fit_the_budget_is_not_made(room: int, calls: int):
    """The budget is for the first calls; a second one takes what is left over, if that is enough for its most."""
    play, journal = Play(quick(slow=HANG), dear=True), MemoryJournal()

    async def reserved() -> int:
        await play.run(journal, hedge=False)
        starts = (await journal.load("r")).starts.values()
        slow_again = next(start for start in starts if start.subtask_id == "s1")
        return sum(start.reserved.total_tokens for start in (*starts, slow_again))

    tokens = played(reserved) + room
    play = Play(quick(slow=HANG), dear=True)
    done = played(lambda: play.run(budget=Budget(tokens=tokens)))[-1].result  # type: ignore[union-attr]
    assert len(play.calls) == calls
    assert (done.status, done.usage.calls) == ("complete", calls)
    assert done.usage.total_tokens <= tokens


@settings(max_examples=25, deadline=None)
@given(
    seconds=st.lists(st.sampled_from([0.5, 1.0, 1.5, 2.0, 4.0, 30.0]), min_size=22, max_size=44),
    again=st.sampled_from([0.5, 2.0, 4.0, 60.0]),
    tokens=st.integers(5_000, 400_000),
    concurrency=st.sampled_from([1, 3, 10, 100]),
)
def test_the_budget_is_kept_however_calls_fall_together(
    seconds: list[float], again: float, tokens: int, concurrency: int
):
    """Used and promised together are never more than the budget, and every call that was made has one end."""
    play, journal = Play({f"w{n}": one for n, one in enumerate(seconds)}, again=again), MemoryJournal()
    job = replace(play.job(budget=Budget(tokens=tokens)), budget_tracker=BudgetTracker(Budget(tokens=tokens)))

    async def work() -> Any:
        async with open_run(job, journal, LimiterRegistry(concurrency)) as stream:
            async for _ in stream:
                assert job.budget_tracker is not None
                assert job.budget_tracker.committed[0].total_tokens <= tokens
            done = await stream.result()
        return done, await journal.load("r")

    done, saved = played(work)
    assert done.usage.total_tokens <= tokens
    assert saved.ends.keys() == saved.starts.keys()
    assert done.usage.calls == len(play.calls) == len(saved.calls)
    assert play.most <= concurrency
    assert 20 * (len(play.calls) - sum(one.attempts > 0 for one in done.results)) <= len(seconds)
    counted = BudgetTracker(Budget())
    counted.restore(saved)
    assert counted.total.usage == done.usage


class Killed(MemoryJournal):
    """Keeps what was written before a kill, and nothing after it."""

    alive = True

    async def start_call(self, run_id: str, call: CallStart) -> None:
        """Keep a call's start."""
        if self.alive:
            await super().start_call(run_id, call)

    async def end_call(self, run_id: str, call: CallEnd) -> None:
        """Keep a call's end."""
        if self.alive:
            await super().end_call(run_id, call)


def test_both_calls_count_after_a_kill():
    """A resume counts the two that were in flight as their reservations, and asks for the subtask once more."""
    journal = Killed()

    async def work() -> tuple[list[Event], Any]:
        stopped = Play(quick(slow=HANG), again=HANG)
        with anyio.move_on_after(3.0):
            async with open_run(stopped.job(), journal, LimiterRegistry(100)):
                await anyio.sleep(2.5)
                journal.alive = False
                await anyio.sleep_forever()
        journal.alive = True
        before = await journal.load("r")
        return await Play(quick(slow=1.0)).run(journal), before

    events, before = played(work)
    open_calls = [start for id_, start in before.starts.items() if id_ not in before.ends]
    assert [start.subtask_id for start in open_calls] == ["s1", "s1"]
    done = events[-1].result  # type: ignore[union-attr]
    assert done.status == "complete"
    assert done.usage.calls == 39 + 2 + 1
    assert done.usage.output_tokens >= 2 * open_calls[0].reserved.output_tokens


@pytest.mark.parametrize("left_at", [0.5, 2.0, 2.5, 2.999999])
def test_leaving_the_run_leaves_both_calls(left_at: float):
    """Ctrl-C: no call goes on, and each that was made has its end in the journal."""
    play, journal = Play(quick(slow=HANG), again=HANG), MemoryJournal()

    async def work() -> Any:
        await play.run(journal, stop_at=left_at)
        return await journal.load("r")

    saved = played(work)
    assert play.in_flight == 0
    assert saved.ends.keys() == saved.starts.keys()
    assert len(saved.calls) == len(play.calls)


def test_the_deadline_ends_both():
    """At the run's deadline both calls are left, and the subtask failed for that reason."""
    play = Play(quick(slow=HANG), again=HANG)
    events = played(lambda: play.run(deadline=5.0))
    assert sorted(play.cancelled) == [("slow", 1), ("slow", 2)]
    assert result(events, "slow").error.kind == "deadline"
    assert result(events, "slow").attempts == 2
