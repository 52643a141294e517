"""A batch on several workers gives what it gives on one: every row once, in order, paid once."""

import anyio
import pytest

from stretto.batch.queue import open_queue
from stretto.core.errors import InputError
from stretto.core.plan import Plan, Subtask
from tests.batch.queue.conftest import GUIDE, Depot
from tests.simulator import Fault, Hold, Script

pytestmark = pytest.mark.anyio

NAMES = [f"cup{number}" for number in range(12)]


def texts(rows: list[dict[str, str]]) -> list[tuple[str, str]]:
    """Return each line's row and text."""
    return [(row["name"], row["text"]) for row in rows]


def expected(names: list[str]) -> list[tuple[str, str]]:
    """Return what the output is to be, in the order of the table."""
    return [(name, f"{name} by angle {part}") for name in names for part in "ab"]


async def test_two_workers_run_every_row_once(depot: Depot):
    """The output has each row's own texts in the order of the table, and each call was made once."""
    depot.write(NAMES)
    standing = await depot.run(workers=2)
    assert (standing.state, standing.done, standing.texts) == ("open", 12, 24)
    assert standing.statuses["complete"] == 12
    assert texts(await depot.rows(standing.batch_id)) == expected(NAMES)
    assert len(depot.simulator.calls) == 36
    assert not depot.simulator.repeated()


async def test_the_same_table_again_is_the_same_batch(depot: Depot):
    """Submitted again, nothing is run; a changed row makes another batch, in which only that row is paid for."""
    depot.write(NAMES)
    first = await depot.run()
    again = await depot.run()
    assert (again.batch_id, again.reused) == (first.batch_id, 12)
    assert len(depot.simulator.calls) == 36
    depot.write([*NAMES[:-1], "kettle"])
    other = await depot.run()
    assert other.batch_id != first.batch_id
    assert other.reused == 11
    assert len(depot.simulator.calls) == 39
    assert texts(await depot.rows(other.batch_id)) == expected([*NAMES[:-1], "kettle"])


async def test_a_cancelled_batch_ends_and_can_be_gone_on_with(depot: Depot):
    """Cancelling ends the calls under way and begins no more; the same table again does the rest, and only that."""
    depot.write(NAMES)
    depot.simulator.play_script(Script((Fault(effects=(Hold(name="held"),), role="worker", skip=4),)))
    batch_id = await depot.submit()
    async with depot.workers():
        await anyio.to_thread.run_sync(depot.simulator.until, lambda calls: sum(c.role == "worker" for c in calls) >= 6)
        async with open_queue(depot.url) as queue:
            await queue.cancel(batch_id)
        standing = await depot.ended(batch_id)
    assert standing.state == "cancelled"
    assert standing.done < 12
    depot.simulator.play_script(Script())
    depot.simulator.release("held")
    finished = await depot.run()
    assert (finished.state, finished.statuses["complete"]) == ("open", 12)
    assert texts(await depot.rows(batch_id)) == expected(NAMES)
    assert not depot.simulator.repeated()


async def test_a_row_without_a_task_fails_alone(depot: Depot):
    """A row that gives no task has its reason in the output, and the batch ends."""
    depot.table.write_text('name,color\ncup,red\n"",blue\n')
    standing = await depot.run()
    assert standing.statuses == {"complete": 1, "failed": 1}
    last = (await depot.rows(standing.batch_id))[-1]
    assert (last["color"], last["row_status"]) == ("blue", "failed")
    assert last["row_error"]


async def test_a_worker_without_the_key_leaves_rows_to_others(depot: Depot, monkeypatch: pytest.MonkeyPatch):
    """Where a model cannot be opened the row is put back and a person is told why; nothing of it fails."""
    depot.write(["cup"])
    batch_id = await depot.submit(elsewhere=True)
    monkeypatch.delenv("OPENAI_API_KEY")
    async with depot.workers(), open_queue(depot.url) as queue:
        await depot.heard.wait()
        assert (await queue.standing(batch_id)).done == 0
    assert batch_id in depot.said[0]
    assert "OPENAI_API_KEY" in depot.said[0]
    assert not depot.simulator.calls


async def test_what_a_worker_leaves_unsaid_is_an_error_with_the_way_out(depot: Depot):
    """A batch that is not there is named, and so is the command that lists what is."""
    async with open_queue(depot.url) as queue:
        assert await queue.standings() == []
        with pytest.raises(InputError, match=r"no batch 'b-nothing'.*batch status"):
            await queue.standing("b-nothing")


async def test_what_all_rows_share_reaches_the_workers(depot: Depot):
    """A brand guide and a plan for every row hold on other machines too; another guide makes another batch."""
    depot.write(NAMES[:3])
    plan = Plan(subtasks=tuple(Subtask(type=f"type {part}", description=f"Write angle {part}.") for part in "ab"))
    first = await depot.run(shared={"guide": GUIDE}, plan=plan)
    assert (first.texts, first.calls) == (6, 6)
    rows = await depot.rows(first.batch_id, form="wide")
    assert [row["type b_text"] for row in rows] == [f"{name} by angle b as guided" for name in NAMES[:3]]
    other = await depot.run(shared={"guide": "Shout."}, plan=plan)
    assert other.batch_id != first.batch_id
    assert len(depot.simulator.calls) == 12
