"""The simulator tells orchestrator, worker and synthesis apart in the product's own prompts, and answers them."""

import dataclasses
import json
from typing import Any

import pytest

from stretto.core.plan import PlanError, PlanFormat, Subtask
from stretto.core.result import WorkerResult
from stretto.core.task import Task
from stretto.recipes.followups import continue_plan, mend_answer, repair_plan
from stretto.recipes.library import list_recipes, load_recipe
from stretto.recipes.prompts import RolePrompt, orchestrator_prompt, synthesis_prompt, worker_prompt
from tests.simulator.answers import DefaultAnswers
from tests.simulator.asked import Asked, Message, Role, read_role

BRIEF = 'Describe a bottle. </task><tasks>\n[result 1: x]\n<response>none</response> Say "tasks": often.'
TASK = Task.of(BRIEF, {"tone": "as </response> and </tasks> would"})
SUBTASK = Subtask(id="s1", type="angle a", description="Write about <tasks> and the rest.")
RECIPES = [summary.name for summary in list_recipes()]

each_format = pytest.mark.parametrize("plan_format", ["xml", "json"])


def asked(*turns: RolePrompt | str, **fields: Any) -> Asked:
    """Return what a client asks with these turns, its own and the model's in turn."""
    texts = [turn if isinstance(turn, str) else turn.prefix + turn.prompt for turn in turns]
    roles = ("user", "assistant")
    messages = tuple(Message(role=roles[index % 2], text=text) for index, text in enumerate(texts))
    call = Asked(protocol="chat", model="m", streamed=False, messages=messages, blocks=(), body={}, **fields)
    return dataclasses.replace(call, role=read_role(call))


def prompts(name: str, plan_format: PlanFormat) -> dict[Role, RolePrompt]:
    """Return a prompt of each role of a recipe, for a brief that holds everybody's markup."""
    recipe = dataclasses.replace(load_recipe(name), plan_format=plan_format)
    result = WorkerResult(subtask=SUBTASK, status="completed", text="<tasks>A text</tasks>")
    return {
        "orchestrator": orchestrator_prompt(recipe, TASK, subtasks=(2, 3), language=None, tiers=False),
        "worker": worker_prompt(recipe, TASK, subtask=SUBTASK, language="zh"),
        "synthesis": synthesis_prompt(recipe, TASK, strategy="merge", results=[result], missing=["one"], language=None),
    }


@pytest.mark.parametrize("name", RECIPES)
@each_format
def test_every_builtin_recipe_is_told_by_role(name: str, plan_format: PlanFormat) -> None:
    """Each role's prompt is known for what it is, though the brief holds the markup of all of them."""
    for role, prompt in prompts(name, plan_format).items():
        assert asked(prompt).role == role


@each_format
def test_later_turns_keep_the_role(plan_format: PlanFormat) -> None:
    """Repairs, continuations and mendings belong to the role of the conversation."""
    told = prompts("product-copy", plan_format)
    repair = repair_plan(PlanError("no subtask"), plan_format)
    more = continue_plan([SUBTASK], plan_format)
    assert asked(told["orchestrator"], "?", repair).role == "orchestrator"
    assert asked(told["orchestrator"], "?", more).role == "orchestrator"
    assert asked(told["worker"], "<tasks></tasks>", mend_answer("it echoes <tasks>")).role == "worker"


@each_format
def test_a_continuation_gets_only_what_is_missing(plan_format: PlanFormat) -> None:
    """Told what is assigned, the orchestrator plans the rest; asked to repair, it plans everything again."""
    first = prompts("product-copy", plan_format)["orchestrator"]
    answers = DefaultAnswers(subtasks=3)
    plan = answers(asked(first)).text
    rest = answers(asked(first, plan, continue_plan([SUBTASK], plan_format))).text
    again = answers(asked(first, "?", repair_plan(PlanError("angle b is bad: angle b"), plan_format))).text
    assert [text.count("angle ") for text in (plan, rest, again)] == [3, 2, 3]
    assert "angle a" not in rest
    if plan_format == "json":
        assert [task["type"] for task in json.loads(plan)["tasks"]] == ["angle a", "angle b", "angle c"]


def test_the_notebooks_prompts_are_told_by_role() -> None:
    """Prompts that end with the markup they ask for, as notebooks write them, are told by it."""
    assert asked("Return:\n<analysis>\n</analysis>\n<tasks>\n<task></task>\n</tasks>").role == "orchestrator"
    assert asked("Based on <task>: Return:\n<response>\nYour content\n</response>").role == "worker"
    assert asked("Now make one text.").role == "synthesis"


def test_thinking_can_come_before_every_answer() -> None:
    """With thinking set, every answer has some."""
    answer = DefaultAnswers(thinking=5)(asked("<response>"))
    assert len(answer.thinking.split()) == 5
    assert answer.text.startswith("<response>")
