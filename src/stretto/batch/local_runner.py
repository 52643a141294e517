"""Runs a batch in this process: its rows side by side over the journal, read as there is room, under one budget.

Rows that it did not reach are looked up in the journal.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from math import inf

import anyio
from anyio.lowlevel import checkpoint

from stretto.app.resume import RunJournal
from stretto.batch.input_table import InputTable
from stretto.batch.progress import BatchProgress
from stretto.batch.rows.row_job import RowJob, RowOutcome
from stretto.batch.rows.row_runner import RowRun, run_row
from stretto.batch.rows.row_state import row_state_of
from stretto.batch.setup import BatchSetup
from stretto.batch.stop_conditions import StopConditions
from stretto.batch.tables import ResultStore, Row, RowResult
from stretto.core.errors import ErrorKind, InputError, JournalError, UnderWayError
from stretto.journal import MemoryJournal

_ROWS_PER_CALL = 2
# What the journal has of so many rows is in memory at the same time.
_ROWS_PER_LOOKUP = 500
ELSEWHERE = "The row is being carried out by another process; wait until that has ended."
"""Why a row was not run here. It has not failed: the same command takes it up, or takes its texts over."""

OnRow = Callable[[Row, RowOutcome], None]
"""Called with each row that is done; must be quick."""


class BatchRunner:
    """One batch that is carried out in this process."""

    def __init__(
        self,
        input_table: InputTable,
        setup: BatchSetup,
        *,
        journal: RunJournal | None,
        store: ResultStore,
        counts: BatchProgress,
        retry_errors: bool = False,
        on_row: OnRow | None = None,
    ) -> None:
        self._input_table = input_table
        self._setup = setup
        self._journal = journal
        self._store = store
        self._counts = counts
        self._retry_errors = retry_errors
        self._on_row = on_row
        self._row_models = setup.row_models
        self._ends_at = inf
        # How many calls each row that is under way had before it was begun, by the id of its run.
        self._begun: dict[str, int] = {}
        self._stop_conditions = StopConditions()

    async def run(self) -> None:
        """Run every row that is to be run; raises `JournalError`. What came of each is in the store."""
        self._ends_at = anyio.current_time() + self._setup.deadline
        with self._input_table.selected() as rows:
            places = enumerate(rows)
            async with anyio.create_task_group() as group:
                # A row in its plan makes one call: with as many rows as calls, places would stand empty between rows.
                for _ in range(min(self._input_table.total, _ROWS_PER_CALL * self._setup.concurrency)):
                    group.start_soon(self._run_rows, places)

    async def _run_rows(self, places: Iterator[tuple[int, Row]]) -> None:
        for place, row in places:
            await self._run(place, row)
            await checkpoint()
            if self._counts.stopped:
                return

    async def _run(self, place: int, row: Row) -> None:
        try:
            job = self._input_table.job_of(row, self._setup.work, retry_errors=self._retry_errors)
        except InputError as error:  # This row gives no task; another one does.
            self._record_unrun(place, row, str(error), "bad_request")
            return
        try:
            ran = await self._run_job(job)
        except UnderWayError:  # The same command runs twice: each row is run by one of them.
            self._record_unrun(place, row, ELSEWHERE, "interrupted")
            return
        self._begun.pop(job.run_id, None)
        self._record(place, row, RowResult.of(ran.result, labels=job.work.labels), ran.outcome)
        self._counts.stopped = self._counts.stopped or self._stop_conditions.reason_to_stop(ran)

    async def _run_job(self, job: RowJob) -> RowRun:
        return await run_row(
            job,
            # Without a journal for all, each row has its own, which goes with it.
            journal=self._journal or MemoryJournal(),
            limiters=self._setup.limiters,
            budget_tracker=self._setup.budget_tracker,
            row_models=self._row_models,
            deadline=max(self._ends_at - anyio.current_time(), 0.001),
            deadline_name=f"The batch's deadline of {self._setup.deadline:g} seconds",
            call_counter=self._counts.call_counter,
            begun=partial(self._begun.__setitem__, job.run_id),
        )

    async def recall(self) -> None:
        """Add what the journal has of the rows that were not reached; no call is made. Raises `JournalError`.

        For a batch that is over, or was cancelled.
        """
        if self._journal is None or self._counts.done == self._counts.total:
            return
        # A table that was changed meanwhile is read once more for the output, which then says so.
        with suppress(InputError), self._input_table.selected() as rows:
            places = enumerate(rows)
            while some := list(islice(places, _ROWS_PER_LOOKUP)):
                await self._recall_some(some, self._journal)

    async def _recall_some(self, some: Sequence[tuple[int, Row]], journal: RunJournal) -> None:
        work = self._setup.work
        left = {
            self._input_table.run_id_of(row, work): (place, row) for place, row in some if row.id not in self._store
        }
        known = await journal.known(left)
        async with anyio.create_task_group() as group:  # Together, so that the journal reads them together.
            for run_id in known:
                group.start_soon(self._recall_one, *left[run_id], journal)

    async def _recall_one(self, place: int, row: Row, journal: RunJournal) -> None:
        try:
            job = self._input_table.job_of(row, self._setup.work, retry_errors=self._retry_errors)
            saved = await journal.load(job.run_id)
            state = await row_state_of(
                job, saved, journal, self._row_models.job_of(job, budget_tracker=None, deadline=inf)
            )
        except JournalError:
            raise
        except Exception:  # A failing row: it counts as not run, and reports its error when it is run.
            return
        before = self._begun.get(job.run_id)
        if before is None:
            self._setup.budget_tracker.restore(saved)
        calls = 0 if before is None else len(saved.calls) - before
        outcome = RowOutcome.of(state.result, calls=calls, reused=before is None)
        result = RowResult.of(state.result, labels=job.work.labels)
        if state.over:
            self._record(place, row, result, outcome)
            return
        self._counts.add_unfinished(place, outcome)
        if state.worth_writing:
            self._store.put(row.id, result)

    def _record_unrun(self, place: int, row: Row, why: str, kind: ErrorKind) -> None:
        self._record(place, row, RowResult(status="failed", error=why), _unrun(why, kind))

    def _record(self, place: int, row: Row, result: RowResult, outcome: RowOutcome) -> None:
        self._store.put(row.id, result)
        self._counts.add(place, outcome)
        if self._on_row is not None:
            self._on_row(row, outcome)


def _unrun(why: str, kind: ErrorKind) -> RowOutcome:
    return RowOutcome(
        run_id="",
        status="failed",
        texts=0,
        planned=0,
        calls=0,
        cost_usd=0.0,
        seconds=0.0,
        reused=False,
        error=why,
        kinds=(kind,),
    )
