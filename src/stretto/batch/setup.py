"""Puts together what is done with every row of a batch: recipe, models, limits. No call is made."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf

from stretto.app.options import read_whole_number
from stretto.app.role_models import open_role_models
from stretto.app.run_options import read_settings, refuse_unknown_prices
from stretto.app.run_spec import to_spec
from stretto.app.settings.folders import recipes_folder
from stretto.app.settings.loading import Settings
from stretto.batch.rows.row_job import NO_CONTEXT, Work
from stretto.batch.rows.row_runner import RowModels
from stretto.batch.tables import work_key
from stretto.core.models import Model
from stretto.core.task import Task
from stretto.engine import Budget, BudgetTracker, Job, LimiterRegistry
from stretto.models import open_model
from stretto.recipes import load_recipe


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchSetup:
    """What all rows of a batch are run with in this process."""

    work: Work
    job: Job
    """The job of any row, without its task."""
    why: str
    """How the models were chosen; empty when all were named."""
    budget_tracker: BudgetTracker
    """What all rows together may use."""
    limiters: LimiterRegistry
    deadline: float
    """Seconds for the whole batch."""
    concurrency: int
    """Calls to one model at a time."""
    concurrency_stated: bool
    """Whether somebody said so; otherwise it is what one process allows itself."""

    @property
    def row_models(self) -> RowModels:
        """The models of the rows, already open."""
        return RowModels(opened={self.work.key: self.job})


def open_setup(
    settings: Settings, *, task: str, keys: Mapping[str, str], context: Mapping[str, str] = NO_CONTEXT, title: str = ""
) -> BatchSetup:
    """Open the models that settings name; raises `InputError`. The budget and the deadline are the whole batch's.

    `context` is what every row has beside its own; `title` is what people know the batch by.
    """
    recipe = load_recipe(settings.recipe, user_folder=recipes_folder())

    def opened(spec: str | None) -> Model | None:
        if spec is None:
            return None
        accepted = settings.accept_finish_reasons
        return open_model(spec, base_url=settings.base_url, keys=keys, accept_finish_reasons=accepted)

    # Models and not their names: STRETTO_MODEL, which settings have weighed against the flags, takes a name's place.
    role_models, why = open_role_models(
        model=opened(settings.model),
        worker_model=opened(settings.worker_model),
        synthesis_model=opened(settings.synthesis_model),
        fallback_models=[opened(spec) for spec in settings.fallback_models],
        tiers={tier: opened(spec) for tier, spec in settings.tiers.items()},
        base_url=settings.base_url,
        accept_finish_reasons=settings.accept_finish_reasons,
        keys=keys,
    )
    run = read_settings(
        recipe,
        subtasks=settings.subtasks,
        max_subtasks=settings.max_subtasks,
        synthesis=settings.synthesis,
        language=settings.language,
        checks=None,
        attempts=settings.attempts,
        timeout=settings.timeout,
        gap_timeout=60.0,
        backoff=0.5,
        hedge=settings.hedge,
        budget_usd=settings.budget_usd,
        max_tokens_total=settings.max_tokens_total,
        deadline=settings.deadline,
    )
    refuse_unknown_prices(role_models, run.budget)
    job = Job(
        run_id="",
        task=Task(text="-"),
        recipe=recipe,
        role_models=role_models,
        settings=replace(run, budget=Budget(), deadline=inf),
        stream_plan=False,
    )
    models = {"orchestrator": role_models.orchestrator.name, "worker": role_models.worker.name}
    if run.synthesis != "none":
        models["synthesis"] = role_models.synthesis.name
    models |= {f"tier {tier}": model.name for tier, model in role_models.tiers.items()}
    shaping: dict[str, object] = {
        "subtasks": run.subtasks,
        "max_subtasks": run.max_subtasks,
        "synthesis": run.synthesis,
        "language": run.language,
    }
    if context:  # Not always: what was run before there was such a thing is to be known again.
        shaping["context"] = dict(context)
    spec = to_spec(job, base_url=settings.base_url, accept_finish_reasons=settings.accept_finish_reasons)
    key = work_key(recipe=recipe, task=task, models=models, settings=shaping)
    work = Work(
        key=key,
        spec={name: value for name, value in spec.items() if name not in ("task", "context", "plan")}
        # Which rows belong together in the list of runs.
        | {"batch": {"work": key, "title": title}},
        context=dict(context),
    )
    concurrency = read_whole_number("concurrency", settings.concurrency)
    return BatchSetup(
        work=work,
        job=job,
        why=why,
        budget_tracker=BudgetTracker(run.budget),
        limiters=LimiterRegistry(concurrency),
        deadline=run.deadline,
        concurrency=concurrency,
        concurrency_stated="concurrency" in settings.sources,
    )
