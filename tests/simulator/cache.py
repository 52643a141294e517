"""The providers' prompt caches: what a call reads, what it writes, and when others can read that. No I/O."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.simulator.asked import Asked, Block
from tests.simulator.tokens import count_tokens, cut_pieces

LOOKBACK = 20
"""Blocks before a breakpoint at which Anthropic looks for an earlier entry."""

STEP = 128
"""Tokens by which OpenAI's cached prefix grows."""

SHARD = 15
"""Calls a minute with one prefix and key that OpenAI keeps on one machine; further ones find a cold cache."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cached:
    """What the cache does for one call."""

    read: int = 0
    written: int = 0
    written_1h: int = 0
    """Those of `written` that live an hour."""
    entries: tuple[tuple[str, float], ...] = ()
    """Key and life in seconds of what others can read once this call's response has begun."""


@dataclass(slots=True)
class PromptCache:
    """One provider's cache."""

    clock: Callable[[], float]
    minimum: Callable[[str], int]
    """Fewest tokens of a cached prefix, by model."""
    _expires: dict[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])
    _recent: dict[str, list[float]] = field(default_factory=dict[str, list[float]])

    def look_up(self, asked: Asked) -> Cached:
        """Say what this call reads and would write; `begin` makes the writing true."""
        return self._marked(asked) if asked.protocol == "anthropic" else self._automatic(asked)

    def begin(self, cached: Cached) -> None:
        """The response has begun: what the call wrote can be read from now on."""
        now = self.clock()
        for key, life in cached.entries:
            self._expires[key] = (now + life, life)

    def _readable(self, key: str) -> bool:
        """Whether an entry lives; reading renews its life."""
        entry = self._expires.get(key)
        now = self.clock()
        if entry is None or entry[0] <= now:
            return False
        self._expires[key] = (now + entry[1], entry[1])
        return True

    def _marked(self, asked: Asked) -> Cached:
        """Anthropic: up to the client's marks, whole blocks, looking back from each mark."""
        keys, sizes = _prefixes(asked.model, asked.blocks)
        marks = [index for index, block in enumerate(asked.blocks) if block.marked]
        least = self.minimum(asked.model)
        read = max((self._longest(keys, mark) for mark in marks), default=-1)
        read_tokens = sizes[read] if read >= 0 else 0
        written = written_1h = 0
        entries: list[tuple[str, float]] = []
        reached = read_tokens
        for mark in marks:
            if mark <= read or sizes[mark] < least:
                continue
            entries.append((keys[mark], asked.blocks[mark].ttl))
            written += sizes[mark] - reached
            written_1h += (sizes[mark] - reached) * (asked.blocks[mark].ttl > 300)
            reached = sizes[mark]
        return Cached(read=read_tokens, written=written, written_1h=written_1h, entries=tuple(entries))

    def _longest(self, keys: Sequence[str], mark: int) -> int:
        for index in range(mark, max(mark - LOOKBACK, -1), -1):
            if self._readable(keys[index]):
                return index
        return -1

    def _automatic(self, asked: Asked) -> Cached:
        """OpenAI and Gemini: any common prefix, in steps, on the machine that the prefix and key lead to."""
        text = "".join(block.content for block in asked.blocks)
        steps = cut_pieces(text, STEP)
        whole = count_tokens(text) // STEP
        least = self.minimum(asked.model)
        digest = hashlib.sha256(f"{asked.model}\0{self._machine(asked, steps)}".encode())
        keys: list[str] = []
        for step in steps[:whole]:
            digest.update(step.encode())
            keys.append(digest.hexdigest())
        first = max((least + STEP - 1) // STEP, 1)
        read = next((n for n in range(len(keys), first - 1, -1) if self._readable(keys[n - 1])), 0)
        return Cached(read=read * STEP, entries=tuple((key, 300.0) for key in keys[first - 1 :]))

    def _machine(self, asked: Asked, steps: Sequence[str]) -> str:
        if asked.protocol == "gemini":
            return ""
        key = f"{asked.model}\0{asked.cache_key}\0{''.join(steps[:2])}"
        now = self.clock()
        recent = [at for at in self._recent.get(key, ()) if at > now - 60]
        self._recent[key] = [*recent, now]
        return f"{asked.cache_key}\0{len(recent) // SHARD}"


def _prefixes(model: str, blocks: Sequence[Block]) -> tuple[list[str], list[int]]:
    """Return key and size in tokens of the prefix that ends with each block."""
    digest, total = hashlib.sha256(model.encode()), 0
    keys: list[str] = []
    sizes: list[int] = []
    for block in blocks:
        digest.update(f"\0{len(block.content)}\0{block.content}".encode())
        total += block.tokens
        keys.append(digest.hexdigest())
        sizes.append(total)
    return keys, sizes


def anthropic_minimum(model: str) -> int:
    """Return the fewest tokens that Anthropic caches for a model."""
    if any(name in model for name in ("opus-4-5", "opus-4-6", "haiku-4-5")):
        return 4096
    return 2048 if "haiku" in model or "sonnet-4-6" in model else 1024
