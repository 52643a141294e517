"""Opens the models of a run: those that were named, or a pair chosen from the keys that are there."""

import os
from collections.abc import Mapping, Sequence
from typing import Any, cast, get_args

from stretto.app.options import read_list, read_mapping, read_text
from stretto.app.settings.keys import load_keys
from stretto.core.errors import InputError
from stretto.core.models import Model
from stretto.core.plan import Tier
from stretto.engine import RoleModels
from stretto.models import choose_models, open_model, resolve_spec

ModelSpec = Any
"""A model string, a pydantic-ai model or agent, or anything with the `Model` port."""


def open_role_models(
    *,
    model: ModelSpec | None,
    worker_model: ModelSpec | None,
    synthesis_model: ModelSpec | None,
    fallback_models: Sequence[ModelSpec],
    tiers: Mapping[Tier, ModelSpec],
    base_url: str | None,
    accept_finish_reasons: Sequence[str] = (),
    keys: Mapping[str, str] | None,
) -> tuple[RoleModels, str]:
    """Return the models and one line on how it was chosen, empty when every model was named.

    A role without a model of its own takes the orchestrator's. Raises `InputError` when a model cannot be used.
    """
    keys = load_keys() if keys is None else _read_keys(keys)
    base_url = read_text("base_url", base_url, "http://localhost:8000/v1")
    fallbacks = read_list("fallback_models", fallback_models, "models", '["openai:gpt-6-luna"]')
    by_tier = read_mapping("tiers", tiers, "models by tier", '{"fast": "openai:gpt-6-luna"}')
    why = ""
    if model is None:
        choice = choose_models(environ=os.environ, keys=keys)
        model, worker_model, why = choice.orchestrator, worker_model or choice.worker, choice.why
    if unknown := [tier for tier in by_tier if tier not in get_args(Tier)]:
        raise InputError(f"There is no tier {unknown[0]!r}. Known: {', '.join(get_args(Tier))}.")

    def opened(name: str, spec: ModelSpec) -> Model:
        try:
            return open_named(spec, base_url=base_url, keys=keys, accept_finish_reasons=accept_finish_reasons)
        except InputError as error:
            # A name says itself what is wrong with it; an object does not say where it was given.
            if isinstance(spec, str):
                raise
            raise InputError(f"{name} cannot be used: {error.message}", hint=error.hint) from error

    orchestrator = opened("model", model)

    def opened_or(name: str, spec: ModelSpec | None) -> Model:
        return orchestrator if spec is None else opened(name, spec)

    role_models = RoleModels(
        orchestrator=orchestrator,
        worker=opened_or("worker_model", worker_model),
        synthesis=opened_or("synthesis_model", synthesis_model),
        fallbacks=tuple(opened(f"fallback_models[{n}]", spec) for n, spec in enumerate(fallbacks)),
        tiers={cast("Tier", tier): opened(f"tiers[{tier!r}]", spec) for tier, spec in by_tier.items()},
    )
    return role_models, why


def _read_keys(given: object) -> Mapping[str, str]:
    keys = cast("Mapping[object, object]", given) if isinstance(given, Mapping) else None
    if keys is None or not all(isinstance(text, str) for pair in keys.items() for text in pair):
        kind = type(cast("object", given)).__name__  # Without the value: it may be a key.
        raise InputError(
            f"keys must be keys by the name of their variable, got {kind} with something else.",
            hint='Write keys={"ANTHROPIC_API_KEY": "…"}.',
        )
    return cast("Mapping[str, str]", keys)


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
