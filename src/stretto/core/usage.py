"""Tokens and money. No I/O."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """Tokens of one call or of many, as the provider counted them."""

    input_tokens: int = 0
    """All input tokens, cached ones included."""
    output_tokens: int = 0
    """All output tokens, thinking included."""
    cache_read_tokens: int = 0
    """The part of the input that was read from the provider's prompt cache."""
    cache_write_tokens: int = 0
    """The part of the input that was written to the provider's prompt cache."""
    calls: int = 0
    """How many model calls these tokens belong to."""

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cache_read_tokens=self.cache_read_tokens + other.cache_read_tokens,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
            calls=self.calls + other.calls,
        )

    @property
    def total_tokens(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """Money in US dollars; a part of it may be unknown, which is never the same as zero."""

    usd: Decimal = Decimal(0)
    """The part that is known."""
    complete: bool = True
    """False when at least one call's price is not known."""

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(usd=self.usd + other.usd, complete=self.complete and other.complete)

    def __str__(self) -> str:
        if self.complete:
            return f"${self.usd:.4f}" if self.usd else "$0"
        return f"at least ${self.usd:.4f}" if self.usd else "unknown"


UNKNOWN_COST = Cost(complete=False)
FREE = Cost()
NO_USAGE = Usage()


@dataclass(frozen=True, kw_only=True, slots=True)
class Quote:
    """What a run is going to take, computed without any call."""

    calls: int
    """Calls when no answer has to be asked for again."""
    input_tokens: int
    """Estimated from the prompts' length."""
    output_tokens: tuple[int, int]
    """From a typical answer to the longest one that is allowed, over all calls."""
    cost: tuple[Cost, Cost]
    """For the two ends of `output_tokens`."""
