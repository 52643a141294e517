"""What tables keep of a run."""

from dataclasses import replace
from decimal import Decimal

import pytest

from stretto.batch.tables import ResultStore, RowResult
from stretto.core.checks import Finding
from stretto.core.errors import JournalError
from stretto.core.plan import Subtask
from stretto.core.result import Failure, RunResult, Shortfall, SynthesisResult, WorkerResult
from stretto.core.usage import UNKNOWN_COST, Cost
from tests.batch.tables.samples import result

FAILURE = Failure(kind="empty", message="The answer was empty.", hint="Run it again.")
DONE = WorkerResult(
    subtask=Subtask(id="s1", type="short", description="Be brief."),
    status="completed",
    text="A text.",
    model="demo",
    cost=Cost(usd=Decimal("0.001")),
    findings=(Finding(check="facts", message="No 50% in the brief.", action="warn"),),
)
RUN = RunResult(
    run_id="run-1",
    status="partial",
    analysis="",
    results=(DONE, replace(DONE, status="failed", text="", error=FAILURE, cost=UNKNOWN_COST, findings=())),
    synthesis=SynthesisResult(strategy="merge", status="completed", text="Both.", model="demo"),
    shortfall=(Shortfall(what="short", failure=FAILURE),),
    cost=UNKNOWN_COST,
)


def test_a_runs_result_is_kept_whole():
    """Texts, remarks, failures and costs come over; a cost that is not known is none."""
    kept = RowResult.of(RUN, labels=("demo",))
    assert (kept.status, kept.error, kept.cost_usd) == ("partial", "short: The answer was empty. Run it again.", None)
    first, second, synthesis = kept.variants
    assert (first.type, first.text, first.remarks, first.cost_usd) == (
        *("short", "A text.", "No 50% in the brief.", Decimal("0.001")),
    )
    assert (second.status, second.error, second.cost_usd) == ("failed", "The answer was empty. Run it again.", None)
    assert (synthesis.type, synthesis.text, synthesis.synthesis, synthesis.label) == ("merge", "Both.", True, "demo")
    assert len(RowResult.of(replace(RUN, synthesis=None)).variants) == 2


def test_results_come_in_any_order():
    """A store gives back what was put in, the last one of each row, and None for a row that has none."""
    store = ResultStore()
    for number in reversed(range(100)):
        store.put(f"row-{number}", result(f"text {number}"))
    store.put("row-7", result("again"))
    assert store.get("row-42") == result("text 42")
    assert store.get("row-7") == result("again")
    assert store.get("none") is None
    store.close()


def test_a_store_without_room_says_so():
    """A full folder for temporary files is one line with the way out."""
    store = ResultStore()
    store._database.execute("PRAGMA max_page_count = 3")  # as a full disk would

    def fill() -> None:
        for number in range(100):
            store.put(f"row-{number}", result("x" * 1000))

    with pytest.raises(JournalError, match=r"temporary files .* full\. Free some space there .*SQLITE_TMPDIR"):
        fill()
    store.close()
