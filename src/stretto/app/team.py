"""Opens the models of a run: those that were named, or a pair chosen from the keys that are there."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from stretto.core.plan import Tier
from stretto.engine import Team
from stretto.models import choose_models, open_model, resolve_spec

ModelSpec = Any
"""A model string, a pydantic-ai model or agent, or anything with the `Model` port."""


def assemble(
    *,
    model: ModelSpec | None,
    worker_model: ModelSpec | None,
    synthesis_model: ModelSpec | None,
    fallback_models: Sequence[ModelSpec],
    tiers: Mapping[Tier, ModelSpec],
    base_url: str | None,
    keys: Mapping[str, str] | None,
) -> tuple[Team, str]:
    """Return the team and one line on how it was chosen, empty when every model was named.

    A role without a model of its own takes the orchestrator's. Raises `InputError` when a model cannot be used.
    """
    why = ""
    if model is None:
        choice = choose_models(environ=os.environ, keys=keys)
        model, worker_model, why = choice.orchestrator, worker_model or choice.worker, choice.why

    def open_named(spec: ModelSpec) -> Any:
        # A name in a program gives way to STRETTO_MODEL, so that any program can be tried on the demo model.
        named = resolve_spec(spec, os.environ) if isinstance(spec, str) else spec
        return open_model(named, base_url=base_url, keys=keys)

    orchestrator = open_named(model)

    def open_or(spec: ModelSpec | None) -> Any:
        return orchestrator if spec is None else open_named(spec)

    team = Team(
        orchestrator=orchestrator,
        worker=open_or(worker_model),
        synthesis=open_or(synthesis_model),
        fallbacks=tuple(open_or(spec) for spec in fallback_models),
        tiers={tier: open_or(spec) for tier, spec in tiers.items()},
    )
    return team, why
