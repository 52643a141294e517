"""Sentences about failures are one cause when they differ in a number, an id, an address or a time."""

import pytest

from stretto.core.causes import by_cause, cause_of
from stretto.core.plan import Subtask
from stretto.core.result import Failure, WorkerResult
from stretto.engine.run_status import shortfall_of

SAME = [
    (
        "it may take up to 10684 tokens; 13,915 tokens ($0.0031) are used",
        "it may take up to 9 tokens; 0 tokens ($0) are used",
    ),
    ("The deadline of 2.98797 seconds has passed.", "The deadline of 3 seconds has passed."),
    ("m: HTTP 500: failed (request id: req_0a8B7cXY).", "m: HTTP 500: failed (request id: req_99ff11zz)."),
    ("Please try again in 7m12s.", "Please try again in 6.5s."),
    ("not reached at http://10.0.0.1:80/v1 (x)", "not reached at https://host.example/v2?x=3 (x)"),
    ("id 550e8400-e29b-41d4-a716-446655440000 failed", "id 123e4567-e89b-12d3-a456-426614174000 failed"),
    ("since 2026-11-30T10:00:00Z", "since 2026-12-01T11:30:05Z"),
    ("trace 0af7651916cd43dd8448eb211c80319c", "trace 1bf7651916cd43dd8448eb211c80319d"),
    ("line 3 of 40", "line 31 of 4"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_differs_in_a_number_is_one_cause(one: str, other: str) -> None:
    """Numbers, amounts, durations, times, ids, request ids and addresses tell causes apart no more than rows do."""
    assert cause_of(one) == cause_of(other)
    assert list(by_cause([one, other]).values()) == [one]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("m: HTTP 404: no.", "m: HTTP 403: no."),
        ("openai:gpt-5.2: no.", "openai:gpt-4.1: no."),
        ("anthropic:claude-haiku-4-5: no.", "anthropic:claude-sonnet-4-5: no."),
        ("The budget of 3 tokens", "The deadline of 3 seconds"),
    ],
)
def test_other_words_are_another_cause(one: str, other: str) -> None:
    """A status, a model and any other word tell causes apart."""
    assert cause_of(one) != cause_of(other)


def test_a_run_lists_a_cause_once() -> None:
    """Subtasks that failed alike, but for a number, are one entry, in the words of the first."""
    results = [
        WorkerResult(
            subtask=Subtask(id=f"s{number}", type=f"t{number}", description="d"),
            status="failed",
            error=Failure(kind="server", message=f"HTTP 500: busy, request {number}00."),
        )
        for number in (1, 2)
    ]
    (gap,) = shortfall_of(results, None, None, planned=True)
    assert (gap.what, gap.subtask_ids, gap.failure.message) == ("t1, t2", ("s1", "s2"), "HTTP 500: busy, request 100.")
