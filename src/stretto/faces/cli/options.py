"""The options that `run`, `plan` and `demo` share, and what is made of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stretto.core.errors import InputError

if TYPE_CHECKING:
    from stretto.app.orchestrator import Orchestrator
    from stretto.core.plan import Plan

TaskText = Annotated[str | None, typer.Argument(metavar="TASK", help="What is to be made; - reads it from stdin.")]
ContextValues = Annotated[
    list[str] | None,
    typer.Option("-c", "--context", metavar="NAME=VALUE", help="A fact the models may use; repeatable."),
]
ContextFiles = Annotated[
    list[Path] | None,
    typer.Option("--context-file", metavar="FILE", help="Facts from a JSON, YAML, Markdown or text file; repeatable."),
]
RecipeName = Annotated[
    str | None, typer.Option("--recipe", metavar="RECIPE", help="Its name or path; see: stretto recipes")
]
ModelName = Annotated[
    str | None,
    typer.Option("--model", metavar="MODEL", help="The orchestrator's, such as anthropic:claude-sonnet-4-5."),
]
WorkerModel = Annotated[
    str | None, typer.Option("--worker-model", metavar="MODEL", help="The workers'; without it, the orchestrator's.")
]
SynthesisModel = Annotated[
    str | None, typer.Option("--synthesis-model", metavar="MODEL", help="The one that writes the synthesis.")
]
FallbackModels = Annotated[
    list[str] | None,
    typer.Option("--fallback-model", metavar="MODEL", help="Asked when a model gives no usable answer; repeatable."),
]
Tiers = Annotated[
    list[str] | None,
    typer.Option("--tier", metavar="TIER=MODEL", help="Model for subtasks marked fast or strong; repeatable."),
]
Subtasks = Annotated[str | None, typer.Option("--subtasks", metavar="N|N-M", help="How many subtasks to ask for.")]
MaxSubtasks = Annotated[str | None, typer.Option("--max-subtasks", metavar="N", help="More are never started.")]
Synthesize = Annotated[
    str | None, typer.Option("--synthesize", metavar="merge|compare", help="One text out of all, or a recommendation.")
]
Language = Annotated[
    str | None, typer.Option("--language", metavar="CODE", help="Language of the answers; without it, the brief's.")
]
Concurrency = Annotated[str | None, typer.Option("--concurrency", metavar="N", help="Calls to one model at a time.")]
Attempts = Annotated[str | None, typer.Option("--attempts", metavar="N", help="Calls for one answer at the most.")]
Timeout = Annotated[str | None, typer.Option("--timeout", metavar="SECONDS", help="For one call.")]
BaseUrl = Annotated[
    str | None, typer.Option("--base-url", metavar="URL", help="Another server that speaks the model's protocol.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what it would take; no call is made.")]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON for other programs.")]


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """Everything that was typed, read and understood; nothing was called yet."""

    orchestrator: "Orchestrator"
    task: str
    context: Mapping[str, object] = field(default_factory=dict[str, object])
    plan: "Plan | None" = None
    """The plan of `--plan`."""
    recipe: str = ""
    """As it was named."""
    language: str = ""
    """Empty for the brief's."""


def prepare(
    task: str | None,
    flags: Mapping[str, object],
    *,
    context: list[str] | None,
    context_files: list[Path] | None,
    plan_file: Path | None = None,
) -> Prepared:
    """Read what was given and open the models; raises `InputError` and makes no call."""
    # Not at the top: --help needs none of it.
    from stretto.app.folders import recipes_folder
    from stretto.app.keys import load_keys
    from stretto.app.orchestrator import Orchestrator
    from stretto.app.settings import load_settings
    from stretto.faces.cli.context import read_context, read_task
    from stretto.faces.cli.plan_files import PlanFile, read_plan_file
    from stretto.recipes import load_recipe

    given: dict[str, object] = {name: value or None for name, value in flags.items()}
    file: PlanFile | None = read_plan_file(plan_file) if plan_file else None
    if file:
        if given.get("subtasks") or given.get("max_subtasks"):
            raise InputError("--plan says already what is to be run.", hint="Leave out --subtasks and --max-subtasks.")
        given["recipe"] = given.get("recipe") or file.recipe or None
        given["language"] = given.get("language") or file.language or None
    if task is None and not (file and file.task):
        raise InputError(
            "No task is given.", hint='Say what is to be made, such as "Write ...", or - to read it from stdin.'
        )
    text = file.task if task is None and file else read_task(task or "")
    values = read_context(context or (), context_files or ())
    settings = load_settings(given)
    options = settings.options() | {
        "recipe": load_recipe(settings.recipe, user_folder=recipes_folder()),
        "keys": load_keys(),
    }
    return Prepared(
        orchestrator=Orchestrator(**options),  # pyright: ignore[reportArgumentType]  # settings have the same names
        task=text,
        context={**(file.context if file else {}), **values},
        plan=file.plan if file else None,
        recipe=settings.recipe,
        language=settings.language or "",
    )
