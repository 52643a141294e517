"""Prints what a run made on stdout: styled on a terminal, as plain text elsewhere."""

import sys
from collections.abc import Iterator, Sequence

from stretto.core.result import RunResult
from stretto.core.text import for_terminal
from stretto.faces.cli.process.terminals import results_console
from stretto.faces.shared.formatting import flat


def print_results(result: RunResult, labels: tuple[str, ...]) -> None:
    """Print everything that a run made."""
    if console := results_console():
        from stretto.faces.cli.views.live.styled_results import print_styled_results  # Rich, for terminals only

        print_styled_results(console, result, labels)
    else:
        sys.stdout.write(results_text(result, labels))
    sys.stdout.flush()


def results_text(result: RunResult, labels: Sequence[str] = ()) -> str:
    """Return everything that a run made, as Markdown-like text without control characters."""
    return for_terminal("\n\n".join(_blocks(result, labels))) + "\n"


def _blocks(result: RunResult, labels: Sequence[str]) -> Iterator[str]:
    yield from (f"> {flat(label)}" for label in labels)
    if result.analysis.strip():
        yield "# Analysis"
        yield result.analysis.strip()
    for number, outcome in enumerate(result.results, 1):
        yield f"# {number}. {flat(outcome.type)}"
        yield f"> {flat(outcome.description)}"
        yield (
            outcome.text.strip() if outcome.status == "completed" else f"({outcome.status}: {flat(str(outcome.error))})"
        )
    if result.synthesis and result.synthesis.status == "completed":
        yield f"# Synthesis ({result.synthesis.strategy})"
        yield result.synthesis.text.strip()
