"""Lets one call fill a model's prompt cache before the calls that share its prefix are made."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio

from stretto.core.models import Model, ModelRequest, OnText

# Providers cache no prefix shorter than this; measured in bytes, four to a token.
_SHORTEST_PREFIX = 4 * 1_024
# A model that thinks for long before it writes holds its siblings no longer than this, in seconds.
_LONGEST_WAIT = 10.0


class CacheWarmup:
    """Which models have begun to answer on the prefix of one run: a cache entry can be read from then on."""

    def __init__(self) -> None:
        self._begun: dict[str, anyio.Event] = {}

    @asynccontextmanager
    async def lead(self, model: Model, request: ModelRequest) -> AsyncGenerator["WarmupCall | None"]:
        """Yield the leader when this is the call that warms the cache; other calls wait here until it has begun."""
        if len(request.prefix.encode(errors="replace")) < _SHORTEST_PREFIX:
            yield None
            return
        key = f"{model.account} {model.name}"
        with anyio.move_on_after(_LONGEST_WAIT):
            await self._until_begun_or_free(key)
        if key in self._begun:
            yield None
            return
        leader = WarmupCall(self._begun.setdefault(key, anyio.Event()))
        try:
            yield leader
        finally:
            if not leader.has_begun:  # It failed before its first token: the next call leads.
                del self._begun[key]
            leader.begin()

    async def _until_begun_or_free(self, key: str) -> None:
        """Wait while a leader is on its way; return when it has begun, or when there is none."""
        while (begun := self._begun.get(key)) is not None and not begun.is_set():
            await begun.wait()


class WarmupCall:
    """The call that warms the cache. It is streamed, whoever listens, because its first token is what counts."""

    def __init__(self, begun: anyio.Event) -> None:
        self.has_begun = False
        self._begun = begun

    def begin(self) -> None:
        """The answer has begun: the prefix can be read from the cache."""
        self.has_begun = True
        self._begun.set()

    def listen(self, on_text: OnText | None) -> OnText:
        """Return a listener that notes the first token and passes every piece on."""

        def note(text: str) -> None:
            self.begin()
            if on_text is not None:
                on_text(text)

        return note
