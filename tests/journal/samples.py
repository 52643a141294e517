"""Values to keep, in one line each."""

from decimal import Decimal

from stretto.core.checks import Finding
from stretto.core.journal import CallEnd, CallStart, OutcomeKey
from stretto.core.models import Role
from stretto.core.plan import Plan, Subtask
from stretto.core.result import Failure, SynthesisResult, WorkerResult
from stretto.core.usage import Cost, Usage


def subtask(number: int = 1, description: str = "") -> Subtask:
    """Return a sealed subtask."""
    return Subtask(id=f"s{number}", type=f"type {number}", description=description or f"write {number}", tier="fast")


def plan(*numbers: int) -> Plan:
    """Return a plan of these subtasks."""
    return Plan(analysis="two ways", subtasks=tuple(map(subtask, numbers)))


def result(number: int = 1, text: str = "copy", **more) -> WorkerResult:
    """Return a completed subtask's result."""
    values = {
        "status": "completed",
        "findings": (Finding(check="length", message="long", action="warn"),),
        "model": "demo",
        "attempts": 2,
        "seconds": 1.25,
        "usage": Usage(input_tokens=10, output_tokens=5, cache_read_tokens=3, calls=2),
        "cost": Cost(usd=Decimal("0.000123450"), complete=False),
    }
    return WorkerResult(subtask=subtask(number), text=text, **values | more)


def failed(number: int = 1) -> WorkerResult:
    """Return a failed subtask's outcome."""
    error = Failure(kind="refused", message="It refused.", hint="Ask otherwise.", raw="no")
    return WorkerResult(subtask=subtask(number), status="failed", error=error)


def synthesis(text: str = "all in one") -> SynthesisResult:
    """Return a completed synthesis."""
    return SynthesisResult(strategy="merge", status="completed", text=text, attempts=1)


def start(call_id: str, usd: str = "0.5", *, role: Role = "worker", complete: bool = True) -> CallStart:
    """Return a call that is going to be made."""
    cost = Cost(usd=Decimal(usd), complete=complete)
    reserved = Usage(input_tokens=100, output_tokens=200, calls=1)
    return CallStart(call_id=call_id, role=role, subtask_id="s1", model="demo", reserved=reserved, reserved_cost=cost)


def end(call_id: str, usd: str = "0.1", *, usage: Usage | None = Usage(output_tokens=7, calls=1)) -> CallEnd:  # noqa: B008 - frozen
    """Return how a call ended."""
    return CallEnd(call_id=call_id, usage=usage, cost=Cost(usd=Decimal(usd)))


def worker(number: int = 1, revision: int = 0) -> OutcomeKey:
    """Return where a subtask's outcome is kept."""
    return OutcomeKey(role="worker", subtask_id=f"s{number}", revision=revision)


PLANNED = OutcomeKey(role="orchestrator")
REVIEWED = OutcomeKey(role="orchestrator", revision=1)
SYNTHESIS = OutcomeKey(role="synthesis")
