"""The spec of a run, as JSON data in the journal: enough to resume it in another process. No secret."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from math import inf, isinf
from typing import Any, cast

from stretto.checks import open_checks
from stretto.core.addresses import shown_address
from stretto.core.checks import Check
from stretto.core.errors import InputError
from stretto.core.models import Model
from stretto.core.plan import Plan
from stretto.core.task import Task
from stretto.engine import Budget, Job, ReviewHook, RoleModels, RunSettings
from stretto.models import open_model
from stretto.recipes import Recipe

_VERSION = 1


def to_spec(job: Job, *, base_url: str | None, accept_finish_reasons: Sequence[str] = ()) -> dict[str, object]:
    """Return a job as JSON-ready data."""
    role_models, settings = job.role_models, job.settings
    return {
        "version": _VERSION,
        "task": job.task.text,
        "context": dict(job.task.context),
        "recipe": asdict(job.recipe) | {"max_output_tokens": dict(job.recipe.max_output_tokens)},
        **_kept_address(base_url),
        "accept_finish_reasons": list(accept_finish_reasons),
        "models": {
            "orchestrator": _model_name(role_models.orchestrator),
            "worker": _model_name(role_models.worker),
            "synthesis": _model_name(role_models.synthesis),
            "fallbacks": [_model_name(model) for model in role_models.fallbacks],
            "tiers": {tier: _model_name(model) for tier, model in role_models.tiers.items()},
        },
        "settings": {
            "subtasks": list(settings.subtasks),
            "max_subtasks": settings.max_subtasks,
            "synthesis": settings.synthesis,
            "language": settings.language,
            "checks": [check.name for check in settings.checks],
            "attempts": settings.attempts,
            "timeout": settings.timeout,
            "gap_timeout": settings.gap_timeout,
            "backoff": settings.backoff,
            "hedge": settings.hedge,
            "budget_usd": None if settings.budget.usd is None else str(settings.budget.usd),
            "max_tokens_total": settings.budget.tokens,
            "deadline": None if isinf(settings.deadline) else settings.deadline,
        },
        "labels": list(role_models.labels),
        "plan": job.plan.to_dict() if job.plan else None,
        "review": job.review is not None,
    }


def from_spec(
    run_id: str,
    spec: Mapping[str, object],
    *,
    own: RoleModels | None,
    own_settings: RunSettings | None,
    keys: Mapping[str, str] | None,
    review: ReviewHook | None,
    deltas: bool,
    base_url: str | None = None,
) -> Job:
    """Return the job again; raises `InputError` when a model or a check of it is not there any more.

    `own` and `own_settings` give back models and checks that are objects of the caller's, by their names; `base_url`
    gives back the password or the key in an address, which is not kept.
    """
    data = cast("Mapping[str, Any]", spec)
    plan = data["plan"]
    return Job(
        run_id=run_id,
        task=Task.of(data["task"], data["context"]),
        recipe=_recipe(data["recipe"]),
        role_models=_role_models(run_id, data, _whole_address(run_id, data, base_url), own, keys),
        settings=_settings(data["settings"], own_settings),
        plan=Plan.from_dict(plan) if plan else None,
        review=review if data["review"] else None,
        deltas=deltas,
    )


def _model_name(model: Model) -> str:
    """Return what opens a model again: its name, or that of a demo with its options."""
    return getattr(model, "opens_as", model.name)


def _kept_address(base_url: str | None) -> dict[str, object]:
    """Return what is kept of an address: no secret goes into a journal, and that there was one is noted."""
    if base_url is None:
        return {"base_url": None}
    shown = shown_address(base_url)
    return {"base_url": shown} if shown == base_url else {"base_url": shown, "base_url_secret": True}


def _whole_address(run_id: str, spec: Mapping[str, Any], own: str | None) -> str | None:
    """Return the address with its secret, from the caller or the environment; raises `InputError` without it."""
    kept: str | None = spec["base_url"]
    if kept is None or not spec.get("base_url_secret"):
        return kept
    for given in (own or "", *os.environ.values()):
        if "://" in given and given != kept and shown_address(given).rstrip("/") == kept.rstrip("/"):
            return given
    run = f"Run {run_id}" if run_id else "The batch"
    raise InputError(
        f"{run} was started with a password or a key in its base URL, which is not kept: {kept}.",
        hint="Set STRETTO_BASE_URL to the whole address again.",
    )


def _recipe(fields: Mapping[str, Any]) -> Recipe:
    known: dict[str, Any] = dict(fields)
    known["subtasks"], known["checks"] = tuple(fields["subtasks"]), tuple(fields["checks"])
    return Recipe(**known)


def _role_models(
    run_id: str, data: Mapping[str, Any], base_url: str | None, own: RoleModels | None, keys: Mapping[str, str] | None
) -> RoleModels:
    names = data["models"]
    accepted = data.get("accept_finish_reasons", ())  # Runs of earlier versions have none.
    opened: dict[str, Model] = {_model_name(model): model for model in own.members} if own else {}

    def again(name: str) -> Model:
        if name not in opened:
            try:
                opened[name] = open_model(name, base_url=base_url, keys=keys, accept_finish_reasons=accepted)
            except InputError as error:
                raise InputError(
                    f"Run {run_id} was started with {name}, which cannot be used now: {error.message}", hint=error.hint
                ) from error
        return opened[name]

    return RoleModels(
        orchestrator=again(names["orchestrator"]),
        worker=again(names["worker"]),
        synthesis=again(names["synthesis"]),
        fallbacks=tuple(again(name) for name in names["fallbacks"]),
        tiers={tier: again(name) for tier, name in names["tiers"].items()},
    )


def _settings(fields: Mapping[str, Any], own: RunSettings | None) -> RunSettings:
    mine: dict[str, str | Check] = {check.name: check for check in own.checks} if own else {}
    names: list[str] = fields["checks"]
    usd = fields["budget_usd"]
    return RunSettings(
        subtasks=tuple(fields["subtasks"]),
        max_subtasks=fields["max_subtasks"],
        synthesis=fields["synthesis"],
        language=fields["language"],
        checks=open_checks([mine.get(name, name) for name in names]),
        attempts=fields["attempts"],
        timeout=fields["timeout"],
        gap_timeout=fields["gap_timeout"],
        backoff=fields["backoff"],
        hedge=fields.get("hedge", False),  # Runs of earlier versions have none.
        budget=Budget(usd=None if usd is None else Decimal(usd), tokens=fields["max_tokens_total"]),
        deadline=inf if fields["deadline"] is None else fields["deadline"],
    )
