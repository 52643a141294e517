"""A journal in one file: SQLite in WAL mode, for every process of one machine."""

import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar, cast

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.exc import DBAPIError

from stretto.core.errors import JournalError
from stretto.journal.sql.database import Database, Work
from stretto.journal.sql.migrations import VERSION_TABLE
from stretto.journal.sql.process_locks import ProcessLock

T = TypeVar("T")

_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700
# SQLite cannot write its shared index into less, and reports that as an I/O error.
_NO_SPACE_BYTES = 1 << 16
# Pages. Others wait for the lock meanwhile.
_VACUUMED_AT_A_TIME = 1_000
_SAFE = "What was recorded is safe."
# Looking through so much takes a tenth of a second; of a larger file SQLite itself sees what it comes upon.
_CHECKED_BYTES = 1 << 26
_KINDS = (
    (stat.S_ISDIR, "it is a folder"),
    (stat.S_ISFIFO, "it is a pipe"),
    (stat.S_ISSOCK, "it is a socket"),
    (stat.S_ISCHR, "it is a device"),
    (stat.S_ISBLK, "it is a device"),
)


class SqliteDatabase(Database):
    """One file with its two companions, readable by its owner alone.

    Where nothing may be written, what is there is read: from a copy, as SQLite has to write in order to read.
    """

    def __init__(self, path: Path, patience: float, *, another: str) -> None:
        engine = create_engine(
            URL.create("sqlite", database=os.fspath(path)),
            connect_args={"timeout": patience, "isolation_level": None},
            pool_timeout=patience,
        )
        super().__init__(engine, str(path), patience)
        self._path = path
        self._another = another
        self._live = ProcessLock(path)
        self._copied: TemporaryDirectory[str] | None = None
        event.listen(engine, "do_connect", self._go_to_the_copy)
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _begin)

    def check(self) -> None:
        """Raise `JournalError` when the file is damaged: nothing is to be paid for that it could not give back."""
        try:
            if self._path.stat().st_size > _CHECKED_BYTES:
                return
            with closing(sqlite3.connect(self._path, timeout=self.patience)) as connection:
                (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        except OSError as error:
            raise self._out_of_reach(error) from error
        except sqlite3.Error as error:
            raise self._error_of(error) from error
        if found != "ok":
            raise self._error(sqlite3.SQLITE_CORRUPT)

    def claim(self) -> int:
        """Return the number of a lock that lasts as long as the process. Others wait for this transaction meanwhile."""
        try:
            return self._live.claim()
        except OSError as error:
            raise self._out_of_reach(error) from error
        except sqlite3.Error as error:
            raise self._error_of(error) from error

    def living(self, connection: Connection, numbers: AbstractSet[int]) -> AbstractSet[int]:
        """Return which of these are locked."""
        return self._live.living(numbers)

    def close(self) -> None:
        """Let go of every connection, and of the number."""
        super().close()
        self._live.close()
        if self._copied:
            self._copied.cleanup()

    def write(self, work: Work[T]) -> T:
        """Do it in one transaction; raises `JournalError` where nothing may be written."""
        if self._copied:
            raise JournalError(
                f"The journal {self.place} may not be written: what is in it can only be read.",
                hint=f"{self._another}, or make this one and its folder writable.",
            )
        return super().write(work)

    def tidy(self) -> None:
        """Give deleted pages back to the disk, and the text in them with them; another time if somebody reads."""
        with suppress(DBAPIError, sqlite3.Error), closing(self._engine.raw_connection()) as connection:
            driver = cast("sqlite3.Connection", connection.driver_connection)
            while driver.execute("PRAGMA freelist_count").fetchone()[0]:
                # As a script: a cursor would take one step of the vacuum, which is one page.
                driver.executescript(f"PRAGMA incremental_vacuum({_VACUUMED_AT_A_TIME})")
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _prepare(self) -> None:
        self._refuse_what_is_no_file()
        try:
            self._path.parent.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
            # Made before SQLite sees it, so that it is never readable to others; its companions take its mode over.
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, _PRIVATE_FILE))
            writable = os.access(self._path.parent, os.W_OK)
        except OSError as error:
            if not self._path.is_file():
                raise self._out_of_reach(error) from error
            writable = False
        if not writable:
            self._copy()
        self._look()
        self._make_private()
        self._migrate()

    def _refuse_what_is_no_file(self) -> None:
        with suppress(OSError):  # It is not there, or opening it says the rest.
            mode = self._path.stat().st_mode
            for fits, what in _KINDS:
                if fits(mode):
                    raise JournalError(f"Cannot open the journal {self.place}: {what}.", hint=f"{self._another}.")

    def _copy(self) -> None:
        """Go on with a copy of the file, and of what was written ahead of it."""
        self._copied = TemporaryDirectory(prefix="stretto-")
        self._path = self._copied_to(self._copied.name)

    def _copied_to(self, folder: str) -> Path:
        try:
            for file in tuple(self._files())[:2]:
                if file.exists():
                    shutil.copyfile(file, Path(folder) / file.name)
        except OSError as error:
            raise self._out_of_reach(error) from error
        return Path(folder) / self._path.name

    def _go_to_the_copy(self, _dialect: object, _record: object, arguments: list[object], _options: object) -> None:
        if self._copied:
            arguments[0] = os.fspath(self._path)

    def _look(self) -> None:
        """Refuse what is not a journal of ours, before anything of it is changed: its mode, its format."""
        names, version = self._peek()
        if names and VERSION_TABLE not in names:
            raise JournalError(f"{self.place} is the database of something else.", hint=f"{self._another}.")
        self._refuse_newer(version)

    def _peek(self) -> tuple[AbstractSet[str], int]:
        """Return the names of what is in it and the version of its schema, and leave no trace."""
        main, ahead, shared = self._files()
        if not ahead.exists():  # Nobody is writing.
            with suppress(JournalError):
                return self._peeked(main, "immutable=1")
        if not ahead.exists() or shared.exists():
            return self._peeked(main, "mode=ro")
        with TemporaryDirectory(prefix="stretto-") as folder:  # Looking at what was left would make a file beside it.
            return self._peeked(self._copied_to(folder), "mode=ro")

    def _peeked(self, file: Path, how: str) -> tuple[AbstractSet[str], int]:
        try:
            opened = sqlite3.connect(f"{file.as_uri()}?{how}", uri=True, timeout=self.patience)
            with closing(opened) as connection:
                names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
                if VERSION_TABLE not in names:
                    return names, 0
                return names, connection.execute(f"SELECT max(version) FROM {VERSION_TABLE}").fetchone()[0] or 0
        except sqlite3.Error as error:
            raise self._error_of(error) from error

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
            hint=f"{self._another}, or make its folder writable.",
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
        return self._error_of(error.orig)

    def _error_of(self, error: object) -> JournalError:
        return self._error(_code(error), str(error))

    def _error(self, code: int, text: str = "") -> JournalError:
        what, hint = self._fault(code, text)
        return JournalError(f"The journal {self.place} {what}.", hint=hint)

    def _fault(self, code: int, text: str) -> tuple[str, str]:
        if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and self._no_space()):
            return "cannot be written: the disk is full", f"Free some space and run the same again. {_SAFE}"
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            holder = f"has been locked by another program for more than {self.patience:g} seconds"
            return (
                holder,
                f"Close what holds it, such as a database browser or a backup, and run the same again. {_SAFE}",
            )
        if code == sqlite3.SQLITE_NOTADB:
            return "is not a journal: the file is something else", f"{self._another}."
        if code == sqlite3.SQLITE_CORRUPT:
            rescue = f'sqlite3 "{self.place}" .recover'
            return (
                "is damaged",
                f"Move it away and a new one is begun; `{rescue}` prints what can be read of the old one.",
            )
        return f"cannot be used: {text}", f"{self._another}, or see that its folder may be written."

    def _no_space(self) -> bool:
        return shutil.disk_usage(self._path.parent).free < _NO_SPACE_BYTES


def _set_up(connection: sqlite3.Connection, _record: object) -> None:
    # Counts only for a file that is still empty, and is written into every other: it lets deleting give space back.
    if not connection.execute("PRAGMA page_count").fetchone()[0]:
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
