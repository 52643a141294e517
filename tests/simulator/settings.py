"""How a simulator behaves. Frozen values. No I/O."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.simulator.answers import Answers, DefaultAnswers
from tests.simulator.asked import Asked, Role, read_role
from tests.simulator.bucket import Bucket
from tests.simulator.faults import Script
from tests.simulator.timing import INSTANT, Timing


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Everything that can be set."""

    script: Script = field(default_factory=Script)
    timing: Timing = INSTANT
    answers: Answers = field(default_factory=DefaultAnswers)
    roles: Callable[[Asked], Role] = read_role
    """Tells the role of a call; the default reads it from the markup that the prompt asks for."""
    bucket: Bucket | None = None
    """One rate limit for each model; None for no limit."""
    key: str | None = None
    """The only key that is let in; None lets every key in, but not none at all."""
    models: frozenset[str] | None = None
    """The only models there are; None for any."""
    context_window: float = math.inf
    """Input tokens past which a call is refused."""
    cache_minimum: int | None = None
    """Fewest tokens of a cached prefix, in place of the provider's own number."""
    host: str = "127.0.0.1"
    port: int = 0
    """0 takes a free one."""
    log_file: Path | None = None
    """Takes a JSON line whenever something becomes known of a call; the last line of a number counts."""
