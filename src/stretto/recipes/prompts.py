"""Builds each role's prompt: one shared prefix, then the role's own instructions. No I/O."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from stretto.core.plan import Subtask
from stretto.core.result import WorkerResult
from stretto.core.task import Task, render_block
from stretto.core.text import replace_surrogates
from stretto.recipes.filling import fill, placeholders, unknown_placeholder
from stretto.recipes.languages import language_name
from stretto.recipes.markup import (
    RESPONSE_MARKUP,
    describes_plan,
    describes_response,
    plan_markup,
    tier_instruction,
)
from stretto.recipes.recipe import Recipe

_TASK_NAMES: tuple[str, ...] = ("task", "original_task")
_RANGE_NAMES = ("subtasks", "min_subtasks", "max_subtasks")
_TYPE_NAMES: tuple[str, ...] = ("task_type", "subtask_type")
_DESCRIPTION_NAMES: tuple[str, ...] = ("task_description", "subtask_description")
_RESULT_NAMES = ("results",)

_LONGEST_LABEL = 200

RESERVED = frozenset({*_TASK_NAMES, *_RANGE_NAMES, *_TYPE_NAMES, *_DESCRIPTION_NAMES, *_RESULT_NAMES})
"""Placeholders of our own. A context value of the same name is never placed by one: it always comes as a block."""

_OWN: Mapping[str, tuple[str, ...]] = {
    "shared": (),
    "orchestrator": _RANGE_NAMES,
    "worker": (*_TYPE_NAMES, *_DESCRIPTION_NAMES),
    "merge": _RESULT_NAMES,
    "compare": _RESULT_NAMES,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class RolePrompt:
    """One prompt in two parts; the prompt is `prefix + prompt`."""

    prefix: str
    """The same bytes for every role of a run; ends with a blank line unless it is empty."""
    prompt: str
    """The role's own instructions."""


def verify_recipe(recipe: Recipe, task: Task) -> None:
    """Raise `RecipeError` when any prompt of the recipe has a placeholder that this task gives no value for.

    Done before the first call, so that no money is spent on a plan whose workers cannot be prompted.
    """
    for part, template in recipe.templates.items():
        where = _where(recipe, part)
        known = {**_task_values(task), **dict.fromkeys(_OWN[part], "")}
        for name in sorted(placeholders(template, where=where) - known.keys()):
            raise unknown_placeholder(name, known, where)


def orchestrator_prompt(
    recipe: Recipe, task: Task, *, subtasks: tuple[int, int], language: str | None, tiers: bool
) -> RolePrompt:
    """Return what asks for the plan; raises `RecipeError` when any prompt of the recipe cannot be filled."""
    verify_recipe(recipe, task)
    template = recipe.orchestrator
    low, high = subtasks
    numbers = {"subtasks": _range(low, high), "min_subtasks": str(low), "max_subtasks": str(high)}
    parts = [_fill(recipe, "orchestrator", task, numbers)]
    # A template that says nothing about the number, of a recipe that does not either, leaves it to the model.
    if not placeholders(template) & set(_RANGE_NAMES) and subtasks != (1, recipe.max_subtasks):
        parts.append(f"Plan {_range(low, high)} subtasks.")
    if not describes_plan(template, recipe.plan_format):
        parts.append(plan_markup(recipe.plan_format, tiers=tiers, analysis=recipe.analysis))
    if tiers:
        parts.append(tier_instruction(recipe.plan_format))
    return _role_prompt(recipe, task, parts, language)


def worker_prompt(recipe: Recipe, task: Task, *, subtask: Subtask, language: str | None) -> RolePrompt:
    """Return what asks for one subtask's text; raises `RecipeError` when the prompt cannot be filled."""
    own = dict.fromkeys(_TYPE_NAMES, subtask.type) | dict.fromkeys(_DESCRIPTION_NAMES, subtask.description)
    placed = placeholders(recipe.worker)
    parts = [_fill(recipe, "worker", task, own)]
    if not placed & set(_TYPE_NAMES):
        parts.append(_block("subtask type", subtask.type))
    if not placed & set(_DESCRIPTION_NAMES):
        parts.append(_block("subtask description", subtask.description))
    if not describes_response(recipe.worker):
        parts.append(RESPONSE_MARKUP)
    return _role_prompt(recipe, task, parts, language)


def synthesis_prompt(
    recipe: Recipe,
    task: Task,
    *,
    strategy: Literal["merge", "compare"],
    results: Sequence[WorkerResult],
    missing: Sequence[str],
    language: str | None,
) -> RolePrompt:
    """Return what asks for the synthesis of the completed `results`; `missing` names what there is no result for."""
    template = recipe.templates[strategy]
    rendered = "\n\n".join(
        _block(f"result {number}: {result.type}", result.text)
        for number, result in enumerate(results, 1)
        if result.status == "completed"
    )
    placed = placeholders(template)
    parts = [_fill(recipe, strategy, task, {"results": rendered})]
    parts += _blocks(task, [name for name in _placed_by_both(recipe, task) if not _places(placed, name)])
    if "results" not in placed:
        parts.append(rendered)
    if missing:
        parts.append("These parts could not be made. Do not make them up; say in one sentence that they are missing.")
        parts.append(_block("missing", "\n".join(f"- {' '.join(what.split())}" for what in missing)))
    if not describes_response(template):
        parts.append(RESPONSE_MARKUP)
    return _role_prompt(recipe, task, parts, language)


def _role_prompt(recipe: Recipe, task: Task, parts: list[str], language: str | None) -> RolePrompt:
    wanted = language or recipe.language
    if wanted:
        parts.append(f"Write in {language_name(wanted)}, whatever the language of the task.")
    prompt = "\n\n".join(part for part in parts if part)
    return RolePrompt(prefix=_prefix(recipe, task), prompt=replace_surrogates(prompt))


def _prefix(recipe: Recipe, task: Task) -> str:
    """Return the shared rules and a block for the task and every context value that no role would see otherwise."""
    placed = placeholders(recipe.shared)
    placed_by_both = _placed_by_both(recipe, task)
    names = [name for name in ("", *task.context) if name not in placed_by_both and not _places(placed, name)]
    parts = [_fill(recipe, "shared", task, {}), *_blocks(task, names)]
    text = "\n\n".join(part for part in parts if part)
    return replace_surrogates(f"{text}\n\n") if text else ""


def _placed_by_both(recipe: Recipe, task: Task) -> list[str]:
    """Return what the orchestrator's and the worker's template both place: the prefix need not repeat it."""
    orchestrator, worker = placeholders(recipe.orchestrator), placeholders(recipe.worker)
    return [name for name in ("", *task.context) if _places(orchestrator, name) and _places(worker, name)]


def _places(placed: frozenset[str], name: str) -> bool:
    """Whether a template places the task (the empty name) or a context value."""
    if not name:
        return not placed.isdisjoint(_TASK_NAMES)
    return name in placed and name not in RESERVED


def _blocks(task: Task, names: Sequence[str]) -> list[str]:
    return [_block(f"context: {name}", task.context[name]) if name else _block("task", task.text) for name in names]


def _fill(recipe: Recipe, part: str, task: Task, own: Mapping[str, str]) -> str:
    return fill(recipe.templates[part].strip(), {**_task_values(task), **own}, where=_where(recipe, part))


def _task_values(task: Task) -> dict[str, str]:
    context = {name: value for name, value in task.context.items() if name not in RESERVED}
    return context | dict.fromkeys(_TASK_NAMES, task.text)


def _where(recipe: Recipe, part: str) -> str:
    return f"the {part} prompt of recipe {recipe.name!r}"


def _range(low: int, high: int) -> str:
    return f"exactly {low}" if low == high else f"between {low} and {high}"


def _block(name: str, text: str) -> str:
    """Return a block whose name holds nothing that could end its mark."""
    label = re.sub(r"[\[\]]", "|", " ".join(name.split()))[:_LONGEST_LABEL]
    return render_block(replace_surrogates(label), replace_surrogates(text))
