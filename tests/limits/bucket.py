"""Two hundred workers under a rate limit: the provider's SDK, a socket, and the bucket in a process of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stretto import Orchestrator, Plan, RunResult, Subtask
from stretto.models import open_model
from tests.faults.stage import KEYS, PATHS, SPECS
from tests.simulator import SimulatorProcess
from tests.simulator.asked import ProtocolName

RATE = 20.0
WORKERS = 200
_FEW = 10
PLAN = Plan(subtasks=tuple(Subtask(type=f"angle {n}", description=f"Write about side {n}.") for n in range(WORKERS)))


@dataclass(frozen=True, kw_only=True)
class Served:
    """What came of them."""

    result: RunResult
    calls: Sequence[Mapping[str, Any]]
    """As the bucket's log has them, in order of arrival."""

    def refused(self, after: float) -> float:
        """Return the share of the calls that were refused, from some seconds after the first one."""
        calls = self._since(after)
        return sum(call["status"] == 429 for call in calls) / len(calls)

    def rate(self, after: float) -> float:
        """Return the calls a second that were let in, from some seconds after the first one until few are left.

        One of those that is refused waits alone for its second attempt, which says nothing of the rate.
        """
        taken = [call["at"] for call in self._since(after) if call["status"] == 200][:-_FEW]
        return len(taken) / (taken[-1] - self.calls[0]["at"] - after)

    def _since(self, after: float) -> list[Mapping[str, Any]]:
        return [call for call in self.calls if call["at"] - self.calls[0]["at"] > after]


async def serve(
    protocol: ProtocolName, *, burst: int, concurrency: int = WORKERS, says_when: bool = True, headers: bool = True
) -> Served:
    """Run a plan of two hundred subtasks against a bucket of `RATE` calls a second."""
    options = ["--rate", str(RATE), "--burst", str(burst), "--first-token", "0.1", "--tokens-per-second", "400"]
    options += [] if says_when else ["--silent"]
    options += [] if headers else ["--no-headers"]
    # In this process the bucket would measure when its own loop came round to a call, not when the call came.
    with SimulatorProcess(*options) as simulator:
        model = open_model(SPECS[protocol], base_url=simulator.url + PATHS.get(protocol, ""), keys=KEYS)
        orchestrator = Orchestrator(model=model, checks=[], keys=KEYS, concurrency=concurrency)
        result = await orchestrator.run("Describe a mug", plan=PLAN)
        return Served(result=result, calls=simulator.summary()["calls"])
