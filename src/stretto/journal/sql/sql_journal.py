"""The journal in a database: what happened, and for good."""

from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import TypeVar, cast

from anyio.to_thread import run_sync
from sqlalchemy import Connection

from stretto.core.errors import JournalError, UnderWayError
from stretto.core.events import Event
from stretto.core.journal import (
    CallEnd,
    CallStart,
    ListedState,
    OutcomeKey,
    OutcomeT,
    Revision,
    RunState,
    RunSummary,
    SavedRun,
)
from stretto.core.plan import Subtask
from stretto.journal.keys import DELTAS
from stretto.journal.sql import queries as archive
from stretto.journal.sql import row_mapping as rows
from stretto.journal.sql import statements
from stretto.journal.sql.bulk_insert import Rows, Write, write_all
from stretto.journal.sql.database import Database
from stretto.journal.sql.database_thread import DatabaseThread
from stretto.journal.sql.statements import Insert

T = TypeVar("T")


class SqlJournal:
    """Implements `Journal` and `Archive`. Serves several event loops and, on one database, several processes.

    Opened by its first use, or by `async with`, which also closes it. Every method raises `JournalError` when the
    database cannot do its part.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writes = DatabaseThread[Write, object]("stretto-journal", database.place, self._write_all)
        self._loads = DatabaseThread[str, SavedRun]("stretto-journal-loads", database.place, self._load_all)
        self._holder = 0
        self._under_way: dict[str, object] = {}
        # Runs that were left when nothing could be written: their rows say that they are under way here.
        self._left: set[str] = set()
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

    async def open_run(self, run_id: str, spec: Mapping[str, object]) -> bool:
        """Note what a run is started with, and that it is under way here; return whether it is new."""
        row = rows.run_row(run_id, spec=spec, holder=await self._claimed())
        with self._entering(run_id) as first:
            earlier = await self._keep((statements.OPEN_RUN, row), asked=row)
            # Under our own number a row is new all the same: after a lost connection the same was written twice.
            new = first and run_id not in self._left and earlier in (None, self._holder)
        if first and not new:
            self._under_way.pop(run_id, None)
        return new

    async def hold_run(self, run_id: str, *, take_over: bool = False) -> RunState:
        """Note that a known run is under way here; return how it ended before. Raises `UnderWayError`."""
        living = None if take_over else self._database.living
        hold = partial(archive.hold_run, run_id=run_id, holder=await self._claimed(), living=living)
        with self._entering(run_id) as first:
            if not first and not take_over:
                raise UnderWayError(run_id)
            before = await self._write(hold)
            if before is None:
                raise UnderWayError(run_id)
            self._left.discard(run_id)
        return before

    async def leave_run(self, run_id: str) -> None:
        """Note that a run is no longer under way here."""
        if self._under_way.pop(run_id, None) is not None:
            self._left.add(run_id)
            await self._write(lambda connection: archive.leave_run(connection, run_id, self._holder))
            self._left.discard(run_id)

    async def load(self, run_id: str) -> SavedRun:
        """Return what is known of a run; an empty one when it is new."""
        await self._opened()
        return await self._loads.ask(run_id)

    async def seal(self, run_id: str, *subtasks: Subtask, analysis: str) -> None:
        """Keep sealed subtasks, and the analysis unless one is known."""
        kept = [(statements.SEAL, rows.sealed_row(run_id, subtask)) for subtask in subtasks]
        if analysis:
            kept.append((statements.NOTE_ANALYSIS, rows.run_row(run_id, analysis=analysis)))
        await self._keep(*kept)

    async def start_call(self, run_id: str, call: CallStart) -> None:
        """Keep a call's start."""
        await self._keep((statements.START_CALL, rows.start_row(run_id, call)))

    async def end_call(self, run_id: str, call: CallEnd) -> None:
        """Keep a call's end."""
        await self._keep((statements.END_CALL, rows.end_row(run_id, call)))

    async def record(
        self, run_id: str, key: OutcomeKey, outcome: OutcomeT, *, ended: CallEnd | None = None
    ) -> OutcomeT:
        """Keep an outcome unless there is one, and the end of its call; return the outcome that stands."""
        row = rows.outcome_row(run_id, key, outcome)
        kept = [(statements.RECORD, row)]
        if ended is not None:
            kept.append((statements.END_CALL, rows.end_row(run_id, ended)))
        earlier = await self._keep(*kept, asked=row)
        if earlier is None:
            return outcome
        return cast("OutcomeT", rows.read(rows.OUTCOME_KINDS[key.role], cast("bytes", earlier), run_id))

    async def revise(self, run_id: str, revision: Revision) -> None:
        """Keep a revision that is opened."""
        await self._keep((statements.REVISE, rows.revision_row(run_id, revision)))

    def keeps(self, event: Event) -> bool:
        """Whether an event is for late readers; deltas are only for those who are there."""
        return event.kind not in DELTAS

    async def log(self, run_id: str, events: Sequence[Event]) -> None:
        """Keep events for late readers."""
        await self._keep(*((statements.LOG, row) for row in rows.event_rows(run_id, events)))

    async def close_run(self, run_id: str, state: RunState) -> None:
        """Note how the run ended, unless somebody else has it under way by now."""
        await self._keep((statements.CLOSE_RUN, rows.run_row(run_id, state=state, holder=self._holder)))
        self._under_way.pop(run_id, None)

    async def list_runs(
        self, *, states: Sequence[ListedState] = (), search: str = "", limit: int = 50
    ) -> tuple[RunSummary, ...]:
        """Return runs, newest first."""
        living = self._database.living
        return await self._read(lambda connection: archive.list_runs(connection, states, search, limit, living))

    async def state(self, run_id: str) -> ListedState | None:
        """Return how a run stands; None when there is no such run."""
        return await self._read(lambda connection: archive.state(connection, run_id, self._database.living))

    async def known(self, run_ids: Collection[str]) -> AbstractSet[str]:
        """Return which of these runs there are."""
        return await self._read(lambda connection: archive.known(connection, run_ids))

    async def spec(self, run_id: str) -> Mapping[str, object] | None:
        """Return what a run was started with; None when there is no such run."""
        return await self._read(lambda connection: archive.spec(connection, run_id))

    async def events(self, run_id: str, *, after: int = 0) -> tuple[Event, ...]:
        """Return the logged events of a run past a number, in order; kinds of a newer version are left out."""
        return await self._read(lambda connection: archive.events(connection, run_id, after))

    async def delete(self, run_id: str) -> bool:
        """Remove a run with everything that belongs to it; return whether there was one. Raises `UnderWayError`."""
        living = self._database.living
        with self._entering(run_id) as first:
            removed = None
            if first:
                delete = partial(archive.delete_run, run_id=run_id, holder=self._holder, living=living)
                removed = await self._write(delete)
            if removed is None:
                raise UnderWayError(run_id)
        self._under_way.pop(run_id, None)
        await run_sync(self._database.tidy)
        return removed

    async def prune(self, *, before: datetime) -> int:
        """Remove runs that started earlier than that and are not under way, some at a time; return how many."""
        moment, living = rows.microseconds(before.astimezone(UTC)), self._database.living
        removed = 0
        while some := await self._write(lambda connection: archive.prune(connection, moment, living)):
            removed += some
        await run_sync(self._database.tidy)
        return removed

    async def _read(self, work: Callable[[Connection], T]) -> T:
        await self._opened()
        return await run_sync(self._database.read, work)

    async def _write(self, work: Callable[[Connection], T]) -> T:
        await self._opened()
        return cast("T", await self._writes.ask(work))

    async def _keep(self, *kept: tuple[Insert, rows.Row], asked: rows.Row | None = None) -> object:
        await self._opened()
        return await self._writes.ask(Rows(kept, asked))

    async def _claimed(self) -> int:
        if not self._holder:
            await self._opened()
            await run_sync(self._database.check)
            self._holder = await self._write(lambda connection: self._database.claim())
        return self._holder

    @contextmanager
    def _entering(self, run_id: str) -> Generator[bool]:
        """Count a run among those under way here; say whether it was not. A block that raises leaves it as it was."""
        mark = object()
        first = self._under_way.setdefault(run_id, mark) is mark  # at once, also for several threads
        try:
            yield first
        except BaseException:
            if first:
                self._under_way.pop(run_id, None)
            raise

    def _write_all(self, writes: Sequence[Write]) -> Sequence[object]:
        return self._database.write(lambda connection: write_all(connection, writes))

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
