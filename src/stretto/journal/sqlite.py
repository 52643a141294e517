"""A journal in one file: SQLite in WAL mode, for every process of one machine."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import closing, suppress
from pathlib import Path
from typing import cast

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.exc import DBAPIError

from stretto.core.errors import JournalError
from stretto.journal.database import Database
from stretto.journal.live_file import LiveFile
from stretto.journal.migrations import VERSION_TABLE

_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700
# SQLite cannot write its shared index into less, and reports that as an I/O error.
_NO_SPACE_BYTES = 1 << 16
# Pages. Others wait for the lock meanwhile.
_VACUUMED_AT_A_TIME = 1_000
_SAFE = "What was recorded is safe."


class SqliteDatabase(Database):
    """One file with its two companions, readable by its owner alone."""

    def __init__(self, path: Path, patience: float) -> None:
        engine = create_engine(
            URL.create("sqlite", database=os.fspath(path)),
            connect_args={"timeout": patience, "isolation_level": None},
            pool_timeout=patience,
        )
        super().__init__(engine, str(path), patience)
        self._path = path
        self._live = LiveFile(path)
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _begin)

    def claim(self) -> int:
        """Return the number of a lock that lasts as long as the process. Others wait for this transaction meanwhile."""
        try:
            return self._live.claim()
        except OSError as error:
            raise self._out_of_reach(error) from error
        except sqlite3.Error as error:
            raise self._told(error) from error

    def living(self, connection: Connection, numbers: AbstractSet[int]) -> AbstractSet[int]:
        """Return which of these are locked."""
        return self._live.living(numbers)

    def close(self) -> None:
        """Let go of every connection, and of the number."""
        super().close()
        self._live.close()

    def tidy(self) -> None:
        """Give deleted pages back to the disk, and the text in them with them; another time if somebody reads."""
        with suppress(DBAPIError, sqlite3.Error), closing(self._engine.raw_connection()) as connection:
            driver = cast("sqlite3.Connection", connection.driver_connection)
            while driver.execute("PRAGMA freelist_count").fetchone()[0]:
                # As a script: a cursor would take one step of the vacuum, which is one page.
                driver.executescript(f"PRAGMA incremental_vacuum({_VACUUMED_AT_A_TIME})")
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _prepare(self) -> None:
        try:
            self._path.parent.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
            # Made before SQLite sees it, so that it is never readable to others; its companions take its mode over.
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, _PRIVATE_FILE))
        except OSError as error:
            raise self._out_of_reach(error) from error
        self._look()
        self._make_private()
        self._migrate()

    def _look(self) -> None:
        """Refuse what is not a journal, before anything of it is changed: its mode, its format."""
        try:
            with closing(sqlite3.connect(self._path, timeout=self.patience)) as connection:
                names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        except sqlite3.Error as error:
            raise self._told(error) from error
        if names and VERSION_TABLE not in names:
            raise JournalError(f"{self.place} is the database of something else.", hint="Name another file.")

    def _make_private(self) -> None:
        try:
            for file in self._files():
                if file.exists() and file.stat().st_mode & 0o077:
                    file.chmod(_PRIVATE_FILE)
        except OSError as error:
            raise self._out_of_reach(error) from error

    def _out_of_reach(self, error: OSError) -> JournalError:
        return JournalError(
            f"Cannot open the journal {self.place}: {error.strerror}.",
            hint="Name another folder with STRETTO_DATA_DIR, or make this one writable.",
        )

    def _begin_writing(self, connection: Connection) -> None:
        return  # BEGIN IMMEDIATE holds the one lock there is.

    def _files(self) -> Iterator[Path]:
        yield self._path
        for ending in ("-wal", "-shm"):
            yield self._path.with_name(self._path.name + ending)

    def _passes(self, error: DBAPIError) -> bool:
        # Turning WAL on does not wait for a lock by itself; BEGIN has waited its time already.
        return _code(error.orig) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)

    def _explain(self, error: DBAPIError) -> JournalError:
        return self._told(error.orig)

    def _told(self, error: object) -> JournalError:
        what, hint = self._fault(_code(error), str(error))
        return JournalError(f"The journal {self.place} {what}.", hint=hint)

    def _fault(self, code: int, said: str) -> tuple[str, str]:
        if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and self._no_space()):
            return "cannot be written: the disk is full", f"Free some space and run the same again. {_SAFE}"
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            holder = f"has been locked by another program for more than {self.patience:g} seconds"
            return (
                holder,
                f"Close what holds it, such as a database browser or a backup, and run the same again. {_SAFE}",
            )
        if code == sqlite3.SQLITE_NOTADB:
            return "is not a journal: the file is something else", "Name another file."
        if code == sqlite3.SQLITE_CORRUPT:
            rescue = f'sqlite3 "{self.place}" .recover'
            return (
                "is damaged",
                f"Move it away and a new one is begun; `{rescue}` prints what can be read of the old one.",
            )
        return f"cannot be used: {said}", "See that its folder may be written, or name another with STRETTO_DATA_DIR."

    def _no_space(self) -> bool:
        return shutil.disk_usage(self._path.parent).free < _NO_SPACE_BYTES


def _set_up(connection: sqlite3.Connection, _record: object) -> None:
    # Counts only for a file that is still empty: it is what lets deleting give space back later.
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    # FULL: a commit is on the disk, not only with the system, before a call is paid or a result shown. Commits are
    # grouped, so it costs a wait and hardly any work.
    connection.execute("PRAGMA synchronous = FULL")
    # Deleted text is overwritten, not only let go.
    connection.execute("PRAGMA secure_delete = ON")
    # SQLite's own folds ASCII only.
    connection.create_function("lower", 1, str.lower, deterministic=True)


def _begin(connection: Connection) -> None:
    # A transaction that reads first and then writes could fail where waiting does not help.
    writes = connection.get_execution_options().get("stretto_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _code(error: object) -> int:
    """Return SQLite's primary code; 0 when the driver itself refused."""
    return cast("int", getattr(error, "sqlite_errorcode", 0)) & 0xFF
