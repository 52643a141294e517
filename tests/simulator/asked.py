"""What a client asked, whatever the protocol it asked in. No I/O."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

ProtocolName = Literal["anthropic", "chat", "responses", "gemini", "openrouter"]
"""OpenRouter's is Chat Completions with words of its own, spoken for providers of all kinds."""
Role = Literal["orchestrator", "worker", "synthesis"]
PROTOCOL_NAMES: tuple[ProtocolName, ...] = ("anthropic", "chat", "responses", "gemini")
"""Those that share nothing."""
ROLES: tuple[Role, ...] = ("orchestrator", "worker", "synthesis")


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One turn of the conversation."""

    role: str
    """As the protocol names it: "user", "assistant", "model", "system", "developer", "tool"."""
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """One content block, as the prompt cache sees it."""

    content: str
    """Canonical JSON of the block without its cache mark."""
    tokens: int
    marked: bool = False
    """Whether the client put a cache breakpoint after it."""
    ttl: float = 300.0
    """Seconds that an entry of this breakpoint lives without being read."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One call that passed validation."""

    protocol: ProtocolName
    model: str
    streamed: bool
    messages: tuple[Message, ...]
    """System text included, oldest first."""
    blocks: tuple[Block, ...]
    """The whole prompt in the order in which the provider caches it."""
    body: Mapping[str, Any]
    """The request's JSON."""
    max_tokens: int | None = None
    """Limit on the answer, thinking included; None where the client set none."""
    schema: Mapping[str, Any] | None = None
    """JSON schema that the answer must have; None for plain text."""
    include_usage: bool = True
    """Whether a streamed answer ends with its usage (Chat Completions asks for it)."""
    cache_key: str = ""
    """What the client groups its calls by for the prompt cache (OpenAI)."""
    role: Role = "worker"
    """The part this call plays in a run; the simulator reads it from the prompt."""
    number: int = 0
    """Counts from 1 in order of arrival."""

    @cached_property
    def prompt(self) -> str:
        """Everything the model reads, turns joined by blank lines."""
        return "\n\n".join(message.text for message in self.messages)

    @cached_property
    def last(self) -> str:
        """The last thing the client said."""
        return self.messages[-1].text

    @cached_property
    def input_tokens(self) -> int:
        """The prompt's size by the rule of `tokens`."""
        return sum(block.tokens for block in self.blocks)

    @cached_property
    def digest(self) -> str:
        """The same for calls that ask the same model the same thing, streamed or not."""
        asked = [self.model, *([message.role, message.text] for message in self.messages)]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:16]


_PLAN = re.compile(r"</?tasks?>|\"(?:sub)?tasks\"", re.IGNORECASE)
_RESPONSE = re.compile(r"</?response>", re.IGNORECASE)
_RESULT = re.compile(r"^\[result \d+: .* [0-9a-f]{8}\]$", re.MULTILINE)
"""How a block with a worker's result begins; the mark at its end tells it from the same words in a brief."""


def read_role(asked: Asked) -> Role:
    """Tell the role by the markup that the prompt asks for; what stands last counts, as briefs may hold any of it."""
    if _lists_objects(asked.schema):
        return "orchestrator"
    # Later turns (repairs, continuations) keep the role of the conversation's first question.
    first = next((message.text for message in asked.messages if message.role == "user"), "")
    text = f"{asked.messages[0].text}\n\n{first}"
    plan, response = _last(_PLAN, text), _last(_RESPONSE, text)
    if plan > response:
        return "orchestrator"
    if response < 0 or _RESULT.search(text):
        return "synthesis"
    return "worker"


def _last(pattern: re.Pattern[str], text: str) -> int:
    return max((match.start() for match in pattern.finditer(text)), default=-1)


def _lists_objects(schema: Mapping[str, Any] | None) -> bool:
    properties: Mapping[str, Mapping[str, Any]] = (schema or {}).get("properties", {})
    return any(shape.get("type") == "array" for shape in properties.values())
