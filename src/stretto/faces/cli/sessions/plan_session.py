"""Has a plan made in front of a person, shows it, and says what running it would take."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from stretto.core.errors import StrettoError
from stretto.core.events import to_jsonable
from stretto.core.plan import Plan
from stretto.core.result import RunResult
from stretto.core.task import Task
from stretto.core.text import for_terminal
from stretto.core.usage import Quote
from stretto.faces.cli.input.plan_files import PlanFile, write_plan_file
from stretto.faces.cli.input.run_inputs import RunInputs
from stretto.faces.cli.process.exit_codes import ExitCode
from stretto.faces.cli.process.output_streams import StdoutError
from stretto.faces.cli.process.signals import Interrupts
from stretto.faces.cli.process.terminals import results_console
from stretto.faces.cli.process.text_encoding import as_typed
from stretto.faces.cli.sessions.run_session import RunRequest, open_watcher, print_lost_output, run_to_end
from stretto.faces.cli.views.json_lines import to_line
from stretto.faces.cli.views.run_summary import print_run_summary
from stretto.faces.shared.formatting import count, flat, glyphs_for, money, one_line, seconds, tokens
from stretto.faces.shared.run_state import RunState
from stretto.faces.shared.run_wording import models_line, quote_line


def plan_session(prepared: RunInputs, *, as_json: bool, output: Path | None) -> int:
    """Have the plan made, show or write it, and return the exit code."""
    run_state, interrupts = RunState(), Interrupts()
    made: list[tuple[Plan, Quote]] = []

    def keep(plan: Plan, quote: Quote) -> Literal["later"]:
        made.append((plan, quote))
        return "later"

    request = RunRequest(start=prepared.start, review=keep, location=prepared.location)
    watcher = open_watcher(run_state, as_json=False)
    print(models_line(prepared.orchestrator.models, prepared.orchestrator.why, prepared.others), file=sys.stderr)
    lost = run_to_end(request, run_state, watcher, interrupts)
    if lost:
        raise lost
    result = run_state.result
    if not made or result is None:
        print_run_summary(run_state, result, interrupted=result is None, location=request.location, to_review=True)
        return interrupts.code if result is None else ExitCode.ERROR
    plan, quote = made[0]
    file = _plan_file(prepared, plan)
    written = output is not None and _written(file, output)
    labels = run_state.run.labels if run_state.run else ()
    shown = True
    try:
        if as_json:
            print(to_line(file.to_dict() | {"quote": to_jsonable(quote), "usage": to_jsonable(result.usage)}))
        elif not written:
            _show(plan, labels)
        sys.stdout.flush()
    except StdoutError as error:
        print_lost_output(error, request.location, result.run_id)
        if request.location is None and not written:
            print(_text(plan, labels), file=sys.stderr)
        shown = False
    _say_what_next(result, quote, output if written else None)
    return ExitCode.COMPLETE if shown and (written or not output) else ExitCode.ERROR


def _written(file: PlanFile, output: Path) -> bool:
    try:
        write_plan_file(file, output)
    except StrettoError as error:  # what was paid for is not thrown away: it is shown instead
        print(f"error: {one_line(str(error))}", file=sys.stderr)
        return False
    print(f"written: {one_line(as_typed(str(output)))}", file=sys.stderr)
    return True


def _plan_file(prepared: RunInputs, plan: Plan) -> PlanFile:
    task = Task.of(prepared.task, prepared.context)
    return PlanFile(plan=plan, task=task.text, context=task.context, recipe=prepared.recipe, language=prepared.language)


def _text(plan: Plan, labels: tuple[str, ...]) -> str:
    return for_terminal("\n\n".join(_blocks(plan, labels)))


def _show(plan: Plan, labels: tuple[str, ...]) -> None:
    text = _text(plan, labels)
    if console := results_console():
        from stretto.faces.cli.views.live.markdown import prose  # Rich is loaded only where a terminal is drawn on
        from stretto.faces.cli.views.live.styled_results import WIDEST

        for line in prose(text, console, max(20, min(console.width, WIDEST))):
            console.print(line, soft_wrap=True)
        console.print()
    else:
        print(text)


def _blocks(plan: Plan, labels: tuple[str, ...]) -> Iterator[str]:
    yield from (f"> {flat(label)}" for label in labels)
    if plan.analysis.strip():
        yield "# Analysis"
        yield plan.analysis.strip()
    yield f"# {count(len(plan.subtasks), 'subtask')}"
    for number, subtask in enumerate(plan.subtasks, 1):
        tier = f" [{subtask.tier}]" if subtask.tier else ""
        yield f"{number}. **{flat(subtask.type)}**{tier}\n   {flat(subtask.description)}"


def _say_what_next(result: RunResult, quote: Quote, output: Path | None) -> None:
    dot = glyphs_for(sys.stderr.encoding).dot
    usage = [count(result.usage.calls, "call"), f"{tokens(result.usage.total_tokens)} tokens", money(result.cost)]
    for warning in result.warnings:
        print(f"note: {flat(warning)}", file=sys.stderr)
    print(f"planned: {dot.join([seconds(result.seconds), *usage])}", file=sys.stderr)
    print(f"running it: {quote_line(quote, dot=dot)}", file=sys.stderr)
    if output:
        print(f"Edit it if you like, then: stretto run --plan {as_typed(str(output))}", file=sys.stderr)
