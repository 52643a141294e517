"""Shows one saved run: what was asked, what came of it, when each part worked, what every call cost."""

import io
import sys
from collections.abc import Iterator, Sequence

from stretto.app.archive import ArchivedRun
from stretto.core.events import Event
from stretto.core.journal import CallEnd, CallStart
from stretto.core.plan import Plan
from stretto.core.result import RunResult
from stretto.core.text import for_terminal
from stretto.engine import REVIEWED_PLAN, WRITTEN_PLAN
from stretto.faces.cli.input.journal_options import JournalLocation
from stretto.faces.cli.process.terminals import results_console
from stretto.faces.cli.views.plain_progress import PlainProgress
from stretto.faces.cli.views.results import print_results
from stretto.faces.cli.views.run_summary import print_run_summary
from stretto.faces.shared.formatting import count, flat, glyphs_for, money, tokens
from stretto.faces.shared.replay import as_one_run
from stretto.faces.shared.run_state import RunState

_ROLES = ("orchestrator", "worker", "synthesis")


def show_saved_run(kept: ArchivedRun, location: JournalLocation) -> None:
    """Print everything about a run on stdout, and on stderr how it ended and what goes on with it."""
    result = kept.result
    run_state = RunState()
    progress = list(_progress(kept.events, run_state))
    _print_lines(_head(kept, result))
    if result.results:
        print_results(result, tuple(kept.spec["labels"]))
    _print_lines(["", "# What happened", "", *progress, "", "# Calls", "", *_calls(kept, result)])
    if kept.state == "running":
        _say_how_far(result)
        return
    to_review = bool(kept.spec["review"]) and REVIEWED_PLAN not in kept.records.outcomes
    print_run_summary(
        run_state, result, interrupted=kept.state == "interrupted", location=location, to_review=to_review
    )


def _say_how_far(result: RunResult) -> None:
    """Say on stderr what there is of a run that somebody carries out: nothing of it is missing yet."""
    done = sum(outcome.status == "completed" for outcome in result.results)
    parts = ["running", count(done, "result"), count(result.usage.calls, "call"), money(result.cost)]
    print(glyphs_for(sys.stderr.encoding).dot.join(parts), file=sys.stderr)


def _print_lines(lines: Sequence[str] | Iterator[str]) -> None:
    text = for_terminal("\n".join(lines))
    if console := results_console():
        console.print(text, soft_wrap=True)
    else:
        print(text)
    sys.stdout.flush()


def _head(kept: ArchivedRun, result: RunResult) -> Iterator[str]:
    spec, models = kept.spec, kept.spec["models"]
    yield f"run:     {kept.run_id}"
    yield f"status:  {kept.state if kept.state in ('running', 'interrupted') else result.final_state}"
    yield f"recipe:  {flat(spec['recipe']['name'])}"
    yield f"models:  orchestrator {flat(models['orchestrator'])}, workers {flat(models['worker'])}"
    yield f"task:    {flat(spec['task'])}"
    for name, value in spec["context"].items():
        yield f"context: {flat(name)}: {flat(value)}"
    plan = kept.records.outcomes.get(WRITTEN_PLAN)
    if isinstance(plan, Plan) and not result.results:  # Otherwise the results show it.
        yield f"plan:    {count(len(plan.subtasks), 'subtask')}"
        for number, subtask in enumerate(plan.subtasks, 1):
            yield f"         {number}. {flat(subtask.type)}: {flat(subtask.description)}"
    yield ""


def _progress(events: Sequence[Event], run_state: RunState) -> Iterator[str]:
    """Fold the events into the run state, and yield the lines that plain progress prints of them."""
    stream = io.StringIO()
    progress = PlainProgress(run_state, stream)
    for event in as_one_run(events):
        run_state.see(event)
        progress.see(event)
    yield from stream.getvalue().splitlines()


def _calls(kept: ArchivedRun, result: RunResult) -> Iterator[str]:
    """Yield a line for each call: whose, which model, tokens, cost, how it ended; then the sum."""
    numbers = {outcome.subtask.id: str(number) for number, outcome in enumerate(result.results, 1)}
    starts = sorted(kept.records.calls.values(), key=lambda start: _place_of(start, numbers))
    rows = [_row(start, kept.records.ends.get(start.call_id), numbers) for start in starts]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
    total = [count(result.usage.calls, "call"), f"{tokens(result.usage.total_tokens)} tokens", money(result.cost)]
    yield f"together: {', '.join(total)}"


def _place_of(start: CallStart, numbers: dict[str, str]) -> tuple[int, int, int]:
    number = numbers.get(start.subtask_id)
    return _ROLES.index(start.role), int(number) if number else len(numbers) + 1, start.revision


def _row(start: CallStart, end: CallEnd | None, numbers: dict[str, str]) -> tuple[str, ...]:
    whose = f"{start.role} {numbers.get(start.subtask_id, start.subtask_id)}".rstrip()
    metered = end is not None and end.usage is not None
    usage, cost = (end.usage, end.cost) if end and end.usage else (start.reserved, start.reserved_cost)
    ending = "never ended" if end is None else end.error or "answered"
    return (
        f"{whose}{f' (revision {start.revision})' if start.revision else ''}",
        flat(start.model),
        f"{'' if metered else 'up to '}{tokens(usage.input_tokens)} in, {tokens(usage.output_tokens)} out",
        f"{'' if metered else 'up to '}{money(cost)}",
        ending,
    )
