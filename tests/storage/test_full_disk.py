"""A disk that is full: a clear stop with the command that goes on, nothing lost, and with room again it goes on."""

import csv
import io
from pathlib import Path

import pytest

from tests.forge import Ended, Forge
from tests.storage.disk import LOADED_ANEW, SUBTASKS, SmallDisk, small_disk

ROWS = 30
TASK = "Describe the steel bottle"


def batch(disk: SmallDisk, output: Path) -> list[str]:
    """Return the command that runs a table."""
    table = disk.work / "table.csv"
    table.write_text("name\n" + "".join(f"cup{number}\n" for number in range(ROWS)))
    return ["batch", str(table), "--task", "Describe {name}", *disk.model(), "-o", str(output)]


def stopped_clearly(ended: Ended, *words: str, code: int = 1) -> None:
    """Assert that a person was told what happened and what to do, and nothing else."""
    assert ended.code == code, ended.err
    (error,) = [line for line in ended.err.splitlines() if line.startswith("error: ")]
    assert all(word in error for word in words), error
    assert "--no-journal" not in error
    assert "Traceback" not in ended.err
    assert "bug" not in ended.err


def every_row_once(text: str) -> None:
    """Assert that an output has every row with its own texts, in order."""
    lines = list(csv.DictReader(io.StringIO(text, newline="")))
    wanted = [(f"cup{row}", f"cup{row} by angle {chr(97 + part)}") for row in range(ROWS) for part in range(SUBTASKS)]
    assert [(line["name"], line["text"].partition(":")[0]) for line in lines] == wanted


def paid_twice(disk: SmallDisk, rows: int) -> int:
    """Return how many calls more than were needed were made."""
    return len(disk.simulator.calls) - rows * (1 + SUBTASKS)


@pytest.mark.parametrize("size", ["400k", "1500k"])
def test_a_batch_whose_journal_has_no_room(private_forge: Forge, tmp_path: Path, size: str):
    """Before the first row is done or after some: it stops, and the command that is named does the rest."""
    with small_disk(private_forge, tmp_path, size) as disk:
        data, output = disk.folder / "data", disk.work / "out.csv"
        output.write_text("an earlier output")
        ended = disk.stretto(*batch(disk, output), data=data)
        nothing_new = " 0 texts " in ended.err
        words = ("the disk is full", "Free some space", "What was recorded is safe")
        stopped_clearly(ended, *words, code=1 if nothing_new else 3)
        assert disk.simulator.calls
        assert ("\nwritten: " in ended.err) is not nothing_new
        assert (output.read_text(encoding="utf-8-sig") == "an earlier output") is nothing_new
        if not nothing_new:
            lines = list(csv.DictReader(io.StringIO(output.read_text(encoding="utf-8-sig"), newline="")))
            texts = sum(bool(line["text"]) for line in lines)
            assert f" {texts} text{'' if texts == 1 else 's'} " in ended.err
        disk.resize("64m")
        check, in_flight = disk.journal(data / "journal.db")
        assert check == "ok"
        again = disk.stretto(*disk.next(ended.err), data=data)
        assert again.code == 0, again.err
        every_row_once(output.read_text(encoding="utf-8-sig"))
        assert len(disk.simulator.repeated()) <= paid_twice(disk, ROWS) <= in_flight


def test_a_batch_whose_output_has_no_room(private_forge: Forge, tmp_path: Path):
    """The earlier output stays, and the command that is named writes the new one without any call."""
    with small_disk(private_forge, tmp_path, "256k") as disk:
        data, output = disk.work / "data", disk.folder / "out.csv"
        ended = disk.stretto(*batch(disk, output), data=data)
        stopped_clearly(ended, f"Cannot write {output}: No space left on device")
        assert disk.files() == []
        calls = len(disk.simulator.calls)
        disk.resize("64m")
        again = disk.stretto(*disk.next(ended.err), data=data)
        assert again.code == 0, again.err
        every_row_once(disk.read(output))
        assert disk.files() == ["out.csv"]
        assert len(disk.simulator.calls) == calls == ROWS * (1 + SUBTASKS)


@pytest.mark.slow
@pytest.mark.parametrize("kilobytes", [30, 45, 60, 90, 105])
def test_a_batch_that_has_no_room_for_results_that_wait(private_forge: Forge, tmp_path: Path, kilobytes: int):
    """A full folder for temporary files ends a batch like a full journal, which has what was paid for."""
    with small_disk(private_forge, tmp_path, "128k", kilobytes=kilobytes) as disk:
        data, output = disk.work / "data", disk.work / "out.csv"
        output.write_text("an earlier output")
        ended = disk.stretto(*batch(disk, output), data=data, script=LOADED_ANEW, SQLITE_TMPDIR=str(disk.folder))
        stopped_clearly(ended, "temporary files", "SQLITE_TMPDIR")
        assert output.read_text() == "an earlier output"
        _, in_flight = disk.journal(data / "journal.db")
        again = disk.stretto(*disk.next(ended.err), data=data)
        assert again.code == 0, again.err
        every_row_once(output.read_text(encoding="utf-8-sig"))
        assert len(disk.simulator.repeated()) <= paid_twice(disk, ROWS) <= in_flight


def test_a_run_whose_journal_has_no_room(private_forge: Forge, tmp_path: Path):
    """A run stops with what is finished on stdout, and the command that is named finishes it."""
    with small_disk(private_forge, tmp_path, "230k") as disk:
        data = disk.folder / "data"
        ended = disk.stretto("run", TASK, *disk.model(), data=data)
        texts = ended.out.count("the steel bottle by angle")
        words = ("the disk is full", "Free some space", "What was recorded is safe")
        stopped_clearly(ended, *words, code=3 if texts else 1)
        assert not texts or f"{texts} of {SUBTASKS} results" in ended.err
        disk.resize("64m")
        check, in_flight = disk.journal(data / "journal.db")
        assert check == "ok"
        again = disk.stretto(*disk.next(ended.err), data=data)
        assert again.code == 0, again.err
        assert again.out.count("the steel bottle by angle") == SUBTASKS
        assert len(disk.simulator.repeated()) <= paid_twice(disk, 1) <= in_flight


def test_a_run_whose_output_has_no_room(private_forge: Forge, tmp_path: Path):
    """The texts are on stdout, and the command that is named writes the file later without any call."""
    with small_disk(private_forge, tmp_path, "16k") as disk:
        data, output = disk.work / "data", disk.folder / "out.md"
        ended = disk.stretto("run", TASK, *disk.model(), "-o", str(output), data=data)
        stopped_clearly(ended, f"Cannot write {output}: No space left on device")
        assert ended.out.count("the steel bottle by angle") == SUBTASKS
        assert disk.files() == []
        calls = len(disk.simulator.calls)
        disk.resize("64m")
        again = disk.stretto(*disk.next(ended.err, "To write it later: stretto "), data=data)
        assert again.code == 0, again.err
        assert disk.read(output).count("the steel bottle by angle") == SUBTASKS
        assert len(disk.simulator.calls) == calls
