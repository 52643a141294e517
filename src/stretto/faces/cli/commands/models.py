"""The command that shows which models would be used and what there is to choose from."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import typer

from stretto.core.errors import InputError
from stretto.faces.cli.commands import new_app

if TYPE_CHECKING:
    from stretto.app.settings.loading import Settings
    from stretto.models import ProviderStatus

app = new_app()


@app.command()
def models() -> None:
    """Show which models would be used, and why."""
    from stretto.app.settings.keys import load_keys  # not at the top: help needs none of it
    from stretto.app.settings.loading import load_settings
    from stretto.models import list_models

    keys = load_keys()
    settings = load_settings()
    try:
        chosen = _choose(settings, keys)
    except InputError as error:
        # No model at all is an answer here; which ones there could be is below.
        print(error, file=sys.stderr)
        chosen = []
    for line in _table(chosen):
        typer.echo(line)
    if chosen:
        typer.echo()
    providers = list_models(environ=os.environ, keys=keys)
    for line in _table([("PROVIDER", "MODEL", "$ PER MILLION TOKENS", "TO USE IT"), *_rows(providers)]):
        typer.echo(line)


def _choose(settings: "Settings", keys: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return role, model and why for each role."""
    from stretto.models import choose_models

    if settings.model:
        model, worker, why = settings.model, settings.model, settings.sources["model"]
        worker_why = "the orchestrator's"
    else:
        choice = choose_models(environ=os.environ, keys=keys)
        model, worker, why = choice.orchestrator, choice.worker, choice.why
        worker_why = why
    return [
        ("orchestrator", model, why),
        ("worker", settings.worker_model or worker, settings.sources.get("worker_model", worker_why)),
        (
            "synthesis",
            settings.synthesis_model or model,
            settings.sources.get("synthesis_model", "the orchestrator's"),
        ),
    ]


def _rows(providers: Sequence["ProviderStatus"]) -> Iterator[tuple[str, str, str, str]]:
    for provider in providers:
        needs = provider.needs or "ready"
        if not provider.models:
            yield provider.name, "", "", needs
        for number, model in enumerate(provider.models):
            prices = f"{_dollars(model.input_per_million)} in, {_dollars(model.output_per_million)} out"
            yield (provider.name if number == 0 else ""), model.name, prices, (needs if number == 0 else "")
    yield "demo", "demo", "0 in, 0 out", "ready (offline, not a language model)"


def _dollars(price: Decimal | None) -> str:
    return "unknown" if price is None else f"{price.normalize():f}"


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
