"""The command that removes old runs from the journal."""

import re
import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from stretto.core.errors import InputError
from stretto.faces.cli import options
from stretto.faces.cli.commands import new_app

app = new_app()

Age = Annotated[str, typer.Option("--older-than", metavar="AGE", help="Such as 30d; h for hours, d days, w weeks.")]

_AGE = re.compile(r"(\d{1,5})([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@app.command()
def prune(older_than: Age, journal: options.JournalPlace = None) -> None:
    """Remove old runs from the journal.

    Only runs that came to their end are removed; one that was stopped can still be gone on with.
    """
    # Not at the top: --help needs none of it.
    from stretto.app.resuming import Book
    from stretto.faces.cli.journals import find_place
    from stretto.faces.cli.words import count

    before = datetime.now(UTC) - _read_age(older_than)

    async def remove(book: Book) -> int:
        return await book.prune(before=before)

    print(f"deleted: {count(find_place(journal).ask(remove), 'run')}", file=sys.stderr)


def _read_age(given: str) -> timedelta:
    match = _AGE.fullmatch(given.strip())
    if match is None:
        raise InputError(f"--older-than must be a number of hours, days or weeks such as 30d, got {given!r}.")
    return int(match[1]) * _UNITS[match[2]]
