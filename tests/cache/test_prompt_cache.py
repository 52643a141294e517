"""A long brand guide is paid for once and read from the provider's prompt cache by the calls that follow."""

import pytest

from tests.cache.scenario import GUIDE_TOKENS, SCENARIOS, WORKERS, Outcome, Scenario, play

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.title for scenario in SCENARIOS]),
]


def readers(outcome: Outcome) -> int:
    """Return how many workers read the whole guide from the cache, as the provider counted."""
    return sum(call.cached_tokens >= GUIDE_TOKENS for call in outcome.of("worker"))


async def test_nine_workers_of_ten_read_the_guide_from_the_cache(scenario: Scenario):
    """Only the call that writes it pays for the guide: the orchestrator's, or with another model one worker's."""
    outcome = await play(scenario)
    assert outcome.result.status == "complete"
    assert len(outcome.of("worker")) == WORKERS
    assert readers(outcome) >= 9
    assert all(call.cached_tokens >= GUIDE_TOKENS for call in outcome.of("synthesis"))


async def test_the_result_says_what_was_read_and_written(scenario: Scenario):
    """Usage adds up to what the provider counted, cached tokens included in the input."""
    outcome = await play(scenario)
    usage, calls = outcome.result.usage, outcome.calls
    assert usage.calls == len(calls) == WORKERS + 2
    assert usage.input_tokens == sum(call.input_tokens for call in calls)
    assert usage.cache_read_tokens == sum(call.cached_tokens for call in calls)
    assert usage.cache_write_tokens == sum(call.written_tokens for call in calls)
    for worker in outcome.result.results:
        assert worker.usage.cache_read_tokens + worker.usage.cache_write_tokens <= worker.usage.input_tokens


async def test_the_naive_layout_reads_nothing_and_costs_more(scenario: Scenario):
    """The comparison is a fair one: the same calls with the same answers, only laid out in another way."""
    ours, naive = await play(scenario), await play(scenario, naive=True)
    assert readers(naive) == 0
    assert naive.result.usage.cache_read_tokens == 0
    assert naive.result.usage.output_tokens == ours.result.usage.output_tokens
    assert abs(naive.result.usage.input_tokens - ours.result.usage.input_tokens) < 2 * len(ours.calls)
    assert ours.result.cost.complete
    assert naive.result.cost.complete
    assert ours.result.cost.usd < naive.result.cost.usd
