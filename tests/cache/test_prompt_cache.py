"""A long brand guide is paid for once and read from the provider's prompt cache by the calls that follow."""

from collections.abc import Sequence

import pytest

from tests.cache.scenario import GUIDE_TOKENS, SCENARIOS, WORKERS, Outcome, Scenario, play

pytestmark = pytest.mark.anyio


def each(scenarios: Sequence[Scenario]) -> pytest.MarkDecorator:
    """Run a test with each of these."""
    return pytest.mark.parametrize("scenario", scenarios, ids=[scenario.title for scenario in scenarios])


def readers(outcome: Outcome) -> int:
    """Return how many workers read the whole guide from the cache, as the provider counted."""
    return sum(call.cached_tokens >= GUIDE_TOKENS for call in outcome.of("worker"))


@each(SCENARIOS)
async def test_nine_workers_of_ten_read_the_guide_from_the_cache(scenario: Scenario):
    """Only the call that writes it pays for the guide: the orchestrator's, or with another model one worker's."""
    outcome = await play(scenario)
    assert outcome.result.status == "complete"
    assert len(outcome.of("worker")) == WORKERS
    assert readers(outcome) >= 9
    assert all(call.cached_tokens >= GUIDE_TOKENS for call in outcome.of("synthesis"))


@each(SCENARIOS)
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


@each(SCENARIOS)
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


@each(SCENARIOS)
async def test_many_workers_read_it_too(scenario: Scenario):
    """Past fifteen calls a minute OpenAI's calls go to further machines, and one call each fills their cache."""
    outcome = await play(scenario, workers=40)
    assert outcome.result.status == "complete"
    assert len(outcome.of("worker")) == 40
    assert readers(outcome) >= 37
