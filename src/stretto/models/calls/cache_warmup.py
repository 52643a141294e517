"""Lets the first call with a cache key begin to be answered before further calls with it are made."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
from anyio.lowlevel import RunVar

# What is waited at most: after that the prefix is rather paid for twice.
_MAX_WAIT_SECONDS = 10.0
# After so many seconds without a call a provider has forgotten the prefix.
_CACHE_LIFETIME_SECONDS = 300.0

OnAnswerBegun = Callable[[], None]
"""Says that the first call's answer has begun."""


@dataclass(slots=True)
class _WarmupCall:
    """The first call with a key."""

    used_at: float
    """When the key was last used."""
    begun: anyio.Event = field(default_factory=anyio.Event)


_warmup_calls: RunVar[dict[str, _WarmupCall]] = RunVar("stretto_first_calls")


@asynccontextmanager
async def cache_warmup(key: str | None) -> AsyncGenerator[OnAnswerBegun | None]:
    """Yield what the first call with this key has to call when its answer begins; others wait here for that.

    They are given None, as is whoever has no key, and whoever has waited long enough. A first call that ends
    without having begun leaves its part to the next one.
    """
    calls = _of_this_loop()
    call: _WarmupCall | None = None
    with anyio.move_on_after(_MAX_WAIT_SECONDS):
        while key is not None and call is None:
            now = anyio.current_time()
            known = calls.get(key)
            if known is None or now - known.used_at > _CACHE_LIFETIME_SECONDS:
                call = _start_warmup(calls, key, now)
            elif known.begun.is_set():
                known.used_at = now
                break
            else:
                await known.begun.wait()
    if key is None or call is None:
        yield None
        return
    try:
        yield call.begun.set
    finally:
        if not call.begun.is_set():
            # Past its life it was replaced by another.
            if calls.get(key) is call:
                del calls[key]
            call.begun.set()


def _start_warmup(calls: dict[str, _WarmupCall], key: str, now: float) -> _WarmupCall:
    for old in [old for old, one in calls.items() if now - one.used_at > _CACHE_LIFETIME_SECONDS]:
        del calls[old]
    calls[key] = _WarmupCall(now)
    return calls[key]


def _of_this_loop() -> dict[str, _WarmupCall]:
    try:
        return _warmup_calls.get()
    except LookupError:
        calls: dict[str, _WarmupCall] = {}
        _warmup_calls.set(calls)
        return calls
