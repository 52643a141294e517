"""A journal that many machines share: Postgres through psycopg."""

from collections.abc import Set as AbstractSet
from secrets import randbits
from typing import Any, cast

from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, OperationalError

from stretto.core.errors import JournalError
from stretto.journal.sql.database import Database

# Any number that nothing else in the same database locks.
_SCHEMA_LOCK = 7_287_386_155
_CONNECT_SECONDS = 10
# A machine that is cut off in the middle of a transaction must not hold its rows for longer.
_IDLE_SECONDS = 10
# A machine that lost its power must not be held for alive for hours.
_SERVER_KEEPALIVE = "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3"
_BITS = 62  # A column takes 63.
# A number of 64 bits is shown in two halves.
_HELD = text(
    "SELECT classid::bigint << 32 | objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 "
    "AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
# Classes of SQLSTATE: connection, transaction to be repeated, too many connections, server going down or coming up.
_PASSING_CLASSES = ("08", "40", "57P")
_PASSING_STATES = ("53300", "55P03")
# Messages in place of an SQLSTATE when no connection comes about at all.
_COMING_UP = ("starting up", "shutting down", "recovery mode", "not yet accepting", "too many clients")


class PostgresDatabase(Database):
    """Tables beside whatever else the database holds."""

    def __init__(self, url: URL, patience: float) -> None:
        milliseconds = int(patience * 1000)
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            connect_args={
                "connect_timeout": _CONNECT_SECONDS,
                # Without these a network that went silent would hold a write for hours.
                **{"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3},
                "tcp_user_timeout": milliseconds,
            }
            | {"application_name": "stretto"},
            pool_size=2,
            max_overflow=3,
            pool_timeout=patience,
        )
        super().__init__(engine, _place(url), patience)
        self._seen = False
        self._number = 1 + randbits(_BITS)
        settings = (
            f"SET lock_timeout = {milliseconds}; "
            f"SET idle_in_transaction_session_timeout = {_IDLE_SECONDS * 1000}; {_SERVER_KEEPALIVE}"
        )

        def set_up(connection: Any, _record: object) -> None:
            with connection.cursor() as cursor:
                # Every connection has the lock, so that it is there again as soon as a server that went away was
                # asked for anything. Until then the runs of this process pass for interrupted, and may be gone on
                # with elsewhere: as after a crash, calls in flight may then be paid twice, and the first result stands.
                cursor.execute(f"{settings}; SELECT pg_advisory_lock_shared({self._number})")
            connection.commit()
            self._seen = True

        event.listen(engine, "connect", set_up)

    def claim(self) -> int:
        """Return the number that every connection of this process has locked, as long as it is open."""
        return self._number

    def living(self, connection: Connection, numbers: AbstractSet[int]) -> AbstractSet[int]:
        """Return which of these are locked."""
        return numbers & set(connection.execute(_HELD).scalars()) if numbers else numbers

    def _prepare(self) -> None:
        self._migrate()

    def _begin_writing(self, connection: Connection) -> None:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SCHEMA_LOCK})

    def _passes(self, error: DBAPIError) -> bool:
        state = _state(error)
        if state:
            return state.startswith(_PASSING_CLASSES) or state in _PASSING_STATES
        if not isinstance(error, OperationalError):
            return False
        # A server that was never reached is a wrong address until it says that it is coming up.
        return self._seen or any(words in str(error.orig) for words in _COMING_UP)

    def _explain(self, error: DBAPIError) -> JournalError:
        text = str(error.orig).strip().partition("\n")[0]
        what, hint = _fault(_state(error), text)
        return JournalError(f"The journal {self.place} {what}: {text.rstrip('.')}.", hint=hint)


def _place(url: URL) -> str:
    """Return where it is, without user, password and options."""
    host = url.host or "localhost"
    return f"postgresql://{host}{f':{url.port}' if url.port else ''}/{url.database or ''}"


def _state(error: DBAPIError) -> str:
    return cast("str | None", getattr(error.orig, "sqlstate", None)) or ""


def _fault(state: str, text: str) -> tuple[str, str]:
    match state:
        case "53100":
            return "cannot be written", "Free some space on the server's disk; what was recorded is safe."
        case "25006":
            return "may not be written", "This server is a read-only copy: name the one that is written to."
        case "42501" | "3F000":  # no right to something, or to any schema
            return "may not be used", "Give this user the right to create tables, or to read and write stretto's."
        case "":
            hint = "Check the address, the user and that the server runs; what was recorded is safe."
            return "cannot be reached", hint
        case _:
            return "cannot be used", "Run the same again; what was recorded is safe."
