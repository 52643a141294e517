"""A batch on several workers gives what it gives on one: every row once, in order, paid once."""

import anyio
import pytest

from stretto.batch.queue import open_queue
from stretto.core.errors import InputError, QueueError
from stretto.core.plan import Plan, Subtask
from tests.batch.queue.conftest import GUIDE, QueueHarness
from tests.simulator import Fault, Hold, Script

pytestmark = pytest.mark.anyio

NAMES = [f"cup{number}" for number in range(12)]


def texts(rows: list[dict[str, str]]) -> list[tuple[str, str]]:
    """Return each line's row and text."""
    return [(row["name"], row["text"]) for row in rows]


def expected(names: list[str]) -> list[tuple[str, str]]:
    """Return what the output is to be, in the order of the table."""
    return [(name, f"{name} by angle {part}") for name in names for part in "ab"]


async def test_two_workers_run_every_row_once(harness: QueueHarness):
    """The output has each row's own texts in the order of the table, and each call was made once."""
    harness.write(NAMES)
    batch = await harness.run(workers=2)
    assert (batch.state, batch.done, batch.texts) == ("open", 12, 24)
    assert batch.statuses["complete"] == 12
    assert texts(await harness.rows(batch.batch_id)) == expected(NAMES)
    assert len(harness.simulator.calls) == 36
    assert not harness.simulator.repeated()


async def test_the_same_table_again_is_the_same_batch(harness: QueueHarness):
    """Submitted again, nothing is run; a changed row makes another batch, in which only that row is paid for."""
    harness.write(NAMES)
    first = await harness.run()
    again = await harness.run()
    assert (again.batch_id, again.reused) == (first.batch_id, 12)
    assert len(harness.simulator.calls) == 36
    harness.write([*NAMES[:-1], "kettle"])
    other = await harness.run()
    assert other.batch_id != first.batch_id
    assert other.reused == 11
    assert len(harness.simulator.calls) == 39
    assert texts(await harness.rows(other.batch_id)) == expected([*NAMES[:-1], "kettle"])


async def test_a_cancelled_batch_ends_and_can_be_gone_on_with(harness: QueueHarness):
    """Cancelling ends the calls under way and begins no more; the same table again does the rest, and only that."""
    harness.write(NAMES)
    harness.simulator.play_script(Script((Fault(effects=(Hold(name="held"),), role="worker", skip=4),)))
    batch_id = await harness.submit()
    async with harness.workers():
        await anyio.to_thread.run_sync(
            harness.simulator.until, lambda calls: sum(c.role == "worker" for c in calls) >= 6
        )
        async with open_queue(harness.url) as queue:
            await queue.cancel(batch_id)
        batch = await harness.ended(batch_id)
    assert batch.state == "cancelled"
    assert batch.done < 12
    harness.simulator.play_script(Script())
    harness.simulator.release("held")
    finished = await harness.run()
    assert (finished.state, finished.statuses["complete"]) == ("open", 12)
    assert texts(await harness.rows(batch_id)) == expected(NAMES)
    assert not harness.simulator.repeated()


async def test_a_row_without_a_task_fails_alone(harness: QueueHarness):
    """A row that gives no task has its reason in the output, and the batch ends."""
    harness.table.write_text('name,color\ncup,red\n"",blue\n')
    batch = await harness.run()
    assert batch.statuses == {"complete": 1, "failed": 1}
    last = (await harness.rows(batch.batch_id))[-1]
    assert (last["color"], last["row_status"]) == ("blue", "failed")
    assert last["row_error"]


async def test_a_worker_without_the_key_leaves_rows_to_others(harness: QueueHarness, monkeypatch: pytest.MonkeyPatch):
    """Where a model cannot be opened the row is put back and a person is told why; nothing of it fails."""
    harness.write(["cup"])
    batch_id = await harness.submit(elsewhere=True)
    monkeypatch.delenv("OPENAI_API_KEY")
    async with harness.workers(), open_queue(harness.url) as queue:
        await harness.noted.wait()
        assert (await queue.status(batch_id)).done == 0
    assert batch_id in harness.notes[0]
    assert "OPENAI_API_KEY" in harness.notes[0]
    assert not harness.simulator.calls


async def test_what_a_worker_leaves_unsaid_is_an_error_with_the_way_out(harness: QueueHarness):
    """A batch that is not there is named, and so is the command that lists what is."""
    async with open_queue(harness.url) as queue:
        assert await queue.latest() == []
        with pytest.raises(InputError, match=r"no batch 'b-nothing'.*batch status"):
            await queue.status("b-nothing")


async def test_what_all_rows_share_reaches_the_workers(harness: QueueHarness):
    """A brand guide and a plan for every row hold on other machines too; another guide makes another batch."""
    harness.write(NAMES[:3])
    plan = Plan(subtasks=tuple(Subtask(type=f"type {part}", description=f"Write angle {part}.") for part in "ab"))
    first = await harness.run(shared={"guide": GUIDE}, plan=plan)
    assert (first.texts, first.calls) == (6, 6)
    rows = await harness.rows(first.batch_id, form="wide")
    assert [row["type b_text"] for row in rows] == [f"{name} by angle b as guided" for name in NAMES[:3]]
    other = await harness.run(shared={"guide": "Shout."}, plan=plan)
    assert other.batch_id != first.batch_id
    assert len(harness.simulator.calls) == 12


async def test_an_address_without_a_server_is_named_without_its_password():
    """A queue that cannot be reached is named by its address, and the error holds nothing secret."""
    with pytest.raises(QueueError, match=r"queue at postgresql://127.0.0.1:9/x cannot be reached") as caught:
        async with open_queue("postgresql://u:hunter2@127.0.0.1:9/x"):
            pass
    assert "hunter2" not in str(caught.value)
    for wrong in ("redis://x", "nonsense", "postgresql://u:hunter2@h:port/x"):
        with pytest.raises(InputError, match="address") as refused:
            open_queue(wrong)
        assert "hunter2" not in str(refused.value)
