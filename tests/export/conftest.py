"""A run with everything in it that a file must show."""

from dataclasses import replace
from decimal import Decimal

import pytest

from stretto.core.checks import Finding
from stretto.core.plan import Subtask
from stretto.core.result import Failure, RunResult, Shortfall, SynthesisResult, WorkerResult
from stretto.core.task import Task
from stretto.core.usage import UNKNOWN_COST, Cost, Usage
from stretto.export import Report

EMPTY_ANSWER = Failure(kind="empty", message="The answer was empty.", hint="Run it again.")


def variant(number: int, **fields: object) -> WorkerResult:
    """Return a finished variant, changed as the test needs it."""
    subtask = Subtask(id=f"s{number}", type=f"type {number}", description=f"Write number {number}.")
    whole = WorkerResult(
        subtask=subtask,
        status="completed",
        text=f"Text **{number}**.",
        model="demo",
        attempts=1,
        seconds=1.25,
        usage=Usage(input_tokens=100, output_tokens=40, calls=1),
        cost=Cost(usd=Decimal("0.0012")),
    )
    return replace(whole, **fields)


@pytest.fixture
def report() -> Report:
    """Give a partial run: one whole variant, one with a remark, one that failed, a synthesis that failed."""
    remark = Finding(check="facts", message="The brief has no 50%.", action="warn")
    result = RunResult(
        run_id="run-1",
        status="partial",
        analysis="The *reader* matters.",
        results=(
            variant(1),
            variant(2, findings=(remark,), cost=UNKNOWN_COST),
            variant(3, status="failed", text="", error=EMPTY_ANSWER, model=""),
        ),
        synthesis=SynthesisResult(strategy="merge", status="failed", error=EMPTY_ANSWER),
        superseded=(variant(4, status="superseded", text=""),),
        shortfall=(Shortfall(what="type 3", failure=EMPTY_ANSWER, subtask_ids=("s3",)),),
        warnings=("3 variants were planned where 2 were asked for.",),
        usage=Usage(input_tokens=1400, output_tokens=160, calls=5),
        cost=Cost(usd=Decimal("0.0036"), complete=False),
        seconds=12.34,
    )
    task = Task.of("Write copy\nfor <a bottle>.", {"audience": "runners"})
    return Report(result=result, task=task, recipe="product-copy", labels=("demo model, not a language model",))


@pytest.fixture
def whole() -> Report:
    """Give a complete run with a synthesis and nothing to remark."""
    result = RunResult(
        run_id="run-2",
        status="complete",
        analysis="",
        results=(variant(1),),
        synthesis=SynthesisResult(strategy="compare", status="completed", text="The **first**.", model="demo"),
        cost=Cost(usd=Decimal("0.0012")),
    )
    return Report(result=result, task=Task.of("Write copy."))


@pytest.fixture
def failed() -> Report:
    """Give a run without any result."""
    gap = Shortfall(what="the plan", failure=Failure(kind="connection", message="The provider cannot be reached."))
    result = RunResult(run_id="run-3", status="failed", analysis="", results=(), shortfall=(gap,))
    return Report(result=result, task=Task.of("Write copy."))
