"""Which command goes on with a run that is not complete."""

import re
from collections.abc import Iterable, Mapping

from stretto.core.result import Failure, RunResult
from stretto.faces.cli.input.journal_options import JournalLocation

_RERUN = "Next: run the same command again; --fallback-model names a model that steps in."
_OPTION = re.compile(r"\((--[a-z-]+)\)")
_AMOUNTS = {"--budget-usd": "DOLLARS", "--max-tokens-total": "N", "--deadline": "SECONDS"}


def next_step(result: RunResult, place: JournalLocation | None, *, to_review: bool = False) -> str:
    """Return what to do about a shortfall; empty when there is nothing to say.

    `to_review` says that a person is still to be asked what is to be run of the plan.
    """
    if not result.shortfall:
        return ""
    kinds = {gap.failure.kind for gap in result.shortfall}
    if place is None:
        silent = any(gap.failure.hint for gap in result.shortfall) or kinds & {"declined", "interrupted"}
        return "" if silent else _RERUN
    # What was only not reached is gone on with; what failed for good is asked for anew.
    verb = "retry" if any(outcome.status == "failed" and outcome.attempts for outcome in result.results) else "resume"
    if to_review or "declined" in kinds:
        return f"Next: {go_on(place, result.run_id, to_review=True)}"
    return f"Next: {place.command(verb, result.run_id, *_raised(result))}"


def go_on(place: JournalLocation, run_id: str, *, to_review: bool = False) -> str:
    """Return the command that goes on with a run as it is."""
    return place.command("resume", run_id, *(("--review",) if to_review else ()))


def _raised(result: RunResult) -> list[str]:
    """Return the options that raise the limits in the way."""
    failures = [gap.failure for gap in result.shortfall]
    limited = any(failure.kind == "limit" for failure in failures)
    raised = [f"{option} {amount}" for option, amount in limits_to_raise(failures).items()]
    return [*([f"--max-subtasks {len(result.results)}"] if limited else []), *raised]


def limits_to_raise(failures: Iterable[Failure]) -> Mapping[str, str]:
    """Return the options without which a command would only stop where it stopped, each with what to fill in."""
    hints = [failure.hint for failure in failures if failure.kind in ("budget", "deadline")]
    return {option: _AMOUNTS[option] for hint in hints for option in _OPTION.findall(hint)}
