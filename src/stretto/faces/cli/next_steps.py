"""Which command goes on with a run that is not complete."""

import re

from stretto.core.result import RunResult
from stretto.faces.cli.journals import Place

_RERUN = "Next: run the same command again; --fallback-model names a model that steps in."
_OPTION = re.compile(r"\((--[a-z-]+)\)")
_AMOUNTS = {"--budget-usd": "DOLLARS", "--max-tokens-total": "N", "--deadline": "SECONDS"}


def next_step(result: RunResult, place: Place | None, *, to_review: bool = False) -> str:
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


def go_on(place: Place, run_id: str, *, to_review: bool = False) -> str:
    """Return the command that goes on with a run as it is."""
    return place.command("resume", run_id, *(("--review",) if to_review else ()))


def _raised(result: RunResult) -> list[str]:
    """Return the options that raise the limits in the way."""
    options: list[str] = []
    for gap in result.shortfall:
        if gap.failure.kind == "limit":
            options.append(f"--max-subtasks {len(result.results)}")
        elif gap.failure.kind in ("budget", "deadline"):
            options += [f"{option} {_AMOUNTS[option]}" for option in _OPTION.findall(gap.failure.hint)]
    return list(dict.fromkeys(options))
