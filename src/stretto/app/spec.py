"""What a run was started with, as data that a journal keeps: enough to go on with it in another process. No secret."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from math import inf, isinf
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

from stretto.checks import open_checks
from stretto.core.checks import Check
from stretto.core.errors import InputError
from stretto.core.models import Model
from stretto.core.plan import Plan
from stretto.core.task import Task
from stretto.engine import Budget, Job, ReviewHook, RunSettings, Team
from stretto.models import open_model
from stretto.recipes import Recipe

_VERSION = 1


def to_spec(job: Job, *, base_url: str | None, accept_finish_reasons: Sequence[str] = ()) -> dict[str, object]:
    """Return a job as JSON-ready data."""
    team, settings = job.team, job.settings
    return {
        "version": _VERSION,
        "task": job.task.text,
        "context": dict(job.task.context),
        "recipe": asdict(job.recipe) | {"max_output_tokens": dict(job.recipe.max_output_tokens)},
        "base_url": _without_user(base_url),
        "accept_finish_reasons": list(accept_finish_reasons),
        "models": {
            "orchestrator": _opens(team.orchestrator),
            "worker": _opens(team.worker),
            "synthesis": _opens(team.synthesis),
            "fallbacks": [_opens(model) for model in team.fallbacks],
            "tiers": {tier: _opens(model) for tier, model in team.tiers.items()},
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
            "budget_usd": None if settings.budget.usd is None else str(settings.budget.usd),
            "max_tokens_total": settings.budget.tokens,
            "deadline": None if isinf(settings.deadline) else settings.deadline,
        },
        "labels": list(team.labels),
        "plan": job.plan.to_dict() if job.plan else None,
        "review": job.review is not None,
    }


def from_spec(
    run_id: str,
    spec: Mapping[str, object],
    *,
    own: Team | None,
    own_settings: RunSettings | None,
    keys: Mapping[str, str] | None,
    review: ReviewHook | None,
    deltas: bool,
) -> Job:
    """Return the job again; raises `InputError` when a model or a check of it is not there any more.

    `own` and `own_settings` give back models and checks that are objects of the caller's, by their names.
    """
    data = cast("Mapping[str, Any]", spec)
    plan = data["plan"]
    return Job(
        run_id=run_id,
        task=Task.of(data["task"], data["context"]),
        recipe=_recipe(data["recipe"]),
        team=_team(run_id, data, own, keys),
        settings=_settings(data["settings"], own_settings),
        plan=Plan.from_dict(plan) if plan else None,
        review=review if data["review"] else None,
        deltas=deltas,
    )


def _opens(model: Model) -> str:
    """Return what opens a model again: its name, but for the demo, which has a pace of its own."""
    return getattr(model, "opens_as", model.name)


def _without_user(base_url: str | None) -> str | None:
    """Return an address without a name and a password in it: no secret goes into a journal."""
    if base_url is None:
        return None
    parts = urlsplit(base_url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _recipe(fields: Mapping[str, Any]) -> Recipe:
    known: dict[str, Any] = dict(fields)
    known["subtasks"], known["checks"] = tuple(fields["subtasks"]), tuple(fields["checks"])
    return Recipe(**known)


def _team(run_id: str, data: Mapping[str, Any], own: Team | None, keys: Mapping[str, str] | None) -> Team:
    names, base_url = data["models"], data["base_url"]
    accepted = data.get("accept_finish_reasons", ())  # Runs of earlier versions have none.
    opened: dict[str, Model] = {_opens(model): model for model in own.members} if own else {}

    def again(name: str) -> Model:
        if name not in opened:
            try:
                opened[name] = open_model(name, base_url=base_url, keys=keys, accept_finish_reasons=accepted)
            except InputError as error:
                raise InputError(
                    f"Run {run_id} was started with {name}, which cannot be used now: {error.message}", hint=error.hint
                ) from error
        return opened[name]

    return Team(
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
        budget=Budget(usd=None if usd is None else Decimal(usd), tokens=fields["max_tokens_total"]),
        deadline=inf if fields["deadline"] is None else fields["deadline"],
    )
