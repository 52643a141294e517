"""What tokens cost, from genai-prices' data that comes with it: no network."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from genai_prices import Usage as PricedUsage
from genai_prices import calc_price
from genai_prices.data_snapshot import get_snapshot

from stretto.core.usage import FREE, UNKNOWN_COST, Cost, Usage

if TYPE_CHECKING:
    # The price list alone is a fifth of the import time of the two together.
    from genai_prices.types import ModelPrice
    from pydantic_ai.messages import ModelResponse
    from pydantic_ai.usage import RequestUsage

_MILLION = 1_000_000
# A price list may have tiers by length: what a short call pays is what is shown.
_SAMPLE = 1_000
# US dollars, far above what any call costs: more is a fault of who charges, and would use up a budget.
_DEAREST = 10_000
# Of a usage, beside the four kinds of tokens that are priced here.
_OTHER_KINDS = (
    "input_audio_tokens",
    "output_audio_tokens",
    "cache_audio_read_tokens",
    "cache_write_1h_tokens",
    "audio_seconds",
)
_OTHER_PRICES = frozenset({"requests_kcount", "output_reasoning_mtok"})


@dataclass(frozen=True, slots=True)
class _TokenPrices:
    """What one token of each kind costs, where that does not depend on how many there are."""

    input: Decimal
    output: Decimal
    cache_read: Decimal
    cache_write: Decimal

    def total(self, usage: "Usage | RequestUsage") -> Decimal:
        """Return what these tokens cost; cached ones are part of the input."""
        uncached = usage.input_tokens - usage.cache_read_tokens - usage.cache_write_tokens
        return (
            self.input * uncached
            + self.output * usage.output_tokens
            + self.cache_read * usage.cache_read_tokens
            + self.cache_write * usage.cache_write_tokens
        )


_token_prices: "dict[int, tuple[ModelPrice, _TokenPrices | None]]" = {}
"""By the identity of an entry of the price list, which is kept with it so that the identity stays its own.

To have genai-prices work out one call takes as long as half of the call's own work here."""


def price_tokens(usage: Usage, *, model: str, provider: str, base_url: str) -> Cost:
    """Return what these tokens cost; those of several calls as so many calls of their average size."""
    if runs_locally(provider, base_url):
        return FREE
    calls = max(usage.calls, 1)
    one = Usage(
        input_tokens=usage.input_tokens // calls,
        output_tokens=usage.output_tokens // calls,
        cache_read_tokens=usage.cache_read_tokens // calls,
        cache_write_tokens=usage.cache_write_tokens // calls,
    )
    total = _total(one, model, provider)
    return UNKNOWN_COST if total is None else Cost(usd=total * calls)


def price_response(response: "ModelResponse", *, model: str, provider: str, base_url: str) -> Cost:
    """Return what one response cost; `UNKNOWN_COST` when its usage or its price is not known."""
    if runs_locally(provider, base_url):
        return FREE
    if response.usage.unmeasured_requests:
        return UNKNOWN_COST
    charged = response.usage.cost
    if charged is None:
        # OpenRouter says what it charged, whichever provider it went to.
        reported = (response.provider_details or {}).get("cost")
        believed = type(reported) in (int, float) and 0 < cast("float", reported) < _DEAREST
        charged = Decimal(str(reported)) if believed else None
    if charged is None:
        try:
            charged = _listed_price(response)
            if charged is None:
                charged = response.cost().total_price
        except (LookupError, ValueError, AssertionError):
            # The name that was asked for may be listed where the one that answered is not.
            charged = _total(response.usage, model, provider)
    return UNKNOWN_COST if charged is None else Cost(usd=charged)


def price_per_million(model: str, provider: str) -> tuple[Decimal, Decimal] | None:
    """Return US dollars for a million input and a million output tokens; None when not known."""
    try:
        price = calc_price(PricedUsage(input_tokens=_SAMPLE, output_tokens=_SAMPLE), model, provider_id=provider)
    except LookupError:
        return None
    return price.input_price * _MILLION / _SAMPLE, price.output_price * _MILLION / _SAMPLE


def runs_locally(provider: str, base_url: str) -> bool:
    """Tell whether calls cost no money: Ollama on this machine or in this network."""
    if provider != "ollama":
        return False
    host = urlsplit(base_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost" or "." not in host or host.endswith((".local", ".internal", ".lan"))


def _listed_price(response: "ModelResponse") -> Decimal | None:
    """Return what `response.cost()` would, from the prices of single tokens; None where it has to be asked.

    The address tells a provider more exactly than its name, which "openai-decisions" shares with nobody.
    """
    usage, name = response.usage, response.provider_name
    if not response.model_name or name == "openai-decisions":
        return None
    if url := response.provider_url:
        try:
            return _by_token(usage, response.model_name, None, url, response.provider_details, response.timestamp)
        except LookupError:
            pass
    return _by_token(usage, response.model_name, name, None, response.provider_details, response.timestamp)


def _by_token(
    usage: "Usage | RequestUsage",
    model: str,
    provider: str | None,
    url: str | None,
    context: Mapping[str, object] | None,
    at: datetime,
) -> Decimal | None:
    """Return the total from the prices of single tokens; None where they do not tell. Raises `LookupError`."""
    _, listed = get_snapshot().find_provider_model(model, None, provider, url)
    if usage.cache_read_tokens + usage.cache_write_tokens > usage.input_tokens:
        return None
    if any(getattr(usage, kind, 0) for kind in _OTHER_KINDS):
        return None
    variants = listed.price_variants or ()
    if context and any(vars(one.prices) and _fits(one.when, context) for one in variants):
        return None  # A price for calls of this kind.
    entry = listed.get_prices(at)
    known = _token_prices.get(id(entry))
    if known is None:
        known = _token_prices[id(entry)] = (entry, _read_token_prices(entry))
    return known[1].total(usage) if known[1] else None


def _fits(when: Mapping[str, object], context: Mapping[str, object]) -> bool:
    return all(context.get(name) == value for name, value in when.items())


def _read_token_prices(entry: "ModelPrice") -> _TokenPrices | None:
    """Have genai-prices say what a token of each kind costs; None where that depends on more than their number."""
    prices = {name: price for name, price in vars(entry).items() if price is not None}
    if not _OTHER_PRICES.isdisjoint(prices) or not all(isinstance(price, Decimal) for price in prices.values()):
        return None

    def one(**tokens: int) -> Decimal:
        return entry.calc_price(PricedUsage(**tokens))["total_price"] / _MILLION

    return _TokenPrices(
        input=one(input_tokens=_MILLION),
        output=one(output_tokens=_MILLION),
        cache_read=one(input_tokens=_MILLION, cache_read_tokens=_MILLION),
        cache_write=one(input_tokens=_MILLION, cache_write_tokens=_MILLION),
    )


def _total(usage: "Usage | RequestUsage", model: str, provider: str) -> Decimal | None:
    try:
        total = _by_token(usage, model, provider, None, None, datetime.now(tz=UTC))
        return calc_price(usage, model, provider_id=provider).total_price if total is None else total
    except (LookupError, ValueError):
        return None
