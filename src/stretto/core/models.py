"""The port to language models: one request, one reply, text on the way when somebody watches. No I/O."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from stretto.core.usage import Cost, Usage

Role = Literal["orchestrator", "worker", "synthesis"]

Finish = Literal["stop", "length", "refusal"]
"""stop: the model ended by itself; length: cut at the token limit; refusal: the provider's own signal."""

OnText = Callable[[str], None]
"""Called with each piece of text as it arrives; must return at once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """An earlier answer and the reply to it, which asks for a better one."""

    answer: str
    """The model's answer; empty when there was none worth repeating."""
    reply: str
    """The text that follows it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelRequest:
    """One call."""

    role: Role
    prefix: str = ""
    """The same bytes for every role of a run: what the provider's prompt cache is to keep."""
    prompt: str
    """What follows the prefix: the role's instructions."""
    system: str = ""
    """The system prompt; empty for none."""
    turns: tuple[Turn, ...] = ()
    """Earlier answers with their replies, oldest first."""
    max_output_tokens: int
    """Hard limit on the answer, thinking included."""
    timeout: float
    """Seconds for the whole call."""
    gap_timeout: float
    """Seconds between two pieces of a streamed answer, and until the first."""
    schema: Mapping[str, object] | None = None
    """JSON schema of the answer, for a provider with structured output; None for plain text."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RateLimits:
    """The account's rate limit for a model after one call, from the provider's headers."""

    requests_limit: int | None = None
    """Requests allowed in one window, which is mostly a minute; None when not given."""
    requests_remaining: int | None = None
    """How many of them were left after this call."""
    seconds_until_reset: float | None = None
    """Until all of them are there again, counted from the call; rather too short than too long."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelReply:
    """One whole answer. An answer without an end signal is no reply: it raises `ModelError`."""

    text: str
    finish: Finish
    usage: Usage | None
    """None when the provider reported none."""
    cost: Cost
    model: str
    """The model that answered, as the provider names it."""
    limits: RateLimits | None = None
    """None when the response had no rate-limit headers."""
    remarks: tuple[str, ...] = ()
    """What is worth knowing of how the call was made, such as a limit that had to be lowered."""


class Model(Protocol):
    """A language model. Implementations make no retries of their own."""

    @property
    def name(self) -> str:
        """How users name it, such as "anthropic:claude-sonnet-4-5"."""
        ...

    @property
    def label(self) -> str:
        """What must stand beside its output; empty for a real model."""
        ...

    @property
    def account(self) -> str:
        """Whose limits and bills its calls share: the same text for models behind one key. Holds no secret."""
        ...

    def price(self, usage: Usage) -> Cost:
        """Return what these tokens cost; `UNKNOWN_COST` when the price is not known."""
        ...

    async def respond(self, request: ModelRequest, on_text: OnText | None = None) -> ModelReply:
        """Make one call; streams when `on_text` is given. Raises `ModelError`."""
        ...
