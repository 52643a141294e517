"""The command that lists the runs in the journal."""

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from stretto.core.errors import InputError
from stretto.core.journal import ListedState, RunSummary
from stretto.faces.cli.commands import new_app
from stretto.faces.cli.input import options
from stretto.faces.shared.run_list import LOOKED_AT, Line, run_lines

if TYPE_CHECKING:
    from rich.console import Console

app = new_app()

State = Annotated[
    list[str] | None,
    typer.Option(
        "--state",
        metavar="STATE",
        help="Only running, complete, partial, failed, declined, planned or interrupted ones; repeatable.",
    ),
]
Search = Annotated[str, typer.Option("--search", metavar="TEXT", help="Only those with this in task, recipe or id.")]
Limit = Annotated[int, typer.Option("--limit", metavar="N", min=1, help="How many at the most; the newest come first.")]

_HEAD = ("RUN", "STARTED (UTC)", "STATE", "DONE", "COST", "TASK")
_NARROWEST = 12
_LONGEST_NAME = 20
"""Characters of an id on a terminal, unless more are needed to tell two apart."""


@app.command()
def runs(
    state: State = None,
    search: Search = "",
    limit: Limit = 50,
    as_json: options.AsJson = False,
    journal: options.JournalPlace = None,
) -> None:
    """List the runs in the journal.

    Running is a run that a process carries out right now; interrupted one that was stopped, by whatever, and can be
    gone on with. Declined is one whose plan nobody wanted run, planned one of which only the plan was asked for. The
    rows of a batch are one line; one by one they are listed with --json and by: stretto runs --search row-
    """
    # Not at the top: --help needs none of it.
    from stretto.app.resume import RunJournal
    from stretto.faces.cli.input.journal_options import find_journal
    from stretto.faces.cli.process.terminals import results_console
    from stretto.faces.cli.views.json_lines import to_line

    states = _read_states(state or [])

    if as_json:

        async def read(journal: RunJournal) -> tuple[RunSummary, ...]:
            return await journal.list_runs(states=states, search=search, limit=limit)

        for run in find_journal(journal).ask(read):
            print(to_line(_fields(run), sys.stdout.encoding))
        return

    async def read_lines(journal: RunJournal) -> tuple[list[Line], bool]:
        return await run_lines(journal, states=states, search=search, limit=limit)

    lines, more = find_journal(journal).ask(read_lines)
    if not lines:
        print("There is no such run in the journal." if states or search else "The journal is empty.", file=sys.stderr)
    elif console := results_console():
        for line in _table(lines, console):
            console.print(line, soft_wrap=True)
    else:
        for line in lines:
            print("\t".join(_cells(line)))
    if more:
        print(f"note: only the latest {LOOKED_AT:,} runs were looked at; --json lists more.", file=sys.stderr)


def _read_states(given: Sequence[str]) -> tuple[ListedState, ...]:
    known = get_args(ListedState)
    for name in given:
        if name not in known:
            raise InputError(f"--state must be one of {', '.join(known)}, got {name!r}.")
    return tuple(cast("Sequence[ListedState]", given))


def _fields(run: RunSummary) -> dict[str, object]:
    return {
        "run_id": run.run_id,
        "started_at": run.started_at.isoformat(),
        "state": run.state,
        "task": run.task,
        "recipe": run.recipe,
        "completed": run.completed,
        "total": run.total,
        "cost": run.cost,
    }


def _cells(line: Line, name: str = "") -> tuple[str, ...]:
    from stretto.faces.shared.formatting import flat, money  # not at the top: help needs none of it

    done = f"{line.completed}/{line.total}"
    started = f"{line.started_at:%Y-%m-%d %H:%M}"
    return name or line.name, started, line.state, done, money(line.cost), flat(line.task)


def _table(lines: Sequence[Line], console: "Console") -> Iterator[str]:
    """Return lines of the terminal's width; what does not fit is cut off the task."""
    from stretto.faces.shared.formatting import glyphs_for
    from stretto.faces.shared.timeline import fit  # Rich is loaded only where a terminal is drawn on

    names = _shortened(lines, _LONGEST_NAME)
    rows = [_HEAD, *(_cells(line, name) for line, name in zip(lines, names, strict=True))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    room = max(_NARROWEST, console.width - 1 - sum(widths) - 2 * len(widths))
    ellipsis = glyphs_for(console.encoding).ellipsis
    for *cells, task in rows:
        padded = [f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)]
        yield "  ".join([*padded, fit(task, room, ellipsis)]).rstrip()


def _shortened(lines: Sequence[Line], most: int) -> Iterator[str]:
    """Yield the names, long ids cut to what tells them apart: a run is found by how its id begins."""
    names = [line.name for line in lines]
    length = most
    while len({name[:length] for name in names}) < len(set(names)):
        length += 1
    yield from (name[:length] for name in names)
