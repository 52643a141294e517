"""A call whose request never left is no call: it is counted nowhere, in a result or a journal, nor after a resume."""

import asyncio
import selectors
from collections.abc import Callable
from dataclasses import replace

import anyio
import pytest

from stretto.core.journal import CallEnd, CallStart
from stretto.core.models import ModelReply, ModelRequest, OnText
from stretto.core.task import Task
from stretto.engine import Budget, BudgetTracker, Job, LimiterRegistry, RoleModels, RunSettings, open_run
from stretto.journal import MemoryJournal
from stretto.models import open_model
from tests.engine.stage import RECIPE, Stage, asked_type, plan, reply, subtask
from tests.simulator import Simulator

SETTINGS = RunSettings(subtasks=(1, 5), max_subtasks=5, backoff=0.0)


class Ticks(selectors.DefaultSelector):
    """Counts the rounds of an event loop, and does something in one of them."""

    def __init__(self) -> None:
        super().__init__()
        self.left: int | None = None
        """Rounds until then; None for never."""
        self.then: Callable[[], object] = lambda: None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Look for I/O, as each round does once."""
        if self.left is not None:
            self.left -= 1
            if self.left == 0:
                self.left = None
                self.then()
        return super().select(timeout)


class SlowJournal(MemoryJournal):
    """Takes a round of the loop before and after each note of a call."""

    async def start_call(self, run_id: str, call: CallStart) -> None:
        """Keep a call's start."""
        await anyio.lowlevel.checkpoint()
        await super().start_call(run_id, call)
        await anyio.lowlevel.checkpoint()

    async def end_call(self, run_id: str, call: CallEnd) -> None:
        """Keep a call's end."""
        await anyio.lowlevel.checkpoint()
        await super().end_call(run_id, call)


def job(
    model: object, *, budget_tracker: BudgetTracker | None = None, concurrency: int = 10
) -> tuple[Job, LimiterRegistry]:
    """Return a job whose roles all ask one model."""
    role_models = RoleModels(orchestrator=model, worker=model, synthesis=model)  # type: ignore[arg-type]
    settings = Job(
        run_id="r",
        task=Task.of("t"),
        recipe=RECIPE,
        role_models=role_models,
        settings=SETTINGS,
        budget_tracker=budget_tracker,
    )
    return settings, LimiterRegistry(concurrency)


async def counted(journal: MemoryJournal) -> tuple[int, int]:
    """Return the calls and the tokens that a resume would begin with."""
    budget_tracker = BudgetTracker(Budget())
    budget_tracker.restore(await journal.load("r"))
    return budget_tracker.total.usage.calls, budget_tracker.total.usage.total_tokens


def left_in_every_round(play: Callable[[Ticks, int], "asyncio.Future[bool]"]) -> int:
    """Play once for each round of the loop that something can be left in; return how many there were."""
    for number in range(1, 10_000):
        ticks = Ticks()
        with asyncio.Runner(loop_factory=lambda ticks=ticks: asyncio.SelectorEventLoop(ticks)) as runner:
            if runner.run(play(ticks, number)):  # type: ignore[arg-type]
                return number
    raise AssertionError("it never passes through")


async def _until_left(ticks: Ticks, number: int, job: Job, limiters: LimiterRegistry, journal: MemoryJournal) -> bool:
    """Run until the end, or until this round; return whether it came to its end."""
    with anyio.CancelScope() as scope:
        async with open_run(job, journal, limiters) as stream:
            ticks.left, ticks.then = number, scope.cancel
            await stream.result()
            ticks.left = None
    return not scope.cancelled_caught


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_run_left_in_any_round_counts_the_calls_that_were_made(concurrency: int) -> None:
    """Left at every await in turn: the journal counts what the model was asked, no more and no less, also resumed."""

    async def play(ticks: Ticks, number: int) -> bool:
        async def work(request: ModelRequest, say: OnText) -> ModelReply:
            await anyio.lowlevel.checkpoint()
            return reply(f"copy by {asked_type(request)}")

        stage, journal = Stage([plan(*"abc")] * 2, work), SlowJournal()
        own, limiters = job(stage.model, concurrency=concurrency)
        over = await _until_left(ticks, number, own, limiters, journal)
        calls, _ = await counted(journal)
        assert calls == len(stage.requests), number
        async with open_run(*(own, journal, limiters)) as stream:
            result = await stream.result()
        assert (result.status, result.usage.calls) == ("complete", len(stage.requests)), number
        assert (await counted(journal))[0] == len(stage.requests)
        return over

    assert left_in_every_round(play) > 15  # type: ignore[arg-type]


def test_a_subtask_superseded_in_any_round_costs_what_was_asked_for_it() -> None:
    """An early start that the plan drops at any await: its calls are those that its model got."""

    async def play(ticks: Ticks, number: int) -> bool:
        over = anyio.Event()

        async def orchestrate(request: ModelRequest, say: OnText) -> str:
            text = f"<tasks>{subtask('a')}</tasks> Better: <tasks>{subtask('b')}</tasks>"
            say(text[:-30])
            ticks.left, ticks.then = number, over.set
            await over.wait()
            say(text[-30:])
            return text

        async def work(request: ModelRequest, say: OnText) -> str:
            if asked_type(request) == "a":
                asked.append(request)
                while True:
                    await anyio.lowlevel.checkpoint()
            return "copy"

        asked: list[ModelRequest] = []
        stage, journal = Stage(orchestrate, work), SlowJournal()
        own, limiters = job(stage.model)
        async with open_run(replace(own, deltas=True), journal, limiters) as stream:
            result = await stream.result()
        assert result.usage.calls == len(stage.requests), number
        assert [(dropped.attempts, dropped.usage.calls) for dropped in result.superseded] == [(len(asked),) * 2]
        assert (await counted(journal))[0] == len(stage.requests)
        return number == 20

    left_in_every_round(play)  # type: ignore[arg-type]


@pytest.mark.parametrize("spec", ["openai-chat:gpt-5.2", "anthropic:claude-haiku-4-5"])
def test_over_a_socket_only_what_the_server_got_is_counted(spec: str) -> None:
    """Left at every await of a real client, connecting and preparing included: the server got what is counted."""

    async def play(ticks: Ticks, number: int) -> bool:
        async with Simulator() as sim:
            url = f"{sim.url}/v1" if "chat" in spec else sim.url
            model = open_model(spec, base_url=url, keys={"OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k"})
            own, limiters = job(model)
            journal = MemoryJournal()
            over = await _until_left(ticks, number * 3, own, limiters, journal)
            await sim.until(lambda calls: all(call.end != "open" for call in calls))
            assert (await counted(journal))[0] == len(sim.calls), number
        return over

    assert left_in_every_round(play) > 5  # type: ignore[arg-type]
