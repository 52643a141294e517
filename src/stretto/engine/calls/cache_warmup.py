"""Prompt-cache warm-up: one call fills a model's prompt cache before the calls that share its prefix are made."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio

from stretto.core.models import Model, ModelRequest, OnText

# Providers cache no shorter prefix: 1,024 tokens of four bytes.
_MIN_PREFIX_BYTES = 4 * 1_024
# How long the other calls wait at the most for a model that thinks before it writes.
_MAX_WAIT_SECONDS = 10.0


class CacheWarmup:
    """Which models have begun to answer on the prefix of one run: a cache entry can be read from then on."""

    def __init__(self) -> None:
        self._begun: dict[str, anyio.Event] = {}

    @asynccontextmanager
    async def first_call(self, model: Model, request: ModelRequest) -> AsyncGenerator["WarmupCall | None"]:
        """Yield a `WarmupCall` for the call that warms the cache; other calls wait until it has begun to answer."""
        if len(request.prefix.encode(errors="replace")) < _MIN_PREFIX_BYTES:
            yield None
            return
        key = f"{model.account} {model.name}"
        with anyio.move_on_after(_MAX_WAIT_SECONDS):
            await self._until_begun_or_free(key)
        if key in self._begun:
            yield None
            return
        warmup = WarmupCall(self._begun.setdefault(key, anyio.Event()))
        try:
            yield warmup
        finally:
            if not warmup.has_begun:  # It failed before its first token: the next call warms the cache.
                del self._begun[key]
            warmup.begin()

    async def _until_begun_or_free(self, key: str) -> None:
        """Wait while a warm-up call is in flight; return when it has begun to answer, or when there is none."""
        while (begun := self._begun.get(key)) is not None and not begun.is_set():
            await begun.wait()


class WarmupCall:
    """The call that warms the cache. It is always streamed, because its first token is what the others wait for."""

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
