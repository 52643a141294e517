"""Lets the first call with a cache key begin to be answered before further calls with it are made."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
from anyio.lowlevel import RunVar

# What is waited at most: after that the prefix is rather paid for twice.
_PATIENCE = 10.0
# After so many seconds without a call a provider has forgotten the prefix.
_LIFE = 300.0

Begun = Callable[[], None]
"""Says that the first call's answer has begun."""


@dataclass(slots=True)
class _First:
    """The first call with a key."""

    used_at: float
    """When the key was last used."""
    begun: anyio.Event = field(default_factory=anyio.Event)


_firsts: RunVar[dict[str, _First]] = RunVar("stretto_first_calls")


@asynccontextmanager
async def led(key: str | None) -> AsyncGenerator[Begun | None]:
    """Yield what the first call with this key has to call when its answer begins; others wait here for that.

    They are given None, as is whoever has no key, and whoever has waited long enough. A first call that ends
    without having begun leaves its part to the next one.
    """
    firsts = _of_this_loop()
    first: _First | None = None
    with anyio.move_on_after(_PATIENCE):
        while key is not None and first is None:
            now = anyio.current_time()
            known = firsts.get(key)
            if known is None or now - known.used_at > _LIFE:
                first = _lead(firsts, key, now)
            elif known.begun.is_set():
                known.used_at = now
                break
            else:
                await known.begun.wait()
    if key is None or first is None:
        yield None
        return
    try:
        yield first.begun.set
    finally:
        if not first.begun.is_set():
            # Past its life it was replaced by another.
            if firsts.get(key) is first:
                del firsts[key]
            first.begun.set()


def _lead(firsts: dict[str, _First], key: str, now: float) -> _First:
    for old in [old for old, one in firsts.items() if now - one.used_at > _LIFE]:
        del firsts[old]
    firsts[key] = _First(now)
    return firsts[key]


def _of_this_loop() -> dict[str, _First]:
    try:
        return _firsts.get()
    except LookupError:
        firsts: dict[str, _First] = {}
        _firsts.set(firsts)
        return firsts
