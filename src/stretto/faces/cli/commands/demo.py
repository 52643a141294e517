"""The command that shows the main job on a built-in brief, with the demo model: no key, no network."""

import shlex
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from stretto.core.errors import InputError, JournalError
from stretto.faces.cli.commands import new_app
from stretto.faces.cli.input import options
from stretto.faces.cli.process.exit_codes import ExitCode
from stretto.faces.shared.formatting import one_line

app = new_app()

BRIEFS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "en": (
        "Write a product description for a new eco-friendly water bottle",
        {
            "target_audience": "environmentally conscious millennials",
            "key_features": ["plastic-free", "insulated", "lifetime warranty"],
        },
    ),
    "zh": (
        "为一款新的环保水瓶写一段产品介绍",
        {"目标受众": "有环保意识的千禧一代", "主要特点": ["无塑料", "保温", "终身质保"]},
    ),
}
"""The brief in each language that the demo model writes."""
_YOURS = {
    "en": '"Write a product description for a travel mug" -c audience="commuters"',
    "zh": '"为一款旅行杯写一段产品介绍" -c 目标受众="通勤的人"',
}

Misbehave = Annotated[
    str | None,
    typer.Option(
        "--misbehave",
        metavar="HOW",
        help="Have something go wrong: fail-worker=2, flaky-worker=2, empty-worker=2, refuse-worker=2, cut-plan, "
        "truncate-plan, break-plan; several with commas.",
    ),
]
BriefLanguage = Annotated[str, typer.Option("--language", metavar="en|zh", help="Language of the brief.")]


@app.command()
def demo(
    misbehave: Misbehave = None,
    language: BriefLanguage = "en",
    as_json: options.AsJson = False,
    journal: options.JournalPlace = None,
    no_journal: options.NoJournal = False,
) -> int:
    """Show the main job on a built-in brief, without key or network.

    The demo model is not a language model: it fills templates with the brief's own facts.
    """
    # Not at the top: --help needs none of it.
    from stretto.app.orchestrator import Orchestrator
    from stretto.faces.cli.input.journal_options import JournalLocation, find_optional_journal
    from stretto.faces.cli.sessions.run_session import RunRequest, run_session
    from stretto.faces.shared.run_wording import models_line
    from stretto.models.demo import DemoModel

    if language not in BRIEFS:
        raise InputError(f"The demo has no brief in {language!r}.", hint=f"Known: {', '.join(BRIEFS)}.")
    task, context = BRIEFS[language]
    # A model, not its name: STRETTO_MODEL takes the place of names, and a demo must not cost money.
    model = DemoModel.from_spec("demo" if misbehave is None else f"demo:{misbehave}")

    def run(location: JournalLocation | None) -> int:
        orchestrator = Orchestrator(model=model, journal=location.journal if location else None)
        start = partial(orchestrator.stream, task, context=context)
        return run_session(RunRequest(start=start, as_json=as_json, location=location))

    print(models_line({"orchestrator": model.name, "worker": model.name}), file=sys.stderr)
    try:
        code = run(find_optional_journal(no_journal, journal))
    except JournalError as error:
        if journal:
            raise
        # Nothing has begun yet, and a demo needs no more than a terminal.
        typer.echo(f"note: this run is not kept: {one_line(error.message)}", err=True)
        code = run(None)
    if code != ExitCode.INTERRUPTED:
        for option in model.unmet:
            typer.echo(f"note: {option} changed nothing: the plan has no such worker.", err=True)
    if code == ExitCode.COMPLETE and not as_json:
        typer.echo(f"Your turn: {_as_typed()} run {_YOURS[language]}{_model_for_all()}", err=True)
    return code


def _as_typed() -> str:
    """Return what a newcomer has to type: `make demo` leaves the command in a folder that the shell does not search."""
    import shutil

    program, here = Path(sys.argv[0]).absolute(), Path.cwd()
    if program.stem != "stretto" or shutil.which("stretto") or not program.is_relative_to(here):
        return "stretto"
    return shlex.quote(str(program.relative_to(here)))


def _model_for_all() -> str:
    """Return the option without which nothing would be run: with no key and no model named there is only the demo."""
    from stretto.app.settings.keys import load_keys
    from stretto.app.settings.loading import load_settings

    try:
        usable = load_settings().model or load_keys()
    except InputError:  # What is wrong there is said by the command that needs it.
        usable = None
    return "" if usable else " --model demo"
