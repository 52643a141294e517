"""What a batch takes on the queue: rows put in a second, CPU of a worker for each row and call, room in the database.

Ends with what a million such rows come to on paper. Run it with `make bench-queue`; `python -m benchmarks.queue 5000`
takes another number of rows.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil
import sqlalchemy

from stretto.core.usage import Usage
from stretto.models.prices import price_tokens
from tests.journal.servers import postgres, schema_url
from tests.simulator import SimulatorProcess

STRETTO = str(Path(sys.executable).with_name("stretto"))
PLANS, WRITES = "gpt-6.1-sol", "gpt-6-luna"
"""Models of the price list: one plans each row, one writes its texts."""
NOTES = (
    "steel,Keeps tea hot for 12 hours; the lid opens with one hand; goes into the dishwasher; comes in five colours."
)
MILLION = 1_000_000
A_MINUTE = 4_000
"""Requests that the provider lets in, on paper."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """A provider, a folder for tables, and the environment of the commands."""

    simulator: SimulatorProcess
    folder: Path
    environ: dict[str, str]

    def batch(self, url: str, name: str, rows: int, *, collect: bool = True) -> float:
        """Run a batch of so many rows through the queue at an address; return the seconds."""
        table = self.folder / f"{name}.csv"
        table.write_text("name,material,notes\n" + "".join(f"{name} {place},{NOTES}\n" for place in range(rows)))
        command = [STRETTO, "batch", str(table), "--task", "Describe {name}", "--recipe", "product-copy"]
        command += ["--model", f"openai-chat:{PLANS}", "--worker-model", f"openai-chat:{WRITES}"]
        command += ["--base-url", self.simulator.openai_url, "--queue", url]
        command += ["-o", str(self.folder / f"{name}-out.csv")] if collect else []
        began = time.monotonic()
        subprocess.run(command, env=self.environ, check=True, capture_output=True)
        return time.monotonic() - began

    @contextmanager
    def worker(self, url: str) -> Iterator[psutil.Process]:
        """Run a worker."""
        worker = subprocess.Popen([STRETTO, "worker", "--queue", url], env=self.environ, stderr=subprocess.DEVNULL)
        yield psutil.Process(worker.pid)
        worker.terminate()
        worker.wait()

    def calls(self) -> list[dict[str, Any]]:
        """Return the provider's log."""
        return self.simulator.summary()["calls"]


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What a batch took."""

    rows: int
    seconds: float
    cpu: float
    """Seconds of the worker's."""
    room: int
    """Bytes in the database."""
    calls: list[dict[str, Any]]
    """As the provider logged them."""

    def usage(self, model: str) -> Usage:
        """Return the tokens of a model's calls."""
        own = [call for call in self.calls if call["model"] == model]
        return Usage(
            calls=len(own),
            input_tokens=sum(call["input_tokens"] for call in own),
            cache_read_tokens=sum(call["cached_tokens"] for call in own),
            output_tokens=sum(call["output_tokens"] for call in own),
        )


def main(rows: int) -> None:
    """Print the figures of one batch, after a small one that warms everything up."""
    with postgres() as server, SimulatorProcess("--speed", "inf") as simulator, tempfile.TemporaryDirectory() as folder:
        environ = os.environ | {"OPENAI_API_KEY": "any", "STRETTO_DATA_DIR": folder}
        site = Site(simulator=simulator, folder=Path(folder), environ=environ)
        say_put_in(site, schema_url(server), rows)
        say_a_million(say_worked_off(site, schema_url(server), rows))


def say_put_in(site: Site, url: str, rows: int) -> None:
    """Print how fast rows are put in while nobody works them off."""
    site.batch(url, "tables", 1, collect=False)
    start = site.batch(url, "start", 1, collect=False)
    took = site.batch(url, "put-in", rows, collect=False)
    print(f"put in: {rows / (took - start):,.0f} rows a second, the start of the command taken off")


def say_worked_off(site: Site, url: str, rows: int) -> Taken:
    """Print what working rows off takes."""
    with site.worker(url) as worker:
        site.batch(url, "warm", 50)
        calls, cpu, room, began = len(site.calls()), cpu_of(worker), room_of(url), time.monotonic()
        site.batch(url, "cup", rows)
        taken = Taken(
            rows=rows,
            seconds=time.monotonic() - began,
            cpu=cpu_of(worker) - cpu,
            room=room_of(url) - room,
            calls=site.calls()[calls:],
        )
        made = len(taken.calls)
        print(f"worked off: {rows:,} rows, {made:,} calls in {taken.seconds:.1f} s; the provider has no latency")
        print(f"a worker's CPU: {1000 * taken.cpu / rows:.1f} ms a row, {1000 * taken.cpu / made:.1f} ms a call")
        print(f"a worker's memory: {worker.memory_info().rss / 2**20:.0f} MiB")
        print(f"room in the database: {taken.room / rows / 1024:.1f} KiB a row, its journal included")
        return taken


def say_a_million(taken: Taken) -> None:
    """Print what a million rows come to when each takes what these took."""
    times = Decimal(MILLION) / taken.rows
    calls = times * len(taken.calls)
    print(f"\na million such rows, on paper, at {A_MINUTE:,} requests a minute:")
    print(f"  calls       {calls / MILLION:8.1f} million")
    print(f"  time        {calls / A_MINUTE / 60:8.1f} hours, however many workers")
    print(f"  CPU         {float(times) * taken.cpu / 3600:8.1f} hours of one core, all workers together")
    print(f"  database    {times * taken.room / 2**30:8.1f} GiB")
    for model in (PLANS, WRITES):
        usage = taken.usage(model)
        cost = times * (price_tokens(usage, model=model, provider="openai", base_url="").usd or Decimal(0))
        tokens = (
            f"{usage.input_tokens / taken.rows:,.0f} tokens in and {usage.output_tokens / taken.rows:,.0f} out a row"
        )
        print(f"  {model:11} {cost:8,.0f} US dollars: {tokens}, at list prices")


def cpu_of(process: psutil.Process) -> float:
    """Return the seconds of CPU that a process has used."""
    times = process.cpu_times()
    return times.user + times.system


def room_of(url: str) -> int:
    """Return the bytes of all tables and indexes in a corner of a database."""
    engine = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    statement = """
        SELECT sum(pg_total_relation_size(oid)) FROM pg_class
        WHERE relnamespace = current_schema::regnamespace AND relkind = 'r'
    """
    with engine.connect() as connection:
        room = connection.execute(sqlalchemy.text(statement)).scalar_one()
    engine.dispose()
    return int(room)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int, nargs="?", default=1_000)
    main(parser.parse_args().rows)
