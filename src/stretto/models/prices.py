"""What tokens cost, from genai-prices' data that comes with it: no network."""

import ipaddress
from decimal import Decimal
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from genai_prices import Usage as PricedUsage
from genai_prices import calc_price

from stretto.core.usage import FREE, UNKNOWN_COST, Cost, Usage

if TYPE_CHECKING:
    # The price list alone is a fifth of the import time of the two together.
    from pydantic_ai.messages import ModelResponse

_MILLION = 1_000_000
# A price list may have tiers by length: what a short call pays is what is shown.
_SAMPLE = 1_000
# US dollars, far above what any call costs: more is a fault of who charges, and would use up a budget.
_DEAREST = 10_000


def price_tokens(usage: Usage, *, model: str, provider: str, base_url: str) -> Cost:
    """Return what these tokens cost; those of several calls as so many calls of their average size."""
    if runs_locally(provider, base_url):
        return FREE
    calls = max(usage.calls, 1)
    one = PricedUsage(
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


def _total(usage: object, model: str, provider: str) -> Decimal | None:
    try:
        return calc_price(usage, model, provider_id=provider).total_price  # pyright: ignore[reportArgumentType]
    except (LookupError, ValueError):
        return None
