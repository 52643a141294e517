"""Says which processes have a journal file open: each holds a lock on a file of its own beside it, until it ends.

The lock is SQLite's, which holds on every system that SQLite runs on, and which the system lets go of when the process
ends, whichever way. A child that was forked does not have it. On a network drive it means as little as the journal's.
"""

import glob
import os
import sqlite3
from collections.abc import Set as AbstractSet
from contextlib import closing, suppress
from pathlib import Path
from secrets import randbits

_PRIVATE_FILE = 0o600
_BITS = 62  # A column takes 63.
_PRIMARY_CODE = 0xFF


class ProcessLock:
    """The file of one journal that is open, and a look at those of others."""

    def __init__(self, journal: Path) -> None:
        self._journal = Path(os.path.realpath(journal))  # It may be known under several names.
        self._number = 0
        self._lock: sqlite3.Connection | None = None

    def claim(self) -> int:
        """Return this journal's number, which is held from now on. Raises `OSError` and `sqlite3.Error`.

        Called by one process at a time: else a file that is made and not yet locked could be swept away.
        """
        if self._number:
            return self._number
        for file in self._journal.parent.glob(f"{glob.escape(self._journal.name)}-live-*"):
            if not _is_locked(file):
                _remove(file)  # of a process that had no time to do it
        number = 1 + randbits(_BITS)
        file = self._file(number)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, _PRIVATE_FILE))
        self._lock = sqlite3.connect(file, isolation_level=None, timeout=0, check_same_thread=False)
        self._lock.execute("PRAGMA journal_mode = OFF")  # Nothing is ever written; else a second file would come.
        self._lock.execute("BEGIN EXCLUSIVE")
        self._number = number
        return number

    def living(self, numbers: AbstractSet[int]) -> AbstractSet[int]:
        """Return which of these numbers are held."""
        return {number for number in numbers if number and _is_locked(self._file(number))}

    def close(self) -> None:
        """Let go of the number."""
        if self._lock is not None:
            self._lock.close()
            _remove(self._file(self._number))
            self._lock, self._number = None, 0

    def _file(self, number: int) -> Path:
        return self._journal.with_name(f"{self._journal.name}-live-{number:x}")


def _is_locked(file: Path) -> bool:
    if not file.exists():
        return False
    try:
        # Reading asks for a lock that many may have: two who look do not take each other for the holder.
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=0)) as connection:
            connection.execute("SELECT 1 FROM sqlite_master").fetchall()
    except sqlite3.Error as error:
        return getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE == sqlite3.SQLITE_BUSY
    return False


def _remove(file: Path) -> None:
    with suppress(OSError):  # Windows keeps what somebody looks at; it is swept away another time.
        file.unlink()
