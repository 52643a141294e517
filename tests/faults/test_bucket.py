"""Under a rate limit, two hundred workers all finish, nearly as fast as the limit allows, and few calls are refused."""

import asyncio

import pytest

from stretto import Orchestrator, Plan, Subtask
from tests.faults.stage import KEYS, SPECS, Recorder, Stage
from tests.simulator import Bucket, Simulator, Timing
from tests.simulator.asked import PROTOCOL_NAMES, ProtocolName

# Slow: the work counts as time here, and a machine busy with other tests does less of it.
pytestmark = [pytest.mark.anyio, pytest.mark.slow]

RATE = 20.0
BURSTS = {20: (2.0, 0.9), 5: (4.0, 0.9), 1: (6.0, 0.7)}
"""By what the bucket holds: seconds that the gate may take to find the rate, and the share of it that is used then.

The first calls of a process come to the server in a bunch, however evenly they were sent; and a bucket that holds one
call loses whatever time a call is late.
"""
PLAN = Plan(subtasks=tuple(Subtask(type=f"angle {n}", description=f"Write about side {n}.") for n in range(200)))


@pytest.mark.parametrize("protocol", PROTOCOL_NAMES)
@pytest.mark.parametrize("burst", BURSTS)
@pytest.mark.parametrize("concurrency", [10, 200])
@pytest.mark.parametrize("says_when", [True, False], ids=["Retry-After", "silent"])
async def test_a_rate_limit_is_found_and_kept(
    says_when: bool, concurrency: int, burst: int, protocol: ProtocolName
) -> None:
    """Once the gate has settled fewer than 5% of the calls are refused, at nearly the limit's rate."""
    settled_after, share = BURSTS[burst]
    answers, bucket = Recorder(), Bucket(rate=RATE, burst=burst, retry_after=says_when)
    timing = Timing(first_token=0.1, tokens_per_second=400)
    async with Simulator(answers=answers, bucket=bucket, timing=timing, clock=asyncio.get_running_loop().time) as sim:
        model = Stage(sim, answers).model(protocol)
        orchestrator = Orchestrator(model=model, checks=[], keys=KEYS, concurrency=concurrency)
        result = await orchestrator.run("Describe a mug", plan=PLAN)
        calls = sim.calls
    assert (result.status, len(result.results), SPECS[protocol]) == ("complete", 200, model.name)
    began = calls[0].at
    settled = [call for call in calls if call.at - began > settled_after]
    refused = [call for call in settled if call.status == 429]
    taken = [call for call in settled if call.status == 200]
    rate = len(taken) / (taken[-1].at - began - settled_after)
    assert len(refused) < 0.05 * len(settled), f"{len(refused)} of {len(settled)} refused; {rate:.1f} a second"
    assert rate >= share * RATE, f"{rate:.1f} a second; {len(refused)} of {len(settled)} refused"
