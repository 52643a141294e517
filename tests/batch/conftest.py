"""Batches as functions: a table's rows through scripted models, without a command line."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from stretto.app.settings.loading import Settings
from stretto.batch.input_table import InputTable, open_input_table
from stretto.batch.local_runner import BatchRunner
from stretto.batch.progress import BatchProgress
from stretto.batch.setup import BatchSetup, open_setup
from stretto.batch.tables import ResultStore, RowResult
from stretto.journal import MemoryJournal
from tests.batch.scripted_model import ScriptedModel

TASK = "Describe {name}"


@dataclass
class BatchHarness:
    """A table, a journal and models; `run` runs the table and returns the counts."""

    folder: Path
    scripted: ScriptedModel = field(default_factory=ScriptedModel)
    journal: MemoryJournal | None = field(default_factory=MemoryJournal)
    store: ResultStore = field(default_factory=ResultStore)
    table: Path = field(init=False)

    def __post_init__(self) -> None:
        self.table = self.folder / "table.csv"

    def write(self, names: Sequence[str]) -> None:
        """Write a table of one column."""
        self.table.write_text("name\n" + "".join(f"{name}\n" for name in names))

    def input_table(self, **options: object) -> InputTable:
        """Open the table."""
        return open_input_table(self.table, task=TASK, recipe=self.setup().job.recipe, **options)  # type: ignore[arg-type]

    def setup(self, **settings: object) -> BatchSetup:
        """Open a setup whose models are scripted."""
        setup = open_setup(Settings(model="demo:delay=0", **settings), task=TASK, keys={})  # type: ignore[arg-type]
        role_models = replace(
            setup.job.role_models,
            orchestrator=self.scripted.model,
            worker=self.scripted.model,
            synthesis=self.scripted.model,
        )
        return replace(setup, job=replace(setup.job, role_models=role_models))

    def runner(
        self,
        *,
        setup: BatchSetup | None = None,
        input_table: InputTable | None = None,
        retry_errors: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> tuple[BatchRunner, BatchProgress]:
        """Return what one command runs, and where it counts."""
        input_table = input_table or self.input_table()
        counts = BatchProgress(clock=clock, total=input_table.total)
        runner = BatchRunner(
            input_table,
            setup or self.setup(),
            journal=self.journal,
            store=self.store,
            counts=counts,
            retry_errors=retry_errors,
        )
        return runner, counts

    async def run(self, **options: Any) -> BatchProgress:
        """Run the table, as one command does."""
        runner, counts = self.runner(**options)
        await runner.run()
        return counts

    async def stop(self, reached: anyio.Event, **options: Any) -> BatchProgress:
        """Run the table until something is reached, and stop there in good order, as Ctrl-C does."""
        runner, counts = self.runner(**options)
        async with anyio.create_task_group() as group:
            group.start_soon(runner.run)
            await reached.wait()
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()
        await runner.recall()
        return counts

    def results(self, input_table: InputTable | None = None) -> Mapping[str, RowResult | None]:
        """Return the result of each row, by its name."""
        with (input_table or self.input_table()).rows() as rows:
            return {row.values["name"]: self.store.get(row.id) for row in rows}


@pytest.fixture
def harness(tmp_path: Path) -> BatchHarness:
    """Give a harness with nothing in it."""
    return BatchHarness(tmp_path)
