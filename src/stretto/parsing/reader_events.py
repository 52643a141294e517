"""What a plan reader gives while the plan is still being written. No I/O."""

from dataclasses import dataclass
from typing import Protocol

from stretto.core.plan import Plan, Subtask


@dataclass(frozen=True, kw_only=True, slots=True)
class AnalysisText:
    """A piece of the analysis, in order."""

    text: str
    """Never empty; all pieces together are the analysis."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SubtaskRead:
    """A subtask whose end has arrived."""

    subtask: Subtask
    """Without an id; whoever starts it issues one."""


Piece = AnalysisText | SubtaskRead


class PlanReader(Protocol):
    """Reads one plan, chunk by chunk. What `feed` gives is early; what `finish` gives is the truth."""

    def feed(self, chunk: str) -> list[Piece]:
        """Take the next chunk, cut anywhere, and return what it completed."""
        ...

    def finish(self) -> Plan:
        """Read everything that was fed as a whole; raises `PlanError`."""
        ...

    @property
    def raw(self) -> str:
        """Everything that was fed, unaltered."""
        ...

    @property
    def analysis(self) -> str:
        """The analysis so far."""
        ...

    @property
    def subtasks(self) -> tuple[Subtask, ...]:
        """The subtasks sealed so far."""
        ...

    @property
    def overflowed(self) -> bool:
        """Whether the hard ceiling was passed: nothing more is sealed, and `finish` will raise."""
        ...
