"""Which errors mean that a model is busy, and how long a provider's Retry-After is waited."""

from stretto.core.errors import ErrorKind

THROTTLED: frozenset[ErrorKind] = frozenset({"rate_limit", "overloaded"})
"""The model was busy: nothing was wrong with the call, so it may be made more often than a faulty one."""

LONGEST_PAUSE = 60.0
"""Seconds that are waited; past them the model is out of reach until that time."""

SHORTEST_PAUSE = 1.0
"""Seconds up to which the header is no more than rounding: the refused call waits for them, not everybody."""
