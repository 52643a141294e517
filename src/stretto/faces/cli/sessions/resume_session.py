"""Goes on with a saved run in front of a person or a program, with the models and the settings it was started with."""

import sys
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from stretto.app.archive import find_run
from stretto.app.resume import Limits, Reopen, RunJournal, spec_of, stream_saved
from stretto.app.settings.keys import load_keys
from stretto.app.settings.loading import Settings, load_settings
from stretto.core.errors import InputError
from stretto.core.models import Role
from stretto.engine import EventStream, LimiterRegistry, ReviewHook
from stretto.export import check_writable
from stretto.faces.cli.input.journal_options import JournalLocation, find_journal
from stretto.faces.cli.input.plan_editor import find_editor, review_plan
from stretto.faces.cli.sessions.run_session import RunRequest, run_session
from stretto.faces.shared.run_wording import models_line


@dataclass(frozen=True, kw_only=True, slots=True)
class ResumeOptions:
    """How a run is to be resumed: the command's options."""

    flags: Mapping[str, object]
    """Options that are settings, by the settings' names; None where one was not given."""
    journal: str | None = None
    output: Path | None = None
    as_json: bool = False
    review: bool = False


def resume_session(given: str, options: ResumeOptions, *, reopen: Reopen | None = None) -> int:
    """Find the run, have something made anew, carry out what is missing, and return the exit code."""
    if options.output:
        check_writable(options.output)
    editor = find_editor() if options.review else []
    settings = load_settings(options.flags)
    location = find_journal(options.journal)
    continued = location.ask(lambda journal: _look_up(journal, given, location, settings, options, reopen))
    task = continued.spec["task"]
    return run_session(
        RunRequest(
            start=continued.start,
            review=(lambda plan, quote: review_plan(plan, quote, task=task, editor=editor)) if editor else None,
            as_json=options.as_json,
            output=options.output,
            location=location,
        )
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Continued:
    """A run that is there, and what it is gone on with."""

    run_id: str
    spec: Mapping[str, Any]
    location: JournalLocation
    limits: Limits
    concurrency: int
    base_url: str | None = field(repr=False)
    """The settings' own, which may have the password that the journal does not keep."""
    reopen: Reopen | None

    @asynccontextmanager
    async def start(self, *, deltas: bool, review: ReviewHook | None) -> AsyncGenerator[EventStream]:
        """Go on."""
        async with stream_saved(
            self.location.journal,
            self.run_id,
            limiters=LimiterRegistry(self.concurrency),
            keys=load_keys(),
            base_url=self.base_url,
            limits=self.limits,
            reopen=self.reopen,
            review=review,
            deltas=deltas,
        ) as events:
            models = cast("Mapping[Role, str]", self.spec["models"])
            print(models_line(models, "as the run was started", tuple(_others(self.spec))), file=sys.stderr)
            yield events


async def _look_up(
    journal: RunJournal,
    given: str,
    location: JournalLocation,
    settings: Settings,
    options: ResumeOptions,
    reopen: Reopen | None,
) -> _Continued:
    run_id = await find_run(journal, given)
    spec = cast("Mapping[str, Any]", await spec_of(journal, run_id))
    if options.review and not spec["review"]:
        raise InputError(f"Run {run_id} was started without --review.", hint="Leave it out.")
    return _Continued(
        run_id=run_id,
        spec=spec,
        location=location,
        limits=_limits(settings, options),
        concurrency=settings.concurrency,
        base_url=settings.base_url,
        reopen=reopen,
    )


def _limits(settings: Settings, options: ResumeOptions) -> Limits:
    """Return the limits that were given; those of the settings are for runs that begin."""
    names = ("budget_usd", "max_tokens_total", "max_subtasks", "deadline")
    given = {name: getattr(settings, name) for name in names if options.flags.get(name) is not None}
    return Limits(**given)


def _others(spec: Mapping[str, Any]) -> Iterator[str]:
    models = spec["models"]
    if spec["settings"]["synthesis"] != "none":
        yield f"synthesis {models['synthesis']}"
    yield from (f"{tier} subtasks {model}" for tier, model in models["tiers"].items())
    if models["fallbacks"]:
        yield f"fallback {', '.join(models['fallbacks'])}"
