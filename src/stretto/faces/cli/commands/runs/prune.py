"""The command that removes old runs from the journal."""

import re
import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from stretto.core.errors import InputError
from stretto.faces.cli.commands import new_app
from stretto.faces.cli.input import options

app = new_app()

Age = Annotated[str, typer.Option("--older-than", metavar="AGE", help="Such as 30d; h for hours, d days, w weeks.")]

_NAMED = 5
_LOOKED_AT = 1_000
_AGE = re.compile(r"(\d{1,5})([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@app.command()
def prune(older_than: Age, journal: options.JournalPlace = None) -> None:
    """Remove old runs from the journal.

    Those that were interrupted go, too; a run that is under way stays.
    """
    # Not at the top: --help needs none of it.
    from stretto.app.resume import RunJournal
    from stretto.faces.cli.input.journal_options import find_journal
    from stretto.faces.shared.formatting import count

    before = datetime.now(UTC) - _read_age(older_than)

    async def remove(journal: RunJournal) -> tuple[int, list[str]]:
        removed = await journal.prune(before=before)
        running = await journal.list_runs(states=["running"], limit=_LOOKED_AT)
        return removed, [run.run_id for run in running if run.started_at < before]

    removed, kept = find_journal(journal).ask(remove)
    if kept:
        named = ", ".join(kept[:_NAMED]) + (", ..." if len(kept) > _NAMED else "")
        print(f"kept: {named}, under way right now; prune again when that has ended.", file=sys.stderr)
    print(f"deleted: {count(removed, 'run')}", file=sys.stderr)


def _read_age(given: str) -> timedelta:
    match = _AGE.fullmatch(given.strip())
    if match is None:
        raise InputError(f"--older-than must be a number of hours, days or weeks such as 30d, got {given!r}.")
    return int(match[1]) * _UNITS[match[2]]
