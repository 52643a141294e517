"""A call's price from the prices of single tokens is the one that genai-prices works out."""

from decimal import Decimal

import pytest
from genai_prices.data_snapshot import get_snapshot
from pydantic_ai.messages import ModelResponse
from pydantic_ai.usage import RequestUsage

from stretto.core.usage import UNKNOWN_COST, Cost
from stretto.models.prices import price_response

USAGES = (
    RequestUsage(input_tokens=1_000, output_tokens=50),
    RequestUsage(input_tokens=300_000, output_tokens=7, cache_read_tokens=200_000, cache_write_tokens=90_000),
    RequestUsage(input_tokens=900, output_tokens=90, output_reasoning_tokens=80, details={"reasoning_tokens": 80}),
    RequestUsage(input_tokens=900, output_tokens=90, cache_write_tokens=500, cache_write_1h_tokens=400),
    RequestUsage(input_tokens=900, output_tokens=90, input_audio_tokens=800, output_audio_tokens=80),
)


@pytest.mark.parametrize("details", [None, {"finish_reason": "stop"}, {"service_tier": "priority"}])
def test_each_listed_model_costs_what_the_list_says(details: dict[str, object] | None):
    """Tiers, variants, fees for a request and prices of other kinds of tokens are all in it."""
    for provider in get_snapshot().providers:
        for model in provider.models:
            for usage in USAGES:
                response = ModelResponse(
                    parts=[], usage=usage, model_name=model.id, provider_name=provider.id, provider_details=details
                )
                try:
                    expected = Cost(usd=response.cost().total_price)
                except (LookupError, ValueError):
                    continue
                priced = price_response(response, model=model.id, provider=provider.id, base_url="https://a.example")
                assert priced != UNKNOWN_COST
                if provider.id != "ollama":
                    assert abs((priced.usd or 0) - (expected.usd or 0)) < Decimal("1e-15"), (provider.id, model.id)
