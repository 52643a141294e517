"""Decides whether a run is complete, partial or failed, and lists what is missing by cause. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from stretto.core.causes import cause_of
from stretto.core.result import Failure, RunStatus, Shortfall, SynthesisResult, WorkerResult

MISSING_PLAN = {True: "the rest of the plan", False: "the plan"}
"""The name of a missing plan in the shortfall, by whether there is a part of it."""


def shortfall_of(
    results: Sequence[WorkerResult], synthesis: SynthesisResult | None, missing: Failure | None, *, planned: bool
) -> tuple[Shortfall, ...]:
    """Return everything that was asked for and is not there."""
    entries: list[Shortfall] = []
    if missing is not None:
        entries.append(Shortfall(what=MISSING_PLAN[planned], failure=missing))
    entries.extend(_by_cause(results))
    if synthesis is not None and synthesis.error is not None:
        entries.append(Shortfall(what="the synthesis", failure=synthesis.error))
    return tuple(entries)


def _by_cause(results: Sequence[WorkerResult]) -> list[Shortfall]:
    causes: dict[tuple[str, ...], list[WorkerResult]] = {}
    for result in results:
        if (error := result.error) is not None:
            causes.setdefault((error.kind, cause_of(error.message), cause_of(error.hint)), []).append(result)
    return [
        Shortfall(
            what=", ".join(result.type for result in group),
            failure=replace(failure, raw=""),  # What each of them wrote is its own; the cause is the same.
            subtask_ids=tuple(result.subtask.id for result in group),
        )
        for group in causes.values()
        if (failure := group[0].error)
    ]


def run_status(results: Sequence[WorkerResult], shortfall: Sequence[Shortfall]) -> RunStatus:
    """Return the run's status: failed without any result, complete without any shortfall."""
    if not any(result.status == "completed" for result in results):
        return "failed"
    return "partial" if shortfall else "complete"


def plan_warnings(count: int, asked: tuple[int, int]) -> tuple[str, ...]:
    """Return a warning when the number of subtasks is not the one asked for."""
    low, high = asked
    if low <= count <= high:
        return ()
    wanted = str(low) if low == high else f"{low} to {high}"
    return (f"Asked for {wanted} subtasks; the plan has {count}.",)


def synthesis_warnings(synthesis: SynthesisResult | None) -> tuple[str, ...]:
    """Return the findings on how the synthesis was read, as warnings."""
    return tuple(f"The synthesis: {finding.message}" for finding in synthesis.findings) if synthesis else ()
