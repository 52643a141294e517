"""A subtask asked for again by a person: the old result stands until the new one is there."""

import pytest

from stretto.core.errors import ModelError
from stretto.core.journal import Revision
from stretto.core.models import ModelRequest, OnText
from stretto.journal import MemoryJournal
from tests.engine.stage import Stage, asked_type, plan
from tests.engine.test_resume import play

pytestmark = pytest.mark.anyio


async def work(request: ModelRequest, say: OnText) -> str:
    """Write shorter when that is wished."""
    return "short" if request.turns and "shorter" in request.turns[0].reply else f"long {asked_type(request)}"


async def test_a_rerun_replaces_one_result_and_pays_for_nothing_else():
    """A note reaches the worker with its old text; the siblings stay, and the synthesis is made anew."""
    journal, stage = MemoryJournal(), Stage([plan("a", "b")], work)
    await play(stage, journal)
    await journal.revise("r", Revision(subtask_id="s2", revision=1, note="shorter"))
    before = len(stage.requests)
    result = (await play(stage, journal))[-1].result
    assert [(r.text, r.revision) for r in result.results] == [("long a", 0), ("short", 1)]
    assert [request.role for request in stage.requests[before:]] == ["worker", "synthesis"]
    assert stage.requests[before].turns[0].answer == "long b"


async def test_a_rerun_that_fails_leaves_the_old_result_with_a_remark():
    """Until the new result is there the old one stands, and the failure is said beside it."""

    async def refuse(request: ModelRequest, say: OnText) -> str:
        if request.turns:
            raise ModelError("no", kind="bad_request")
        return "old"

    journal, stage = MemoryJournal(), Stage([plan("a")], refuse)
    await play(stage, journal)
    await journal.revise("r", Revision(subtask_id="s1", revision=1, note="shorter"))
    for _ in range(2):  # The second time from the journal alone.
        result = (await play(stage, journal))[-1].result
        assert (result.status, result.results[0].text) == ("complete", "old")
        assert "Revision 1 failed: no" in result.results[0].findings[-1].message
    assert len(stage.asked("worker")) == 2


async def test_a_failed_subtask_is_tried_again_from_scratch():
    """A retry of a failed subtask starts without turns and fills the gap."""
    fail = [True]

    async def once(request: ModelRequest, say: OnText) -> str:
        if fail:
            raise ModelError("no", kind="bad_request")
        return "there"

    journal, stage = MemoryJournal(), Stage([plan("a")], once)
    assert (await play(stage, journal))[-1].result.status == "failed"
    fail.clear()
    assert (await play(stage, journal))[-1].result.status == "failed"
    await journal.revise("r", Revision(subtask_id="s1", revision=1))
    result = (await play(stage, journal))[-1].result
    assert (result.status, result.results[0].text, stage.asked("worker")[-1].turns) == ("complete", "there", ())


async def test_events_are_logged_once_and_numbered_on_after_a_resume():
    """The log has every event but deltas, under numbers that a resume continues."""
    journal, stage = MemoryJournal(), Stage([plan("a")])
    first = await play(stage, journal)
    saved = await journal.load("r")
    assert saved.last_seq == first[-1].seq
    second = await play(stage, journal)
    assert second[0].seq == first[-1].seq + 1
