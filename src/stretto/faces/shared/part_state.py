"""What is known of one part of a run while it goes on: a subtask, the synthesis, a text that grows."""

from dataclasses import dataclass, field
from typing import Literal

from stretto.core.plan import Subtask
from stretto.core.result import SynthesisResult, WorkerResult

RowState = Literal["waiting", "running", "retrying", "completed", "failed", "skipped", "superseded"]

TAIL = 2_000
"""How many characters of a growing text are shown at most."""


@dataclass(slots=True)
class GrowingText:
    """A text that is being written."""

    pieces: list[str] = field(default_factory=list[str])
    size: int = 0
    """Bytes written so far."""

    def add(self, text: str) -> None:
        """Take in one more piece."""
        self.pieces.append(text)
        self.size += len(text.encode())

    @property
    def whole(self) -> str:
        """Everything written so far."""
        return "".join(self.pieces)

    @property
    def tail(self) -> str:
        """The end of it: as much as could be shown."""
        end: list[str] = []
        size = 0
        for piece in reversed(self.pieces):
            end.append(piece)
            size += len(piece)
            if size >= TAIL:
                break
        return "".join(reversed(end))[-TAIL:]


@dataclass(slots=True)
class SubtaskState:
    """One subtask on its way."""

    number: int
    """Its place in the plan, from 1."""
    subtask: Subtask
    state: RowState = "waiting"
    started: float | None = None
    """Seconds of the run; None while nothing was started."""
    ended: float | None = None
    text: GrowingText = field(default_factory=GrowingText)
    """Of the current attempt."""
    note: str = ""
    """Why it is tried again."""
    result: WorkerResult | None = None


@dataclass(slots=True)
class SynthesisState:
    """The synthesis on its way."""

    strategy: str
    started: float
    ended: float | None = None
    text: GrowingText = field(default_factory=GrowingText)
    result: SynthesisResult | None = None
