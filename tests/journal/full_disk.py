"""Fills a small disk under a journal: `python -m tests.journal.full_disk FOLDER`. Runs where it may mount one."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import anyio

from stretto.core.errors import JournalError
from stretto.journal import open_journal
from tests.journal.samples import result, worker

MANY = 1_000


def mount(folder: str, options: str) -> None:
    """Mount a small disk of memory, or change how it is mounted."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)


def fill_up(folder: str) -> None:
    """Leave not one byte."""
    with suppress(OSError), (Path(folder) / "rest").open("wb", buffering=0) as file:
        while file.write(b"x" * 4096):
            pass


async def fail(place: Path) -> None:
    """Say why a journal cannot be opened."""
    try:
        async with open_journal(place):
            print("opened", flush=True)
    except JournalError as error:
        print(error, flush=True)


async def main(folder: str) -> None:
    """Write until the disk is full, free some, open anew, then write where nothing may be written."""
    mount(folder, "size=4m")
    ballast = Path(folder) / "ballast"
    ballast.write_bytes(b"x" * 1_000_000)
    place = Path(folder) / "journal.db"
    async with open_journal(place) as journal:
        await journal.open_run("r", {"task": "t"})
    fill_up(folder)
    await fail(place)
    (Path(folder) / "rest").unlink()
    kept = 0
    async with open_journal(place) as journal:
        try:
            for kept in range(MANY):
                await journal.record("r", worker(kept), result(kept, "x" * 50_000))
        except JournalError as error:
            print(error, flush=True)
        saved = await journal.load("r")
    assert 0 < kept < MANY
    assert len(saved.outcomes) == kept
    ballast.unlink()
    async with open_journal(place) as journal:
        assert await journal.load("r") == saved
        await journal.record("r", worker(kept), result(kept))
    mount(folder, "remount,ro")
    async with open_journal(place) as journal:
        assert len((await journal.load("r")).outcomes) == kept + 1
        try:
            await journal.record("r", worker(kept + 1), result(kept + 1))
        except JournalError as error:
            print(error, flush=True)
    mount(folder, "remount,rw")
    async with open_journal(place) as journal:
        assert len((await journal.load("r")).outcomes) == kept + 1


if __name__ == "__main__":
    anyio.run(main, sys.argv[1])
