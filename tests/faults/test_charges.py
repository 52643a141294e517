"""What a call counts as that brought no answer: nothing where there cannot be one, else its reservation."""

import pytest

from stretto import Orchestrator, Plan, Subtask
from stretto.core.errors import ModelError
from stretto.engine.accounting.charges import CASES, Charge, Ending, case_of, costs_nothing
from tests.faults.page import PAGE
from tests.faults.stage import KEYS, SPARED, Stage
from tests.faults.table import Place
from tests.simulator import FAULTS, Cut, Effect, Fault, Html, Script
from tests.simulator.asked import ProtocolName

NOTHING: Charge = "nothing"
RESERVATION: Charge = "its reservation"
PLAN = Plan(subtasks=(Subtask(type="spared", description=SPARED),))

ENDINGS: list[tuple[Ending, Charge]] = [
    (Ending(kind="connection", sent=False), NOTHING),
    (Ending(kind="timeout", sent=False), NOTHING),
    (Ending(kind="unexpected", sent=False), NOTHING),
    *((Ending(kind="protocol", status=status), NOTHING) for status in (301, 302, 303, 307, 308)),
    *((Ending(kind="bad_request", status=status), NOTHING) for status in (400, 404, 405, 408, 413, 422, 499)),
    (Ending(kind="rate_limit", status=429), NOTHING),
    (Ending(kind="overloaded"), NOTHING),
    (Ending(kind="billing"), NOTHING),
    *((Ending(kind="server", status=status), NOTHING) for status in (500, 502, 503, 520, 521, 522, 523, 525, 530)),
    *((Ending(kind="server", status=status), RESERVATION) for status in (504, 524, 598)),
    (Ending(kind="server", status=500, begun=True), RESERVATION),
    (Ending(kind="overloaded", status=529, begun=True), RESERVATION),
    (Ending(kind="connection"), RESERVATION),
    (Ending(kind="timeout"), RESERVATION),
    (Ending(kind="cut"), RESERVATION),
    (Ending(kind="protocol"), RESERVATION),
    (Ending(kind="unexpected"), RESERVATION),
]


@pytest.mark.parametrize(("ending", "charge"), ENDINGS, ids=str)
def test_what_cannot_have_been_answered_counts_nothing(ending: Ending, charge: Charge) -> None:
    """Each way for a call to end without an answer has its case, and every case is met."""
    assert case_of(ending).counts_as == charge
    error = ModelError("x", kind=ending.kind, status=ending.status)
    assert costs_nothing(error, sent=ending.sent, begun=ending.begun) == (charge == NOTHING)


def test_every_case_is_met_and_stands_on_the_page() -> None:
    """The table has no case that nothing leads to, and docs/reliability.md shows all of it."""
    page = PAGE.read_text(encoding="utf-8")
    assert {case_of(ending).what for ending, _ in ENDINGS} == {case.what for case in CASES}
    assert [case.what for case in CASES if f"| {case.what} | {case.examples} | {case.counts_as} |" not in page] == []


OVER_SOCKETS: list[tuple[tuple[Effect, ...], Charge]] = [
    *(((Html(status=status),), NOTHING) for status in (301, 302, 307, 308, 404, 500, 520, 530)),
    *(((Html(status=status),), RESERVATION) for status in (200, 504, 524)),
    (FAULTS["reset_before_first_byte"], RESERVATION),
    ((Cut(how="eof", after_tokens=16),), RESERVATION),
    (FAULTS["no_usage"], RESERVATION),
]


@pytest.mark.anyio
@pytest.mark.parametrize(("protocol", "deltas"), [("chat", False), ("anthropic", True), ("gemini", False)])
@pytest.mark.parametrize(("effects", "charge"), OVER_SOCKETS, ids=str)
async def test_a_call_counts_as_the_table_says(
    effects: tuple[Effect, ...], charge: Charge, protocol: ProtocolName, deltas: bool, stage: Stage
) -> None:
    """Over real sockets: one call each, whose tokens are none or as many as were reserved."""
    stage.sim.play_script(Script((Fault(effects=effects),)))
    orchestrator = Orchestrator(model=stage.model(protocol), checks=[], keys=KEYS, attempts=1)
    seen = await stage.run(orchestrator, PLAN, deltas=deltas)
    assert (len(seen.calls), seen.result.usage.calls) == (1, 1)
    assert bool(seen.result.usage.total_tokens) == (charge == RESERVATION)
    assert seen.result.usage == seen.result.results[0].usage


@pytest.mark.anyio
@pytest.mark.parametrize("place", ["unresolvable", "refusing", "tls"])
async def test_who_cannot_be_reached_costs_nothing(place: Place, stage: Stage) -> None:
    """An address at which nobody answers takes attempts, and neither tokens nor money."""
    orchestrator = Orchestrator(model=stage.model("anthropic", place), checks=[], keys=KEYS, attempts=1)
    result = (await stage.run(orchestrator, PLAN)).result
    assert (result.status, result.usage.total_tokens, str(result.cost)) == ("failed", 0, "$0")
