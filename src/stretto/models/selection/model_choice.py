"""Chooses the models when the user named none, and says what there is to choose from."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from stretto.core.errors import InputError
from stretto.models.selection.default_models import PROVIDERS, Provider
from stretto.models.selection.model_spec import OVERRIDE, resolve_spec
from stretto.models.selection.ollama import list_installed
from stretto.models.selection.secrets import find_value


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """The models of a run for which none was named."""

    orchestrator: str
    """The strong one, which plans."""
    worker: str
    """The cheaper one, which does the subtasks."""
    why: str
    """How it came to this, in one line."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelPrice:
    """One model with what it costs."""

    name: str
    """How users name it."""
    input_per_million: Decimal | None
    """US dollars for a million input tokens; None when not known."""
    output_per_million: Decimal | None
    """US dollars for a million output tokens; None when not known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderStatus:
    """One provider as `stretto models` shows it."""

    name: str
    """As in `stretto keys set NAME`."""
    title: str
    """As in a sentence."""
    ready: bool
    """Whether its models can be used: its key is there, or its server answers."""
    needs: str
    """What has to be done to use it; empty when it is ready."""
    models: tuple[ModelPrice, ...]
    """The default orchestrator, then the default worker; for a local server everything installed."""


def choose_models(*, environ: Mapping[str, str], keys: Mapping[str, str] | None = None) -> Choice:
    """Return the models of the first provider that can be used, in the order of the catalog.

    `keys` maps names of environment variables to keys and counts before `environ`. Raises `InputError` when
    there is neither a key nor a local server.
    """
    if environ.get(OVERRIDE, "").strip():
        model = resolve_spec("", environ)
        return Choice(orchestrator=model, worker=model, why=f"{OVERRIDE} is set")
    for provider in PROVIDERS:
        if choice := _choose_from(provider, environ, keys or {}):
            return choice
    raise InputError(
        "No model can be used: there is no key, and no local Ollama with a model answers.",
        hint="Run: stretto keys set anthropic (or use --model demo, which needs neither key nor network)",
    )


def _choose_from(provider: Provider, environ: Mapping[str, str], keys: Mapping[str, str]) -> Choice | None:
    if provider.key_names:
        name = _found_in(provider.key_names, keys, environ)
        if not name:
            return None
        return Choice(orchestrator=provider.orchestrator, worker=provider.worker, why=f"{name} is set")
    installed = list_installed(find_value(provider.url_names, keys, environ))
    if not installed:
        return None
    # One for both: a machine that has to load two models in turn is slower than with the larger one alone.
    model = f"{provider.name}:{installed[0]}"
    return Choice(orchestrator=model, worker=model, why=f"no key is set; {provider.title} answers on this machine")


def list_models(*, environ: Mapping[str, str], keys: Mapping[str, str] | None = None) -> tuple[ProviderStatus, ...]:
    """Return every provider of the catalog with what it needs, its models and their prices."""
    return tuple(_status(provider, environ, keys or {}) for provider in PROVIDERS)


def _status(provider: Provider, environ: Mapping[str, str], keys: Mapping[str, str]) -> ProviderStatus:
    if provider.key_names:
        ready = bool(_found_in(provider.key_names, keys, environ))
        needs = "" if ready else f"stretto keys set {provider.name}"
        names = (provider.orchestrator, provider.worker)
    else:
        installed = list_installed(find_value(provider.url_names, keys, environ))
        ready = bool(installed)
        needs = "" if ready else ("ollama pull llama3.2" if installed == () else "ollama serve")
        names = tuple(f"{provider.name}:{name}" for name in installed or ())
    prices = tuple(_price(provider, name) for name in names)
    return ProviderStatus(name=provider.name, title=provider.title, ready=ready, needs=needs, models=prices)


def _price(provider: Provider, name: str) -> ModelPrice:
    if not provider.key_names:
        return ModelPrice(name=name, input_per_million=Decimal(0), output_per_million=Decimal(0))
    # The price list takes half a second to import: only where prices are shown.
    from stretto.models.prices import price_per_million

    price = price_per_million(name.partition(":")[2], provider.name)
    return ModelPrice(
        name=name,
        input_per_million=price[0] if price else None,
        output_per_million=price[1] if price else None,
    )


def _found_in(names: tuple[str, ...], *sources: Mapping[str, str]) -> str:
    return next((name for source in sources for name in names if source.get(name, "").strip()), "")
