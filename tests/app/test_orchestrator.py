"""The Orchestrator as developers use it."""

import pytest

from stretto import Orchestrator, RunResult
from stretto.app.orchestrator import new_run_id
from stretto.core.errors import InputError, StrettoError
from stretto.core.journal import OutcomeKey
from stretto.journal import MemoryJournal
from tests.engine.stage import RECIPE, Stage, plan


def test_a_run_from_a_plain_script():
    """`run_sync` runs a task without any event loop."""
    result = Stage([plan("a")]).orchestrator().run_sync("task")
    assert isinstance(result, RunResult)
    assert (result.status, result.results[0].text) == ("complete", "copy by a")


@pytest.mark.anyio
async def test_a_run_from_a_running_event_loop():
    """`run_sync` works where an event loop is running, as in a notebook, and its errors come out."""
    assert Stage([plan("a")]).orchestrator().run_sync("task").status == "complete"
    with pytest.raises(InputError, match="task is empty"):
        Stage([]).orchestrator().run_sync(" ")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"subtasks": (5, 2)}, "lowest first, got 5-2"),
        ({"subtasks": 0}, "got 0-0"),
        ({"subtasks": "5-2"}, r"two of them, such as \(2, 3\), got '5-2'"),
        ({"tiers": {"huge": "demo"}}, "no tier 'huge'. Known: fast, strong"),
        ({"max_subtasks": 0}, "max_subtasks must be from 1 to 1000, got 0"),
        ({"attempts": 0}, "attempts must be 1 or more, got 0"),
        ({"concurrency": 0}, "concurrency must be 1 or more, got 0"),
        ({"checks": ["spelling"]}, "spelling"),
        ({"recipe": "no-such"}, "no-such"),
        ({"model": "no such model"}, "no such model"),
        ({"synthesis": "blend"}, "synthesis must be one of none, merge, compare, got 'blend'"),
        ({"timeout": 0}, "timeout must be more than 0 seconds, got 0"),
    ],
)
def test_an_unusable_option_is_named_with_its_value(options: dict[str, object], says: str):
    """A wrong option is an error that names it and its value, before anything runs."""
    with pytest.raises(StrettoError, match=says):
        Orchestrator(**({"model": Stage([]).model, "recipe": RECIPE} | options))  # type: ignore[arg-type]


@pytest.mark.anyio
async def test_a_journal_of_ones_own_keeps_the_run():
    """The journal that is given has the plan and every outcome, under the run's id."""
    journal = MemoryJournal()
    result = await Stage([plan("a")]).orchestrator(journal=journal).run("task")
    saved = await journal.load(result.run_id)
    assert set(saved.outcomes) == {OutcomeKey(role="orchestrator"), OutcomeKey(role="worker", subtask_id="s1")}


@pytest.mark.anyio
async def test_what_a_journal_raises_stops_the_run_as_it_is():
    """A journal that cannot write stops the run with its own error, not with a group of them."""

    class Full(MemoryJournal):
        async def seal(self, *args: object, **options: object) -> None:
            raise StrettoError("The disk is full.", hint="Free some room.")

    with pytest.raises(StrettoError, match="disk is full"):
        await Stage([plan("a")]).orchestrator(journal=Full()).run("task")


def test_models_are_shown_by_name():
    """The resolved models can be asked for; a role without its own takes the orchestrator's."""
    stage, other = Stage([]), Stage([])
    other.model.name = "other"
    orchestrator = stage.orchestrator(worker_model=other.model)
    assert orchestrator.models == {"orchestrator": "stage", "worker": "other", "synthesis": "stage"}
    assert orchestrator.why == ""


def test_a_name_in_a_program_gives_way_to_the_environment(monkeypatch: pytest.MonkeyPatch):
    """`STRETTO_MODEL` takes the place of names, so that any program runs on the demo; objects stay."""
    monkeypatch.setenv("STRETTO_MODEL", "demo")
    orchestrator = Orchestrator(model="anthropic:claude-sonnet-4-5", worker_model=Stage([]).model)
    assert orchestrator.models == {"orchestrator": "demo", "worker": "stage", "synthesis": "demo"}


def test_run_ids_sort_by_time_and_differ():
    """Run ids begin with the time and never collide in practice."""
    assert len({new_run_id() for _ in range(100)}) == 100
    assert new_run_id()[:8].isdigit()


def test_whoever_asks_for_more_subtasks_gets_them_all():
    """More subtasks than the recipe allows are made when they are asked for, unless a limit is given too."""
    task = "Write a text about a bottle"
    asked = Orchestrator(model="demo:delay=0", subtasks=20)
    assert asked.quote(task).calls == 21
    assert Orchestrator(model="demo:delay=0", subtasks=20, max_subtasks=12).quote(task).calls == 13
