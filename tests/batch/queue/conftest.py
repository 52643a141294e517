"""A queue in a real Postgres, a provider on a socket, and workers that are tasks of the test."""

import csv
import re
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import anyio
import pytest

from stretto.app.settings.loading import Settings
from stretto.batch.input_table import open_input_table
from stretto.batch.queue import Limits, QueuedBatch, QueueWorker, Submission, collect, open_queue, submit
from stretto.batch.results_output import OutputOptions
from stretto.batch.setup import open_setup
from stretto.batch.tables import Form
from stretto.core.plan import Plan
from stretto.journal import open_journal
from tests.journal.servers import schema_url
from tests.simulator import SimulatorThread
from tests.simulator.answers import Answer, plan_text
from tests.simulator.asked import Asked

MODEL = "openai-chat:gpt-5.2"
TASK = "Describe {name}"
GUIDE = "Never shout."
_NAME = re.compile(r"Describe (\w+)")


def answer(asked: Asked) -> Answer | str:
    """Answer a worker with the name of its row and of its part, so that no text can be taken for another's."""
    if asked.role == "orchestrator":
        return plan_text(asked, 2)
    part = re.findall(r"angle [ab]", asked.prompt)[-1]
    guided = " as guided" if GUIDE in asked.prompt else ""
    return f"<response>{_NAME.findall(asked.prompt)[0]} by {part}{guided}</response>"


@dataclass
class QueueHarness:
    """A table, a queue and a provider."""

    url: str
    simulator: SimulatorThread
    folder: Path
    notes: list[str] = field(default_factory=list)
    """Lines that workers wrote for a person."""
    noted: anyio.Event = field(default_factory=anyio.Event)
    """Set once there is one."""

    def note(self, line: str) -> None:
        """Keep a line that a worker writes for a person."""
        self.notes.append(line)
        self.noted.set()

    @property
    def table(self) -> Path:
        """Where the table is."""
        return self.folder / "table.csv"

    def write(self, names: Sequence[str]) -> None:
        """Write a table of one column."""
        self.table.write_text("name\n" + "".join(f"{name}\n" for name in names))

    async def submit(
        self,
        *,
        retry_errors: bool = False,
        tokens: int | None = None,
        usd: str | None = None,
        elsewhere: bool = False,
        shared: dict[str, str] | None = None,
        plan: Plan | None = None,
    ) -> str:
        """Put the table into the queue, as one command does; `elsewhere` names no server, so that a key is needed."""
        settings = Settings(model=MODEL, base_url=None if elsewhere else self.simulator.openai_url)
        setup = open_setup(settings, task=TASK, keys={}, context=shared or {})
        input_table = open_input_table(self.table, task=TASK, recipe=setup.job.recipe, shared=shared or {}, plan=plan)
        limits = Limits(tokens=tokens, usd=Decimal(usd) if usd else None)
        async with open_queue(self.url) as queue:
            return await submit(
                queue, Submission(input_table=input_table, work=setup.work, limits=limits, retry_errors=retry_errors)
            )

    @asynccontextmanager
    async def workers(self, number: int = 1, *, concurrency: int = 4) -> AsyncGenerator[list[QueueWorker]]:
        """Run so many workers; they drain when the block is left."""
        async with AsyncExitStack() as stack:
            workers: list[QueueWorker] = []
            for _ in range(number):
                queue = await stack.enter_async_context(open_queue(self.url))
                journal = await stack.enter_async_context(open_journal(self.url))
                workers.append(QueueWorker(queue, journal, concurrency=concurrency, keys={}, note=self.note))
            async with anyio.create_task_group() as group:
                for worker in workers:
                    group.start_soon(worker.run)
                yield workers
                for worker in workers:
                    worker.stop()

    async def ended(self, batch_id: str) -> QueuedBatch:
        """Return the state of a batch once nothing more comes of it."""
        async with open_queue(self.url) as queue:
            latest: list[QueuedBatch] = [batch async for batch in queue.follow(batch_id, every=0.05)]
            return latest[-1]

    async def run(self, *, workers: int = 1, **options: object) -> QueuedBatch:
        """Submit the table and have workers run it."""
        batch_id = await self.submit(**options)  # type: ignore[arg-type]
        async with self.workers(workers):
            return await self.ended(batch_id)

    async def rows(self, batch_id: str, form: Form = "long") -> list[dict[str, str]]:
        """Return the lines of the output."""
        path = self.folder / "out.csv"
        async with open_queue(self.url) as queue:
            await collect(queue, batch_id, OutputOptions(path=path, form=form))
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture
def harness(postgres_server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[QueueHarness]:
    """Give an empty queue of its own."""
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    with SimulatorThread(answers=answer) as simulator:
        yield QueueHarness(schema_url(postgres_server), simulator, tmp_path)
