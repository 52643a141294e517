"""Names for shared prefixes, by which OpenAI brings calls to the machine that has the prefix cached."""

import hashlib
import threading
from collections import deque

_SHORTEST = 4 * 1_024
"""Bytes of a prefix from which on it can be cached: 1,024 tokens, estimated at four bytes each."""
_MOST = 15
"""Calls a minute that one machine takes for one prefix and key; what is above goes to another, which knows nothing."""
_MINUTE = 60.0
_MARK = "-"


def is_further(key: str) -> bool:
    """Tell whether this is not a prefix's first key: its machine begins without the prefix, in the middle of a run."""
    return _MARK in key


class CacheKeys:
    """Hands out a key for each call: one for each prefix and place, and further ones as one fills up.

    The first key that has room is taken, so that the fewest machines keep the prefix, and keep it warm. Time is an
    argument, in seconds. Safe to use from several threads.
    """

    def __init__(self) -> None:
        # By name: for each shard when its latest calls were made.
        self._shards: dict[str, list[deque[float]]] = {}
        self._swept_at = 0.0
        self._lock = threading.Lock()

    def take(self, place: str, prefix: str, now: float) -> str | None:
        """Return the key for one call that is made now; None when the prefix is too short to be cached.

        `place` tells caches apart that share nothing: the address and the model.
        """
        text = prefix.encode(errors="replace")
        if len(text) < _SHORTEST:
            return None
        name = hashlib.sha256(place.encode() + b"\0" + text).hexdigest()[:16]
        with self._lock:
            self._sweep(now)
            number = self._count(name, now)
        return f"{name}{_MARK}{number}" if number else name

    def _count(self, name: str, now: float) -> int:
        """Count one call; return the number of the key that it is counted on."""
        shards = self._shards.setdefault(name, [])
        number = next((n for n, calls in enumerate(shards) if _has_room(calls, now)), len(shards))
        if number == len(shards):
            shards.append(deque(maxlen=_MOST))
        shards[number].append(now)
        return number

    def _sweep(self, now: float) -> None:
        """Forget prefixes that were not used for a minute; once a minute is enough."""
        if now - self._swept_at > _MINUTE:
            self._swept_at = now
            for name in [name for name, shards in self._shards.items() if not _any_since(shards, now - _MINUTE)]:
                del self._shards[name]


def _has_room(calls: deque[float], now: float) -> bool:
    return len(calls) < _MOST or calls[0] <= now - _MINUTE


def _any_since(shards: list[deque[float]], since: float) -> bool:
    return any(calls[-1] > since for calls in shards)
