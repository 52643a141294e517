"""One database under a journal: opened once, every transaction whole or not at all, faults as messages for users."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from stretto.core.errors import JournalError
from stretto.journal.sql.migrations import STEPS, migrate, version_of

T = TypeVar("T")
Work = Callable[[Connection], T]

_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 1.0


class Database(ABC):
    """What SQLite and Postgres share. Blocking: used from threads."""

    def __init__(self, engine: Engine, place: str, patience: float) -> None:
        self.place = place
        """How messages name it; holds no password."""
        self.patience = patience
        """Seconds in which a lock or a server that went away may come free again."""
        self._engine = engine
        self._write_engine = engine.execution_options(stretto_writes=True)
        self._write_connection: Connection | None = None
        self._ready = False
        self._opening = threading.Lock()

    def open(self) -> None:
        """Make the database and bring its schema to the newest version, unless that is done; raises `JournalError`."""
        with self._opening:
            if self._ready:
                return
            try:
                self._retry(self._prepare)
            except BaseException:
                self._engine.dispose()
                raise
            self._ready = True

    def read(self, work: Work[T]) -> T:
        """Return what `work` reads, all of it from one moment."""
        return self._retry(lambda: self._reading(work))

    def write(self, work: Work[T]) -> T:
        """Do it in one transaction, and return when it is safe; it may be done again after a lost connection.

        Called by one thread at a time.
        """
        return self._retry(lambda: self._writing(work))

    def close(self) -> None:
        """Let go of every connection."""
        if self._write_connection is not None:
            self._write_connection.close()
            self._write_connection = None
        self._engine.dispose()

    def check(self) -> None:
        """Raise `JournalError` when what is written now might not be read later."""
        return

    def tidy(self) -> None:
        """Give back what deleted rows took."""
        return

    @abstractmethod
    def claim(self) -> int:
        """Return the number under which this journal has runs under way; raises `JournalError`.

        It is alive from now on until `close` or the end of the process, whichever way that ends. Called within `write`.
        """

    @abstractmethod
    def living(self, connection: Connection, numbers: AbstractSet[int]) -> AbstractSet[int]:
        """Return which of these numbers are those of journals that are open, in any process."""

    @abstractmethod
    def _prepare(self) -> None:
        """Make what must be there before the first transaction, and the schema."""

    @abstractmethod
    def _begin_writing(self, connection: Connection) -> None:
        """Take, inside a transaction that has begun, the lock under which the schema is changed."""

    @abstractmethod
    def _passes(self, error: DBAPIError) -> bool:
        """Return whether the same may work a little later."""

    @abstractmethod
    def _explain(self, error: DBAPIError) -> JournalError:
        """Return an error of the driver in a user's words."""

    def _reading(self, work: Work[T]) -> T:
        with self._engine.begin() as connection:
            return work(connection)

    def _writing(self, work: Work[T]) -> T:
        # Kept from one transaction to the next: fetching one anew would cost as much as the writing.
        connection = self._write_connection or self._write_engine.connect()
        self._write_connection = None
        try:
            with connection.begin():
                result = work(connection)
        except BaseException:
            connection.close()
            raise
        self._write_connection = connection
        return result

    def _retry(self, work: Callable[[], T]) -> T:
        """Do something, again while its failure may pass, within the patience."""
        deadline = time.monotonic() + self.patience
        pause = _FIRST_PAUSE
        while True:
            try:
                return work()
            except PoolTimeout as error:
                raise JournalError(f"The journal {self.place} is too busy: no connection came free.") from error
            except DBAPIError as error:
                if not self._passes(error) or time.monotonic() + pause > deadline:
                    raise self._explain(error) from error
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _migrate(self) -> None:
        """Bring the schema to the newest version; only one process at a time does."""
        if self._reading(self._version) == len(STEPS):
            return
        with self._write_engine.begin() as connection:
            self._begin_writing(connection)
            migrate(connection, self._version(connection))  # looked at again: another process may have been first

    def _version(self, connection: Connection) -> int:
        version = version_of(connection)
        self._refuse_newer(version)
        return version

    def _refuse_newer(self, version: int) -> None:
        if version > len(STEPS):
            raise JournalError(
                f"The journal {self.place} was written by a newer stretto "
                f"(schema {version}; this one knows up to {len(STEPS)}).",
                hint="Upgrade stretto on this machine, or name another journal.",
            )
