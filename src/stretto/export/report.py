"""A run's result with what a reader needs beside it, and the sentences that every format says. No I/O."""

from dataclasses import dataclass

from stretto.core.result import RunResult, WorkerResult
from stretto.core.task import Task
from stretto.core.usage import Usage


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What a file about one run holds."""

    result: RunResult
    task: Task
    recipe: str = ""
    """The recipe's name."""
    labels: tuple[str, ...] = ()
    """What must stand beside the output, such as that a demo wrote it."""


def headline(result: RunResult) -> str:
    """Return how the run ended, in one sentence."""
    done = sum(item.status == "completed" for item in result.results)
    count = f"{done} of {len(result.results)} variants"
    match result.status:
        case "complete":
            return f"Complete: {count}."
        case "partial":
            return f"Partial: {count}; something is missing."
        case "failed":
            return "Failed: there is no result."


def missing(result: RunResult) -> list[str]:
    """Return what was asked for and is not there, one line for each cause."""
    return [f"{gap.what}: {gap.failure}" for gap in result.shortfall]


def usage_facts(report: Report) -> list[tuple[str, str]]:
    """Return what the run took, as names with values."""
    result = report.result
    usage = result.usage
    entries = [
        ("Cost", str(result.cost)),
        ("Tokens", f"{usage.input_tokens:,} in{_cached(usage)}, {usage.output_tokens:,} out, {usage.calls} calls"),
        ("Time", f"{result.seconds:.1f} s"),
        ("Recipe", report.recipe),
        ("Run", result.run_id),
    ]
    if result.superseded:
        entries.insert(1, ("Superseded", f"{len(result.superseded)} started early, paid for and not used"))
    return [(name, value) for name, value in entries if value]


def remarks(item: WorkerResult) -> list[str]:
    """Return what checks said about a text that was kept."""
    return [finding.message for finding in item.findings]


def _cached(usage: Usage) -> str:
    return f" ({usage.cache_read_tokens:,} from cache)" if usage.cache_read_tokens else ""
