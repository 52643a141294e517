"""The journal in a database: what happened, and for good."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import TypeVar, cast

from anyio.to_thread import run_sync
from sqlalchemy import Connection

from stretto.core.errors import JournalError
from stretto.core.events import Event
from stretto.core.journal import (
    CallEnd,
    CallStart,
    OutcomeKey,
    OutcomeT,
    Revision,
    RunState,
    RunSummary,
    SavedRun,
)
from stretto.core.plan import Subtask
from stretto.journal import archive, rows
from stretto.journal.database import Database
from stretto.journal.line import Line
from stretto.journal.statements import Insert, Statements
from stretto.journal.writing import Rows, Write, write_all

T = TypeVar("T")


class SqlJournal:
    """Implements `Journal` and `Archive`. Serves several event loops and, on one database, several processes.

    Opened by its first use, or by `async with`, which also closes it. Every method raises `JournalError` when the
    database cannot do its part.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = Statements(database.dialect)
        self._writes = Line[Write, object]("stretto-journal", database.place, self._write_all)
        self._loads = Line[str, SavedRun]("stretto-journal-loads", database.place, self._load_all)
        self._open = False
        self._closed = False

    @property
    def place(self) -> str:
        """Where it is, as messages name it: a path, or an address without password."""
        return self._database.place

    async def __aenter__(self) -> "SqlJournal":
        await self._opened()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Write what was asked for and let go of the database; closing twice is once."""
        await run_sync(self._close)

    async def open_run(self, run_id: str, spec: Mapping[str, object]) -> None:
        """Note what a run was started with; the first note stands."""
        await self._keep((self._sql.open_run, rows.run_row(run_id, spec=spec)))

    async def load(self, run_id: str) -> SavedRun:
        """Return what is known of a run; an empty one when it is new."""
        await self._opened()
        return await self._loads.ask(run_id)

    async def seal(self, run_id: str, *subtasks: Subtask, analysis: str) -> None:
        """Keep sealed subtasks, and the analysis unless one is known."""
        kept = [(self._sql.seal, rows.sealed_row(run_id, subtask)) for subtask in subtasks]
        if analysis:
            kept.append((self._sql.note_analysis, rows.run_row(run_id, analysis=analysis)))
        await self._keep(*kept)

    async def start_call(self, run_id: str, call: CallStart) -> None:
        """Keep a call's start."""
        await self._keep((self._sql.start_call, rows.start_row(run_id, call)))

    async def end_call(self, run_id: str, call: CallEnd) -> None:
        """Keep a call's end."""
        await self._keep((self._sql.end_call, rows.end_row(run_id, call)))

    async def record(
        self, run_id: str, key: OutcomeKey, outcome: OutcomeT, *, ended: CallEnd | None = None
    ) -> OutcomeT:
        """Keep an outcome unless there is one, and the end of its call; return the outcome that stands."""
        row = rows.outcome_row(run_id, key, outcome)
        kept = [(self._sql.record, row)]
        if ended is not None:
            kept.append((self._sql.end_call, rows.end_row(run_id, ended)))
        earlier = await self._keep(*kept, outcome=row)
        if earlier is None:
            return outcome
        return cast("OutcomeT", rows.read(rows.OUTCOME_KINDS[key.role], cast("bytes", earlier), run_id))

    async def revise(self, run_id: str, revision: Revision) -> None:
        """Keep a revision that is opened."""
        await self._keep((self._sql.revise, rows.revision_row(run_id, revision)))

    async def log(self, run_id: str, events: Sequence[Event]) -> None:
        """Keep events for late readers; deltas are only for those who are there."""
        kept = rows.event_rows(run_id, events)
        if kept:
            await self._keep(*((self._sql.log, row) for row in kept))

    async def close_run(self, run_id: str, state: RunState) -> None:
        """Note how the run ended."""
        await self._keep((self._sql.close_run, rows.run_row(run_id, state=state)))

    async def list_runs(
        self, *, states: Sequence[RunState] = (), search: str = "", limit: int = 50
    ) -> tuple[RunSummary, ...]:
        """Return runs, newest first."""
        return await self._read(lambda connection: archive.list_runs(connection, states, search, limit))

    async def spec(self, run_id: str) -> Mapping[str, object] | None:
        """Return what a run was started with; None when there is no such run."""
        return await self._read(lambda connection: archive.spec(connection, run_id))

    async def events(self, run_id: str, *, after: int = 0) -> tuple[Event, ...]:
        """Return the logged events of a run past a number, in order; kinds of a newer version are left out."""
        return await self._read(lambda connection: archive.events(connection, run_id, after))

    async def delete(self, run_id: str) -> bool:
        """Remove a run with everything that belongs to it; return whether there was one."""
        removed = await self._write(lambda connection: archive.delete_run(connection, run_id))
        await run_sync(self._database.tidy)
        return removed

    async def prune(self, *, before: datetime) -> int:
        """Remove finished runs that started earlier than that, some at a time; return how many."""
        moment = rows.microseconds(before.astimezone(UTC))
        removed = 0
        while some := await self._write(lambda connection: archive.prune(connection, moment)):
            removed += some
        await run_sync(self._database.tidy)
        return removed

    async def _read(self, work: Callable[[Connection], T]) -> T:
        await self._opened()
        return await run_sync(self._database.read, work)

    async def _write(self, work: Callable[[Connection], T]) -> T:
        await self._opened()
        return cast("T", await self._writes.ask(work))

    async def _keep(self, *kept: tuple[Insert, rows.Row], outcome: rows.Row | None = None) -> object:
        await self._opened()
        return await self._writes.ask(Rows(kept, outcome))

    def _write_all(self, writes: Sequence[Write]) -> Sequence[object]:
        return self._database.write(lambda connection: write_all(connection, self._sql, writes))

    def _load_all(self, run_ids: Sequence[str]) -> Sequence[SavedRun]:
        return self._database.read(lambda connection: archive.load_all(connection, run_ids))

    async def _opened(self) -> None:
        if self._closed:
            raise JournalError(f"The journal {self.place} is closed.", hint="Open it again with open_journal.")
        if not self._open:
            await run_sync(self._database.open)
            self._open = True

    def _close(self) -> None:
        self._closed = True
        self._loads.close()
        self._writes.close()
        self._database.close()
