"""Each fault of the table at each role, streamed and not, in each protocol: what the user sees, how many calls."""

import pytest

from tests.faults.sample import ALL, in_runs, parameters
from tests.faults.stage import SPARED, STRUCK, Seen, Stage
from tests.faults.table import AGAIN, Row
from tests.simulator.asked import ProtocolName

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("row", "protocol"), tuple(parameters(ALL, in_runs)))
async def test_a_fault_ends_as_the_table_says(row: Row, protocol: ProtocolName, stage: Stage) -> None:
    """Status, failure, events, calls and the next step are the row's; nobody else is touched, no answer is half."""
    seen = await stage.play(row, protocol)
    result = seen.result
    failures = [gap.failure.kind for gap in result.shortfall]
    # One entry, however many subtasks it left without a result.
    assert failures == ([kind] if (kind := row.kind_at(protocol)) else []), result.shortfall
    assert (result.status, len(result.results)) == (row.status, row.results)
    assert _calls(seen, row) == row.calls + row.resent
    assert seen.telling == row.events
    assert row.says in seen.printed
    assert all((gap.failure.hint or AGAIN) in seen.printed for gap in result.shortfall)
    _check_attempts(seen, row)
    _check_others(seen, row)
    texts = [outcome.text for outcome in result.results if outcome.status == "completed"]
    texts += [result.synthesis.text] if result.synthesis and result.synthesis.status == "completed" else []
    assert not [text for text in texts if text not in stage.whole_answers(seen, row)]


def _calls(seen: Seen, row: Row) -> int:
    if row.place:
        assert not seen.asked(row.role)
        others = len(seen.calls)
        struck = 2 if row.role == "worker" else 1
        return (seen.result.usage.calls - others) // struck
    return len(seen.asked(row.role, STRUCK if row.role == "worker" else ""))


def _check_attempts(seen: Seen, row: Row) -> None:
    """Every call past the first was announced, and the books know each of them."""
    if row.role == "orchestrator":
        assert seen.count("plan_retrying") == row.calls - 1
    elif row.role == "synthesis":
        assert seen.count("synthesis_started") == row.calls
        assert seen.result.synthesis
        assert seen.result.synthesis.attempts == row.calls
    else:
        assert seen.count("worker_retrying") == (row.calls - 1) * (2 if row.place else 1)
        assert seen.result.results[0].attempts == row.calls
    if not row.place:
        assert seen.result.usage.calls == len(seen.calls) - row.resent


def _check_others(seen: Seen, row: Row) -> None:
    """A fault of one subtask is met by no other."""
    if row.role != "worker" or row.place:
        return
    spared = seen.result.results[1]
    if row.others == "stopped":
        assert (spared.status, spared.attempts, len(seen.asked("worker", SPARED))) == ("failed", 0, 0)
    else:
        assert (spared.status, spared.attempts, len(seen.asked("worker", SPARED))) == ("completed", 1, 1)
