"""Reads everything that a run needs from its options: task, context, plan, models. No call is made."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path

from stretto.app.orchestrator import Orchestrator
from stretto.app.settings.folders import recipes_folder
from stretto.app.settings.keys import load_keys
from stretto.app.settings.loading import Settings, load_settings
from stretto.core.errors import InputError
from stretto.core.models import Model
from stretto.core.plan import Plan
from stretto.engine import EventStream, ReviewHook
from stretto.faces.cli.input.context import read_context, read_task
from stretto.faces.cli.input.journal_options import JournalLocation
from stretto.faces.cli.input.plan_files import from_plan_file, read_plan_file
from stretto.models import open_model
from stretto.recipes import load_recipe


@dataclass(frozen=True, kw_only=True, slots=True)
class RunInputs:
    """Everything that a run needs; no call was made yet."""

    orchestrator: Orchestrator
    task: str
    context: Mapping[str, object] = field(default_factory=dict[str, object])
    plan: Plan | None = None
    """The plan of `--plan`."""
    recipe: str = ""
    """As it was named."""
    language: str = ""
    """Empty for the brief's."""
    others: tuple[str, ...] = ()
    """Roles with their models, beside the orchestrator and the workers."""
    location: JournalLocation | None = None
    """The journal that keeps the run; None when nothing does."""

    def start(self, *, deltas: bool, review: ReviewHook | None) -> AbstractAsyncContextManager[EventStream]:
        """Begin the run."""
        return self.orchestrator.stream(self.task, context=self.context, plan=self.plan, deltas=deltas, review=review)


def read_run_inputs(
    task: str | None,
    flags: Mapping[str, object],
    *,
    context: list[str] | None,
    context_files: list[Path] | None,
    plan_file: Path | None = None,
    location: JournalLocation | None = None,
) -> RunInputs:
    """Read what was given and open the models; raises `InputError` and makes no call."""
    # An option that is not given is None, and one that may be repeated an empty list.
    given = {name: None if value == [] else value for name, value in flags.items()}
    file = read_plan_file(plan_file) if plan_file else None
    if file:
        given |= from_plan_file(file, given)
    if task is None and not (file and file.task):
        raise InputError(
            "No task is given.", hint='Say what is to be made, such as "Write ...", or - to read it from stdin.'
        )
    text = file.task if task is None and file else read_task(task or "")
    values = read_context(context or (), context_files or ())
    settings = load_settings(given)
    orchestrator = open_orchestrator(settings, location)
    return RunInputs(
        orchestrator=orchestrator,
        task=text,
        context={**(file.context if file else {}), **values},
        plan=file.plan if file else None,
        recipe=settings.recipe,
        language=settings.language or "",
        others=tuple(_others(settings, orchestrator.models["synthesis"])),
        location=location,
    )


def _others(settings: Settings, synthesis_model: str) -> Iterator[str]:
    if settings.synthesis != "none":
        yield f"synthesis {synthesis_model}"
    yield from (f"{tier} subtasks {model}" for tier, model in settings.tiers.items())
    if settings.fallback_models:
        yield f"fallback {', '.join(settings.fallback_models)}"


def open_orchestrator(settings: Settings, location: JournalLocation | None) -> Orchestrator:
    """Return the orchestrator that settings ask for."""
    # Before the models: opening one can take a second or two.
    recipe = load_recipe(settings.recipe, user_folder=recipes_folder())
    keys = load_keys()

    def opened(spec: str) -> Model:
        accepted = settings.accept_finish_reasons
        return open_model(spec, base_url=settings.base_url, keys=keys, accept_finish_reasons=accepted)

    # Models and not their names: STRETTO_MODEL, which settings have weighed against the flags, takes a name's place.
    return Orchestrator(
        model=opened(settings.model) if settings.model else None,
        worker_model=opened(settings.worker_model) if settings.worker_model else None,
        synthesis_model=opened(settings.synthesis_model) if settings.synthesis_model else None,
        fallback_models=[opened(spec) for spec in settings.fallback_models],
        tiers={tier: opened(spec) for tier, spec in settings.tiers.items()},
        recipe=recipe,
        subtasks=settings.subtasks,
        max_subtasks=settings.max_subtasks,
        synthesis=settings.synthesis,
        language=settings.language,
        attempts=settings.attempts,
        concurrency=settings.concurrency,
        timeout=settings.timeout,
        hedge=settings.hedge,
        budget_usd=settings.budget_usd,
        max_tokens_total=settings.max_tokens_total,
        deadline=settings.deadline,
        base_url=settings.base_url,
        accept_finish_reasons=settings.accept_finish_reasons,
        keys=keys,
        journal=location.journal if location else None,
    )
