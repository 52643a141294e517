"""The work that contenders are compared by is what the page says it is."""

import json

import pytest

from benchmarks.workload import ANALYSIS_TOKENS, SUBTASK_TOKENS, TIMING, Workload
from stretto import parse_plan
from stretto.recipes.markup import PLAN_SCHEMA
from tests.simulator.asked import Asked, Message
from tests.simulator.tokens import count_tokens


def asked(prompt: str, schema: object = None) -> Asked:
    """Return a call with this prompt."""
    message = Message(role="user", text=prompt)
    return Asked(protocol="chat", model="m", streamed=False, messages=(message,), blocks=(), body={}, schema=schema)


@pytest.mark.parametrize("subtasks", [1, 3, 10, 50])
def test_a_plan_has_the_length_that_the_bound_counts_with(subtasks: int) -> None:
    """In markup: an analysis of 150 tokens and 40 for each subtask; every one can be read."""
    text = Workload(subtasks=subtasks).answer(asked("Divide this.")).text
    plan = parse_plan(text)
    assert len(plan.subtasks) == subtasks
    assert count_tokens(text) == pytest.approx(ANALYSIS_TOKENS + SUBTASK_TOKENS * subtasks, abs=2)


def test_a_plan_by_schema_says_the_same() -> None:
    """Who asks for JSON gets as many subtasks of the same length."""
    plan = json.loads(Workload(subtasks=10).answer(asked("Divide this.", PLAN_SCHEMA)).text)
    assert len(plan["tasks"]) == 10
    assert {count_tokens(json.dumps(task)) for task in plan["tasks"]} <= set(
        range(SUBTASK_TOKENS - 2, SUBTASK_TOKENS + 1)
    )


def test_the_bounds_of_one_subtask() -> None:
    """One text ends after the plan's first token, its tokens, the text's first token and its tokens."""
    workload = Workload(subtasks=1)
    (text,) = workload.text_tokens()
    least = TIMING.due(ANALYSIS_TOKENS + SUBTASK_TOKENS) + TIMING.due(text)
    assert least <= workload.early_bound() <= least + 0.1
    assert least <= workload.barrier_bound() <= least + 0.1


def test_an_early_start_is_worth_more_where_calls_wait_for_a_place() -> None:
    """With ten at a time and fifty texts the bound with early start is well below the one of who waits for the plan."""
    workload = Workload(subtasks=50)
    assert workload.early_bound(10) < 0.75 * workload.barrier_bound(10)
    assert workload.early_bound() <= workload.early_bound(10)


def test_each_text_has_its_own_length() -> None:
    """Long-tailed lengths are the same for the same seed, and a worker's text has its part's."""
    workload = Workload(subtasks=10, lengths="long_tailed")
    assert workload.text_tokens() == Workload(subtasks=10, lengths="long_tailed").text_tokens()
    said = [count_tokens(workload.answer(asked(f"Part {n}: write.")).text) for n in range(1, 11)]
    assert said == list(workload.text_tokens())
