"""The commands about a queue: put in, look, write, end; each says what to type next, and no password."""

import json
import shlex
from pathlib import Path

import pytest

from tests.batch.queue.conftest import MODEL, TASK, QueueHarness
from tests.faces.cli.conftest import Stretto, config_folder, stretto  # noqa: F401 - fixtures


@pytest.fixture
def batch(harness: QueueHarness, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the command that puts the table into the queue."""
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    table = ["batch", str(harness.table), "--task", TASK, "--model", MODEL]
    return [*table, "--base-url", harness.simulator.openai_url, "--queue", harness.url]


def test_a_batch_is_put_in_looked_at_and_written(
    harness: QueueHarness,
    stretto: Stretto,  # noqa: F811
    batch: list[str],
    tmp_path: Path,
):
    """Without an output the command ends at once and names the next ones, which work as they are printed."""
    harness.write(["cup", "mug"])
    put = stretto(*batch)
    assert (put.code, put.out) == (0, "")
    assert "2 rows in the queue" in put.err
    assert "No worker is there yet. Start some: stretto worker --queue" in put.err
    look = next(line for line in put.err.splitlines() if line.startswith("Look: "))
    shown = stretto(*shlex.split(look)[2:])
    assert shown.code == 0
    assert "0 of 2 rows" in shown.out
    out = tmp_path / "out.csv"
    write = shlex.split(next(line for line in put.err.splitlines() if line.startswith("Write: ")))
    assert stretto(*write[2:-1], str(out)).code == 1
    assert out.read_text(encoding="utf-8-sig").count("not run") == 4
    assert not harness.simulator.calls


def test_the_state_of_a_batch_for_programs(harness: QueueHarness, stretto: Stretto, batch: list[str]):  # noqa: F811
    """With --json each batch is one line; cancelling shows in it."""
    harness.write(["cup"])
    stretto(*batch)
    line = json.loads(stretto("batch", "status", "--queue", harness.url, "--json").out)
    assert (line["state"], line["total"], line["filled"]) == ("open", 1, True)
    cancelled = stretto("batch", "cancel", line["batch_id"], "--queue", harness.url)
    assert (cancelled.code, "cancelled" in cancelled.out) == (0, True)
    assert json.loads(stretto("batch", "status", "--queue", harness.url, "--json").out)["state"] == "cancelled"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("batch", "t.csv", "--queue", "redis://h"), "is a Postgres database"),
        (("batch", "t.csv", "--queue", "postgresql://h/x", "--no-journal"), "--queue and --no-journal contradict"),
        (("batch", "t.csv", "--queue", "postgresql://h/x", "--journal", "j.db"), "--queue and --journal contradict"),
        (("batch", "collect", "b-1", "--queue", "postgresql://h/x"), "not said where the results go"),
        (("batch", "status", "b-1"), "--queue"),
        (("worker", "--queue", "postgresql://h/x", "--concurrency", "0"), "--concurrency"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(stretto: Stretto, arguments: tuple[str, ...], said: str):  # noqa: F811
    """Unusable input ends with 2 before anything is connected."""
    Path("t.csv").write_text("name\ncup\n")
    task = ("--task", TASK, "--model", "demo") if arguments[1] == "t.csv" else ()
    ended = stretto(*arguments, *task)
    assert ended.code == 2
    assert said in ended.err
    assert len(ended.err.strip().splitlines()) <= 3


def test_a_password_is_in_nothing_that_is_printed(stretto: Stretto):  # noqa: F811
    """A queue that cannot be reached is named without its password; the error says what to check."""
    Path("t.csv").write_text("name\ncup\n")
    ended = stretto(
        *("batch", "t.csv", "--task", TASK, "--model", "demo"), "--queue", "postgresql://u:hunter2@127.0.0.1:9/x"
    )
    assert ended.code == 1
    assert "The queue at postgresql://127.0.0.1:9/x cannot be reached" in ended.err
    assert "hunter2" not in ended.err
