"""Which journal a path or an address means."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from stretto.core.errors import InputError, JournalError

if TYPE_CHECKING:
    from stretto.journal.sql.sql_journal import SqlJournal

DATA_VARIABLE = "STRETTO_DATA_DIR"
FILE_NAME = "journal.db"
ANOTHER_FILE = "Name another file"
"""How a hint begins where a place that was given cannot hold a journal."""
_POSTGRES = ("postgresql", "postgres", "postgresql+psycopg")


def data_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Return the user's folder for what stretto keeps; need not exist. `STRETTO_DATA_DIR` names another one."""
    given = (os.environ if environ is None else environ).get(DATA_VARIABLE, "").strip()
    if given:
        return Path(given).expanduser()
    from platformdirs import user_data_path  # not at the top: most commands never look here

    return user_data_path("stretto", appauthor=False)


def open_journal(place: str | Path | None = None, *, patience: float = 30.0) -> "SqlJournal":
    """Return the journal at a place, which is opened by its first use or by `async with`.

    Args:
        place: A file, `sqlite:///` with a file, or `postgresql://user@host/database`; None for the file in the
            user's data folder.
        patience: Seconds to wait for a file that somebody has locked, or a server that went away.

    Raises `InputError` when the address means nothing, `JournalError` when what it needs is not installed.
    """
    # Below, not at the top: SQLAlchemy takes longer to import than many commands take to run.
    from stretto.journal.sql.sql_journal import SqlJournal

    another = ANOTHER_FILE
    if place is None:
        place, another = data_folder() / FILE_NAME, f"Name another folder with {DATA_VARIABLE}"
    scheme, separator, rest = str(place).partition("://")
    if isinstance(place, str) and separator:
        if scheme in _POSTGRES:
            return SqlJournal(_postgres(place, patience))
        if scheme != "sqlite" or not rest.startswith("/") or rest == "/":
            raise InputError(
                f"A journal cannot be kept at {scheme}://….", hint="Give a file's path, or postgresql://host/database."
            )
        place = rest[1:]
    from stretto.journal.sql.sqlite import SqliteDatabase

    return SqlJournal(SqliteDatabase(Path(place).expanduser().absolute(), patience, another=another))


def _postgres(url: str, patience: float):
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # Without the text: it may hold a password.
        raise InputError(
            "The journal's address cannot be read.", hint="It looks like postgresql://user@host:5432/database."
        ) from None
    try:
        from stretto.journal.sql.postgres import PostgresDatabase

        return PostgresDatabase(parsed, patience)
    except ImportError as error:
        raise JournalError(
            "A journal on Postgres needs psycopg, which is not installed.", hint='pip install "stretto[postgres]"'
        ) from error
