"""The names of the original notebook, on top of the Orchestrator: change the import, keep the cells.

```python
from stretto.cookbook import FlexibleOrchestrator

orchestrator = FlexibleOrchestrator("Plan: {task}", "Write {task_type}, {task_description}, for: {original_task}")
results = orchestrator.process("Describe a mug", context={"features": ["steel", "leakproof"]})
```
"""

import re
import sys
from collections.abc import Mapping
from typing import TypedDict

from stretto.app.blocking import run_blocking
from stretto.app.orchestrator import Orchestrator
from stretto.app.role_models import ModelSpec, open_named
from stretto.cookbook.printout import Printout, print_results, say
from stretto.core.errors import InputError, ModelError
from stretto.core.events import RunCompleted
from stretto.core.models import ModelReply, ModelRequest
from stretto.core.result import RunResult
from stretto.core.task import EMPTY
from stretto.core.text import replace_surrogates
from stretto.parsing import parse_plan
from stretto.recipes import Recipe, placeholders
from stretto.recipes.prompts import RESERVED

__all__ = ["MODEL", "FlexibleOrchestrator", "extract_xml", "llm_call", "parse_tasks"]

MODEL = "google/gemini-3-flash-preview"
"""The notebook's model, by its OpenRouter id. The environment variable STRETTO_MODEL takes the place of any model."""

_PLAN_NAMES = frozenset({"task"})
_WORKER_NAMES = frozenset({"original_task", "task_type", "task_description"})

_OUTPUT_TOKENS = 8_000
_TIMEOUT = 300.0


class TaskResult(TypedDict):
    """One subtask with what its worker wrote."""

    type: str
    description: str
    result: str
    """Empty when the worker failed, which `process` says aloud."""


class ProcessResult(TypedDict):
    """What `FlexibleOrchestrator.process` returns."""

    analysis: str
    worker_results: list[TaskResult]


def extract_xml(text: str, tag: str) -> str:
    """Return what stands in the first `<tag>…</tag>`, unaltered; "" when there is none.

    The tag may have attributes and be written in any case.
    """
    name = re.escape(tag)
    opening = re.search(rf"<{name}(?:\s[^<>]*)?>", text, re.IGNORECASE)
    if opening is None:
        return ""
    # Two searches, each linear: one pattern for both would look for the end anew from every beginning.
    closing = re.compile(rf"</{name}\s*>", re.IGNORECASE).search(text, opening.end())
    return text[opening.end() : closing.start()] if closing else ""


def parse_tasks(tasks_xml: str) -> list[dict[str, str]]:
    """Return the subtasks of a plan as `{"type", "description"}`, in their order; `[]` only for blank text.

    Raises `PlanError`, which keeps the text, when it cannot be read whole.
    """
    if not tasks_xml.strip():
        return []
    return [{"type": task.type, "description": task.description} for task in parse_plan(tasks_xml).subtasks]


def llm_call(prompt: str, system_prompt: str = "", model: ModelSpec = "claude-sonnet-4-5") -> str:
    """Ask a model once and return its answer, which may be empty; works where an event loop is running too.

    Raises `InputError` when the model cannot be used, and `ModelError` when the call fails, is refused or is cut off.
    """
    opened = open_named(model)
    if opened.label:
        say(f"Note: {opened.label}", stream=sys.stderr)
    request = ModelRequest(
        role="worker",
        prompt=replace_surrogates(prompt),
        system=replace_surrogates(system_prompt),
        max_output_tokens=_OUTPUT_TOKENS,
        timeout=_TIMEOUT,
        gap_timeout=_TIMEOUT,
    )
    return _whole_text(run_blocking(lambda: opened.respond(request)))


def _whole_text(reply: ModelReply) -> str:
    if reply.finish == "refusal":
        raise ModelError(f"{reply.model} refused to answer.", kind="refused", model=reply.model)
    if reply.finish == "length":
        raise ModelError(
            f"The answer of {reply.model} was cut off at {_OUTPUT_TOKENS} tokens.",
            kind="truncated",
            model=reply.model,
            hint="Ask for less at a time.",
        )
    return reply.text


class FlexibleOrchestrator:
    """Breaks a task down and has workers carry the pieces out in parallel, while the plan is still being written.

    The prompts are templates: `{task}` in the first, `{original_task}`, `{task_type}` and `{task_description}` in the
    second, context values by their names in both; `{{` and `}}` are braces. What no placeholder names reaches the
    models as a block of its own.
    """

    def __init__(self, orchestrator_prompt: str, worker_prompt: str, model: ModelSpec = MODEL) -> None:
        self.orchestrator_prompt = orchestrator_prompt
        self.worker_prompt = worker_prompt
        self.model = model

    def process(self, task: str, context: Mapping[str, object] | None = None) -> ProcessResult:
        """Run a task, print what happens, and return the analysis with one entry per subtask of the plan.

        Raises `ValueError` for a variable that a prompt needs and nobody gave, before any call; `PlanError` or
        `ModelError` when there is no plan.
        """
        context = context or EMPTY
        recipe = self._recipe(context)
        orchestrator = Orchestrator(model=self.model, recipe=recipe)
        result = run_blocking(lambda: _follow(orchestrator, task, context))
        if not result.results:
            raise result.shortfall[0].failure.to_error()
        print_results(result)
        return {
            "analysis": result.analysis,
            "worker_results": [
                {"type": outcome.type, "description": outcome.description, "result": outcome.text}
                for outcome in result.results
            ],
        }

    def _recipe(self, context: Mapping[str, object]) -> Recipe:
        for name in context:
            if name in RESERVED:
                raise InputError(f"The context name {name!r} is one of stretto's own.", hint="Give it another name.")
        recipe = Recipe.of(name="cookbook", orchestrator=self.orchestrator_prompt, worker=self.worker_prompt)
        _require(self.orchestrator_prompt, _PLAN_NAMES | context.keys())
        _require(self.worker_prompt, _WORKER_NAMES | context.keys())
        return recipe


def _require(template: str, known: frozenset[str]) -> None:
    missing = sorted(placeholders(template) - known, key=lambda name: template.index(f"{{{name}}}"))
    if missing:
        raise InputError(f"Missing required prompt variable: {missing[0]!r}")


async def _follow(orchestrator: Orchestrator, task: str, context: Mapping[str, object]) -> RunResult:
    printout = Printout()
    async with orchestrator.stream(task, context=context) as events:
        async for event in events:
            printout.see(event)
            if isinstance(event, RunCompleted):
                return event.result
    raise AssertionError("a run ends with run_completed")
