"""What a run was started with, as data: enough to go on with it elsewhere, and no secret in it."""

import json
from dataclasses import replace
from decimal import Decimal
from math import inf

import pytest

from stretto.app.run_spec import from_spec, to_spec
from stretto.checks import open_checks
from stretto.core.errors import InputError
from stretto.core.plan import Plan, Subtask
from stretto.core.task import Task
from stretto.engine import Budget, Job, RoleModels, RunSettings
from stretto.journal import MemoryJournal, open_journal
from stretto.models import open_model
from stretto.recipes import list_recipes, load_recipe
from tests.engine.stage import RECIPE, Stage

SECRET = "sk-secret-0123456789"
PLAN = Plan(subtasks=(Subtask(id="s1", type="a", description="Write a.", tier="fast"),), analysis="why")


def job(**changes) -> Job:
    """Return a job with something set everywhere."""
    keys = {"OPENAI_API_KEY": SECRET, "ANTHROPIC_API_KEY": SECRET}

    def model(name: str):
        return open_model(name, base_url="http://localhost:8000/v1", keys=keys)

    plain = Job(
        run_id="r",
        task=Task.of("Sell a 茶壶\ud800", {"price": 12.5, "features": ["leakproof", "steel"]}),
        recipe=load_recipe("product-copy"),
        role_models=RoleModels(
            orchestrator=model("openai-chat:gpt-5.2"),
            worker=model("openai-chat:gpt-5-mini"),
            synthesis=model("openai-chat:gpt-5.2"),
            fallbacks=(model("openai-chat:gpt-4.1"),),
            tiers={"fast": model("openai-chat:gpt-5-nano")},
        ),
        settings=RunSettings(
            subtasks=(2, 4),
            max_subtasks=7,
            synthesis="merge",
            language="zh",
            checks=open_checks(["facts", "length"]),
            attempts=2,
            timeout=12.5,
            gap_timeout=3.0,
            backoff=0.25,
            hedge=True,
            budget=Budget(usd=Decimal("1.10"), tokens=5_000),
            deadline=60.0,
        ),
        plan=PLAN,
    )
    return replace(plain, **changes)


def again(spec, **options) -> Job:
    """Return the job of a spec, as another process opens it."""
    plain = {"own": None, "own_settings": None, "keys": {"OPENAI_API_KEY": "other"}, "review": None, "deltas": False}
    return from_spec("r", spec, **(plain | options))


def names(role_models: RoleModels) -> list[str]:
    """Return the names of a team's models, in order."""
    return [model.name for model in role_models.members]


def through_json(spec):
    """Return a spec as a journal gives it back."""
    return json.loads(json.dumps(spec))


def test_a_job_comes_back_as_it_was():
    """Task, recipe, models, settings and plan are the same after a way through JSON."""
    before = job()
    after = again(through_json(to_spec(before, base_url="http://localhost:8000/v1")))
    assert (after.task, after.plan, after.settings) == (before.task, PLAN, before.settings)
    assert after.recipe == before.recipe
    assert names(after.role_models) == names(before.role_models)
    assert list(after.role_models.tiers) == ["fast"]


def test_what_was_not_set_stays_so():
    """No budget, no deadline and no plan come back as none."""
    before = job(plan=None, settings=RunSettings(subtasks=(1, 2), max_subtasks=2))
    after = again(through_json(to_spec(before, base_url=None)))
    assert after.plan is None
    assert after.settings == before.settings
    assert after.settings.deadline == inf


def test_a_run_of_an_earlier_version_comes_back():
    """What was not kept then has its default now: no second calls, and the analysis first."""
    before = job(recipe=load_recipe("documentation"))
    spec = through_json(to_spec(before, base_url=None))
    del spec["settings"]["hedge"], spec["recipe"]["analysis"]
    after = again(spec)
    assert (after.settings.hedge, after.recipe.analysis) == (False, "first")


@pytest.mark.parametrize("recipe", [summary.name for summary in list_recipes(user_folder=None)])
def test_every_recipe_comes_back_whole(recipe):
    """A recipe is kept with its text: a resume does not depend on a file that may have changed."""
    before = job(recipe=load_recipe(recipe))
    assert again(through_json(to_spec(before, base_url=None))).recipe == before.recipe


def test_no_secret_is_in_it():
    """The keys with which models were opened are nowhere in what is kept."""
    assert SECRET not in json.dumps(to_spec(job(), base_url="http://localhost:8000/v1"))
    spec = to_spec(job(), base_url=f"http://user:{SECRET}@localhost:8000/v1")
    assert spec["base_url"] == "http://localhost:8000/v1"


@pytest.mark.anyio
async def test_no_secret_is_in_the_journals_file(tmp_path):
    """After a run with a key, the journal's files do not hold it."""
    stage = Stage(["no plan", "none"])
    async with open_journal(tmp_path / "journal.db") as journal:
        await stage.orchestrator(journal=journal, keys={"OPENAI_API_KEY": SECRET}).run("sell a bottle")
    held = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"sell a bottle" in held
    assert SECRET.encode() not in held


@pytest.mark.parametrize(
    ("model", "says"),
    [("nobody:nothing", "nobody"), ("anthropic:claude-sonnet-5-5", "needs a key: ANTHROPIC_API_KEY is not set")],
)
def test_a_model_that_is_not_there_any_more_is_named(monkeypatch, model, says):
    """The error names the run, the model and what it lacks, with the way out."""
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    spec = through_json(to_spec(job(), base_url=None))
    spec["models"]["worker"] = model
    with pytest.raises(InputError, match=f"Run r was started with {model}, which cannot be used now: .*{says}"):
        again(spec)


def test_the_callers_own_models_come_first():
    """A model object of the caller's takes its name's place; every other name is opened."""
    stage = Stage([])
    own = RoleModels(orchestrator=stage.model, worker=stage.model, synthesis=stage.model)
    spec = to_spec(job(role_models=replace(job().role_models, worker=stage.model)), base_url=None)
    role_models = again(through_json(spec), own=own).role_models
    assert role_models.worker is stage.model
    assert role_models.orchestrator.name == "openai-chat:gpt-5.2"


def test_labels_are_kept():
    """What must stand beside the output of a model stands there also when the run is read again."""
    demo = open_model("demo", base_url=None, keys={})
    spec = to_spec(
        job(role_models=RoleModels(orchestrator=demo, worker=demo, synthesis=demo), recipe=RECIPE), base_url=None
    )
    assert spec["labels"] == list(demo.label and [demo.label])


@pytest.mark.anyio
async def test_a_spec_is_kept_as_it_was_first_noted():
    """Whatever a resume is set up with, what the run was started with stays."""
    journal, stage = MemoryJournal(), Stage(["no plan", "none", "no plan", "none"])
    result = await stage.orchestrator(journal=journal, subtasks=2).run("sell a bottle")
    await stage.orchestrator(journal=journal, subtasks=3).resume(result.run_id)
    spec = await journal.spec(result.run_id)
    assert spec["settings"]["subtasks"] == [2, 2]


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("demo", "demo"),
        ("demo:delay=0", "demo:delay=0"),
        ("demo:slow=0.00001", "demo:delay=1e-05"),
        ("demo:fail-worker=2,delay=0.25,cut-plan", "demo:delay=0.25"),
        ("demo:fail-worker=2", "demo"),
    ],
)
def test_the_demo_keeps_its_pace_and_has_its_faults_behind_it(asked: str, kept: str):
    """A demo model comes back as quick as it was, and not with what was made to go wrong, which a retry is to mend."""
    stage = open_model(asked)
    spec = through_json(
        to_spec(job(role_models=RoleModels(orchestrator=stage, worker=stage, synthesis=stage)), base_url=None)
    )
    role_models = again(spec).role_models
    assert list(spec["models"].values())[:3] == [kept] * 3
    assert [model.opens_as for model in role_models.members] == [kept] * 3
    assert role_models.worker is not stage
