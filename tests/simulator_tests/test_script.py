"""A script decides by call, role, text, model, protocol and mode, and counts."""

import json
from typing import Any

import pytest

from tests.simulator import FAULTS, Error, Fault, Script, Simulator
from tests.simulator.asked import ProtocolName
from tests.simulator.scripts import ScriptError, read_script
from tests.simulator_tests.clients import ORCHESTRATOR, SYNTHESIS, WORKER, control, exchange

pytestmark = pytest.mark.anyio

FAIL = (Error(kind="server"),)


async def outcomes(script: Script, *calls: tuple[ProtocolName, str, bool]) -> list[int]:
    """Make these calls one after the other and return their statuses."""
    async with Simulator(script=script) as sim:
        return [(await exchange(sim, protocol, prompt, streamed=mode)).status for protocol, prompt, mode in calls]


@pytest.mark.parametrize(
    ("when", "statuses"),
    [
        ({}, [500, 500, 500, 500]),
        ({"role": "worker"}, [200, 500, 500, 200]),
        ({"text": "<tasks>"}, [500, 200, 200, 200]),
        ({"model": "gpt-5.2"}, [500, 200, 500, 200]),
        ({"protocol": "anthropic"}, [200, 500, 200, 200]),
        ({"streamed": True}, [200, 200, 500, 200]),
        ({"calls": frozenset({2, 4})}, [200, 500, 200, 500]),
        ({"times": 2}, [500, 500, 200, 200]),
        ({"skip": 1, "times": 2}, [200, 500, 500, 200]),
        ({"role": "worker", "skip": 1}, [200, 200, 500, 200]),
    ],
)
async def test_a_fault_befalls_the_calls_it_names(when: dict[str, Any], statuses: list[int]) -> None:
    """Only calls for which everything given holds are hit, after those spared and until it is used up."""
    script = Script((Fault(effects=FAIL, **when),))
    calls: list[tuple[ProtocolName, str, bool]] = [
        ("chat", ORCHESTRATOR, False),
        ("anthropic", WORKER, False),
        ("responses", WORKER, True),
        ("gemini", SYNTHESIS, False),
    ]
    assert await outcomes(script, *calls) == statuses


async def test_the_first_fault_that_fits_is_played() -> None:
    """One call meets one fault; the next comes when the first is used up."""
    first = Fault(effects=(Error(kind="rate_limit"),), times=1)
    script = Script((first, Fault(effects=FAIL, times=1)))
    worker: tuple[ProtocolName, str, bool] = ("chat", WORKER, False)
    assert await outcomes(script, worker, worker, worker) == [429, 500, 200]


async def test_a_script_is_read_from_json() -> None:
    """Names of the catalogue and all fields of a fault can be written in JSON."""
    entry = {"fault": "rate_limit_5", "role": "worker", "times": 1, "calls": [1, 2]}
    (fault,) = read_script(json.dumps([entry])).faults
    assert fault.effects == FAULTS["rate_limit_5"]
    assert (fault.role, fault.times, fault.calls, fault.label) == ("worker", 1, frozenset({1, 2}), "rate_limit_5")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("{}", "must be a list"),
        ('[{"fault": "gremlins"}]', "Known: reset_before_first_byte"),
        ('["server"]', "Unknown fault"),
        ('[{"fault": "server", "who": "worker"}]', "Unknown field 'who'"),
        ('[{"fault": "server", "role": "boss"}]', "Unknown role 'boss'. Known: orchestrator, worker, synthesis."),
        ('[{"fault": "server", "protocol": "smtp"}]', "Unknown protocol 'smtp'. Known: anthropic, chat"),
    ],
)
def test_json_that_is_no_script_is_explained(text: str, words: str) -> None:
    """A wrong script names what is wrong in it and what there is."""
    with pytest.raises(ScriptError, match=words):
        read_script(text)


async def test_the_script_can_be_replaced_over_http() -> None:
    """POST /_script plays another script from the next call on; a wrong one changes nothing."""
    async with Simulator() as sim:
        assert (await control(sim, "POST", "/_script", b'[{"fault": "server"}]')).status == 200
        assert (await exchange(sim, "chat", streamed=False)).status == 500
        wrong = await control(sim, "POST", "/_script", b"[1]")
        assert (wrong.status, "Unknown fault" in wrong.json["error"]) == (400, True)
        assert (await exchange(sim, "chat", streamed=False)).status == 500
        assert (await control(sim, "GET", "/_gremlins")).status == 404
