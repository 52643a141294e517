"""Opens the models of a run: those that were named, or a pair chosen from the keys that are there."""

import os
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from stretto.app.keys import load_keys
from stretto.core.errors import InputError
from stretto.core.models import Model
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
    accept_finish_reasons: Sequence[str] = (),
    keys: Mapping[str, str] | None,
) -> tuple[Team, str]:
    """Return the team and one line on how it was chosen, empty when every model was named.

    A role without a model of its own takes the orchestrator's. Raises `InputError` when a model cannot be used.
    """
    keys = load_keys() if keys is None else keys
    why = ""
    if model is None:
        choice = choose_models(environ=os.environ, keys=keys)
        model, worker_model, why = choice.orchestrator, worker_model or choice.worker, choice.why
    if unknown := sorted(set(tiers) - set(get_args(Tier))):
        raise InputError(f"There is no tier {unknown[0]!r}. Known: {', '.join(get_args(Tier))}.")

    def opened(spec: ModelSpec) -> Model:
        return open_named(spec, base_url=base_url, keys=keys, accept_finish_reasons=accept_finish_reasons)

    orchestrator = opened(model)

    def open_or(spec: ModelSpec | None) -> Model:
        return orchestrator if spec is None else opened(spec)

    team = Team(
        orchestrator=orchestrator,
        worker=open_or(worker_model),
        synthesis=open_or(synthesis_model),
        fallbacks=tuple(open_or(spec) for spec in fallback_models),
        tiers={tier: open_or(spec) for tier, spec in tiers.items()},
    )
    return team, why


def open_named(
    spec: ModelSpec,
    *,
    base_url: str | None = None,
    keys: Mapping[str, str] | None = None,
    accept_finish_reasons: Sequence[str] = (),
) -> Model:
    """Return a model that a program names; `STRETTO_MODEL` takes a name's place, so that anything runs on the demo."""
    named = resolve_spec(spec, os.environ) if isinstance(spec, str) else spec
    return open_model(named, base_url=base_url, keys=keys, accept_finish_reasons=accept_finish_reasons)
