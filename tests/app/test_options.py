"""Every option is asked whether it can be used before anything runs; an error names it, its value and the way out."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest

from stretto import Orchestrator, Plan, Recipe, Subtask
from stretto.core.checks import Answer, Finding
from stretto.core.errors import InputError, StrettoError
from stretto.core.models import ModelReply, ModelRequest
from stretto.core.usage import FREE, Cost, Usage
from stretto.journal import MemoryJournal
from stretto.models import FunctionModel
from tests.engine.stage import RECIPE, Stage, plan


class Calm:
    """A check that may be used."""

    name = "calm"

    def inspect(self, answer: Answer) -> Finding | None:
        """Find nothing."""
        return None


def check(**fields: object) -> object:
    """Return a check of the class above with some of it changed."""
    return type("Odd", (Calm,), fields)()


class Answering:
    """A model that may be used."""

    name, label, account = "own", "", "own"

    def price(self, usage: Usage) -> Cost:
        """Cost nothing."""
        return FREE

    async def respond(self, request: ModelRequest, on_text: object = None) -> ModelReply:
        """Answer in one word."""
        return ModelReply(text="yes", finish="stop", usage=None, cost=FREE, model="own")


def model(**fields: object) -> object:
    """Return a model of the class above with some of it changed."""
    return type("Odd", (Answering,), fields)()


WHOLE = ("4", 1.5, nan, True, None, [4])
UNUSABLE: list[tuple[str, object, str]] = [
    *[("concurrency", value, "concurrency must be a whole number, 1 or more, got ") for value in WHOLE],
    ("concurrency", 0, "concurrency must be 1 or more, got 0"),
    ("concurrency", -1, "concurrency must be 1 or more, got -1"),
    *[("attempts", value, "attempts must be a whole number, 1 or more, got ") for value in WHOLE],
    *[("max_subtasks", value, "max_subtasks must be a whole number, from 1 to 1000, got ") for value in WHOLE if value],
    ("max_subtasks", 1001, "max_subtasks must be from 1 to 1000, got 1001"),
    *[("max_tokens_total", value, "max_tokens_total must be a whole number") for value in WHOLE if value],
    ("max_tokens_total", 0, "max_tokens_total must be more than 0 tokens, got 0"),
    *[
        ("timeout", value, "timeout must be a number, more than 0 seconds, got ")
        for value in ("3", True, nan, inf, None)
    ],
    ("timeout", 10**400, "timeout must be a number"),
    ("timeout", -1, "timeout must be more than 0 seconds, got -1"),
    ("gap_timeout", "3", "gap_timeout must be a number, more than 0 seconds, got '3'"),
    *[("deadline", value, "deadline must be a number, more than 0 seconds, got ") for value in ("3", True, nan)],
    ("deadline", -0.5, "deadline must be more than 0 seconds, got -0.5"),
    *[("hedge", value, "hedge must be True or False, got ") for value in ("yes", 1, 0, None)],
    *[("backoff", value, "backoff must be ") for value in ("1", -1, nan, True, None)],
    *[("budget_usd", value, "budget_usd must be a number") for value in ("5", True, nan, inf, Decimal("NaN"))],
    ("budget_usd", Decimal("sNaN"), "budget_usd must be a number"),
    ("budget_usd", 0, "budget_usd must be more than 0 dollars, got 0"),
    *[("subtasks", value, "subtasks must be a number or two of them") for value in ("3", 2.5, True, (1,), (1, 2, 3))],
    *[("subtasks", value, "subtasks must be a number or two of them") for value in ((True, 3), ("1", "2"), {1, 2})],
    *[
        ("checks", value, "checks must be a list of names or checks, got ")
        for value in ("length", b"length", 5, Calm(), {})
    ],
    ("checks", ["lenght"], "Unknown check 'lenght'. Known: empty"),
    ("checks", [Calm], "Calm is a class. Give one of its objects: Calm()."),
    ("checks", [lambda answer: None], "<lambda> is a function. Put it into a class"),
    ("checks", [None], "an object of type NoneType has the name None"),
    ("checks", [object()], "an object of type object has the name None"),
    ("checks", [check(name="")], "has the name ''"),
    ("checks", [check(name=3)], "has the name 3"),
    ("checks", [check(inspect=None)], "'calm' has no method inspect"),
    ("checks", [check(inspect=lambda self: None)], "inspect of 'calm' cannot be called with an answer alone"),
    ("checks", [check(inspect=lambda self, a, b: None)], "inspect of 'calm' cannot be called with an answer alone"),
    ("checks", [check(inspect=lambda self, a: (yield))], "inspect of 'calm' yields"),
    ("checks", [check(strict="no")], "strict of 'calm' is 'no'. Make it True or False."),
    ("checks", [Calm(), Calm()], "Two checks are called 'calm'"),
    ("fallback_models", "demo", "fallback_models must be a list of models, got 'demo'. Write fallback_models="),
    ("fallback_models", None, "fallback_models must be a list of models, got None"),
    ("fallback_models", [5], r"fallback_models\[0\] cannot be used: A model is a name"),
    ("tiers", ["demo"], "tiers must be models by tier, got"),
    ("tiers", {1: "demo"}, "There is no tier 1. Known: fast, strong"),
    ("tiers", {"fast": None}, r"tiers\['fast'\] cannot be used: A model is a name"),
    ("recipe", 123, "recipe must be a recipe's name, the path of its file, or a Recipe, got 123"),
    ("recipe", None, "recipe must be a recipe's name"),
    ("synthesis", None, "synthesis must be one of none, merge, compare, got None"),
    ("synthesis", ["merge"], "synthesis must be one of none, merge, compare, got"),
    ("language", 5, "language must be text such as 'zh', got 5"),
    ("language", " ", "language must be text such as 'zh', got ' '"),
    ("base_url", 8000, "base_url must be text such as 'http://localhost:8000/v1', got 8000"),
    ("keys", "sk-secret", "keys must be keys by the name of their variable, got str"),
    ("keys", {"OPENAI_API_KEY": None}, "keys must be keys by the name of their variable, got dict"),
    ("journal", "runs.db", r"journal must be an open journal, got 'runs.db'. Write journal=open_journal\('runs.db'\)"),
    ("journal", Path("runs.db"), r"Write journal=open_journal\('runs.db'\)"),
    ("journal", MemoryJournal, "journal must be an open journal"),
    ("journal", {}, "journal must be an open journal"),
    (
        "model",
        5,
        "model cannot be used: A model is a name, a pydantic-ai model or agent, or a model of stretto, not int",
    ),
    ("worker_model", Answering, "worker_model cannot be used: Answering is a class, not a model. Give one of its"),
    ("worker_model", lambda request: "yes", "worker_model cannot be used: A model is a name"),
    ("worker_model", model(name=None), "Odd has respond and is yet no model: it lacks name"),
    ("worker_model", model(price=None), "it lacks price"),
    ("worker_model", model(respond=lambda self: None), r"it must have respond\(request, on_text=None\) and price"),
    (
        "synthesis_model",
        model(price=lambda self: FREE),
        "synthesis_model cannot be used: Odd is no model: it must have",
    ),
]


@pytest.mark.parametrize(("option", "value", "says"), UNUSABLE)
def test_an_unusable_option_is_refused_when_the_orchestrator_is_made(option: str, value: object, says: str):
    """Whatever is handed over, an error names the option, its value and the way out, before anything runs."""
    options: dict[str, Any] = {"model": Stage([]).model, "recipe": RECIPE} | {option: value}
    with pytest.raises(InputError, match=says) as caught:
        Orchestrator(**options)
    assert "sk-secret" not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


USABLE: list[tuple[str, object]] = [
    ("concurrency", 1),
    ("subtasks", [2, 3]),
    ("deadline", inf),
    ("timeout", Decimal("2.5")),
    ("timeout", Fraction(1, 2)),
    ("backoff", 0),
    ("budget_usd", Decimal("0.10")),
    ("budget_usd", Fraction(1, 4)),
    ("checks", (Calm(), "length")),
    ("checks", ["length", "length"]),
    ("checks", iter([Calm()])),
    ("fallback_models", ()),
    ("tiers", None),
    ("journal", MemoryJournal()),
    ("model", Answering()),
]


@pytest.mark.parametrize(("option", "value"), USABLE)
def test_what_means_something_is_taken(option: str, value: object):
    """An option is not refused for the form of its value where that is clear."""
    options: dict[str, Any] = {"model": Stage([]).model, "recipe": RECIPE} | {option: value}
    assert Orchestrator(**options).models["orchestrator"]


ARGUMENTS: list[tuple[dict[str, Any], str]] = [
    ({"task": 5}, "The task must be text, got int"),
    ({"context": ["a"]}, "The context must be names with values, got list"),
    ({"plan": {"subtasks": []}}, r"plan must be a Plan, got .* Write plan=Plan.from_dict"),
    ({"plan": "<tasks>"}, r"plan must be a Plan, got '<tasks>'. Write plan=parse_plan"),
    ({"plan": Plan(subtasks=())}, "plan.subtasks must be a tuple of one Subtask or more"),
    ({"plan": Plan(subtasks=("a",))}, "Subtask 1 of the plan must be a Subtask, got 'a'"),  # type: ignore[arg-type]
    ({"plan": Plan(subtasks=(Subtask(type="a", description="b"),) * 1001)}, "1001 subtasks; the ceiling is 1000"),
    ({"review": True}, "review must be a function of the plan and its quote, got True"),
]


@pytest.mark.parametrize(("arguments", "says"), ARGUMENTS)
def test_an_unusable_argument_of_a_run_is_refused(arguments: dict[str, Any], says: str):
    """The same holds for what a run is given, and no call is made."""
    stage = Stage([plan("a")])
    with pytest.raises(InputError, match=says):
        stage.orchestrator().run_sync(**({"task": "sell a bottle"} | arguments))
    assert stage.requests == []


@pytest.mark.anyio
async def test_an_unusable_argument_of_the_other_methods_is_refused():
    """What `stream`, `resume` and `rerun` are given is asked, too."""
    orchestrator = Stage([]).orchestrator(journal=MemoryJournal())
    with pytest.raises(InputError, match="deltas must be True or False, got 'no'"):
        async with orchestrator.stream("task", deltas="no"):  # type: ignore[arg-type]
            pass
    for run_id in (None, 5, "", b"x"):
        with pytest.raises(InputError, match="run_id must be the id that a result carries, got "):
            await orchestrator.resume(run_id)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="subtask_id must be the id that a result carries, got 3"):
        await orchestrator.rerun("x", 3)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="plan must be a Plan"):
        orchestrator.quote("task", plan=5)  # type: ignore[arg-type]


@pytest.mark.parametrize("returned", [True, "yes", {}, Plan(subtasks=())])
def test_a_review_that_returns_no_plan_is_said(returned: object):
    """A review returns a plan or nothing; anything else is an error that says so."""
    with pytest.raises(InputError, match="The review must return a plan with a subtask, or None"):
        Stage([plan("a")]).orchestrator().run_sync("task", review=lambda plan, quote: returned)  # type: ignore[arg-type]


def test_a_review_may_be_a_plain_function():
    """A review that has nothing to wait for need not be `async`."""
    assert Stage([plan("a")]).orchestrator().run_sync("task", review=lambda plan, quote: plan).status == "complete"


RECIPES: list[tuple[dict[str, Any], str]] = [
    ({"worker": None}, "worker of recipe 'custom' must be text, got None"),
    ({"name": 3}, "name of recipe 3 must be text, got 3"),
    ({"subtasks": 3}, r"subtasks of recipe 'custom' must be two numbers, such as \(2, 3\), got 3"),
    ({"subtasks": ("2", "3")}, "subtasks of recipe 'custom' must be two numbers"),
    ({"subtasks": (True, 3)}, "subtasks of recipe 'custom' must be two numbers"),
    ({"max_subtasks": "9"}, "max_subtasks of recipe 'custom' must be a whole number, got '9'"),
    ({"analysis": "middle"}, "analysis of recipe 'custom' must be first or last, got 'middle'"),
    ({"plan_format": "yaml"}, "plan_format of recipe 'custom' must be xml or json, got 'yaml'"),
    ({"checks": "length"}, r"checks of recipe 'custom' must be names in a list, such as \[\"length\"\], got 'length'"),
    ({"checks": None}, "must be names in a list"),
    ({"checks": [Calm()]}, r"A check of your own goes to Orchestrator\(checks=\[…\]\)"),
    ({"max_output_tokens": 500}, "max_output_tokens of recipe 'custom' must be numbers by role"),
    ({"max_output_tokens": {"writer": 500}}, "has no role 'writer'. Known: orchestrator, worker, synthesis"),
    ({"max_output_tokens": {"worker": "500"}}, r"max_output_tokens\['worker'\] .* must be a whole number, got '500'"),
    ({"language": 5}, "language of recipe 'custom' must be text, got 5"),
]


@pytest.mark.parametrize(("fields", "says"), RECIPES)
def test_an_unusable_field_of_a_recipe_is_refused_when_it_is_made(fields: dict[str, Any], says: str):
    """A recipe made in code says which of its fields cannot be used, and with which value."""
    with pytest.raises(StrettoError, match=says):
        Recipe.of(**({"orchestrator": "Plan {task}", "worker": "Write {task}"} | fields))
    if "max_output_tokens" not in fields and "checks" not in fields:
        with pytest.raises(StrettoError, match="must be"):
            replace(RECIPE, **fields)


@pytest.mark.parametrize("answer", [None, 5, "text", lambda: "too few"])
def test_a_model_made_of_no_function_says_what_it_needs(answer: Any):
    """A `FunctionModel` is refused when it is made of something else, and a bad answer of it is a failure in words."""
    if not callable(answer):
        with pytest.raises(InputError, match="A FunctionModel is made of a function, got "):
            FunctionModel(answer)
        return
    result = Stage([plan("a")]).orchestrator(worker_model=FunctionModel(answer), attempts=1).run_sync("task")
    assert "function failed: TypeError" in str(result.results[0].error)


@pytest.mark.parametrize("said", [None, 5, b"bytes", ["text"]])
def test_a_model_that_answers_with_no_reply_fails_in_words(said: object):
    """What a model of one's own returns in a reply's place is named; the siblings and the run go on."""

    async def respond(self: object, request: ModelRequest, on_text: object = None) -> Any:
        return said

    for own in (model(respond=respond), FunctionModel(lambda request, tell: said)):  # type: ignore[arg-type, return-value]
        result = Stage([plan("a")]).orchestrator(worker_model=own, attempts=1).run_sync("task")
        assert result.results[0].error is not None
        assert result.results[0].error.kind == "unexpected"
        assert f"got {said!r}" in result.results[0].error.message
