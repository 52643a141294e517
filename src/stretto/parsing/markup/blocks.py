"""The blocks of subtasks in one answer, and which of them is the plan. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from stretto.core.plan import Subtask
from stretto.parsing.fields import Entry, Fault


@dataclass(slots=True)
class Block:
    """Subtasks that were written together."""

    entries: list[Entry] = field(default_factory=list[Entry])
    wrapped: bool = False
    """Whether a wrapper tag or an enclosing object holds them together."""
    closed: bool = False
    apart: bool = False
    """Whether prose stands between it and the block before."""
    first: int = 0
    """Which of the blocks it begins with, where several were joined."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What one way of reading found in a text."""

    entries: tuple[Entry, ...] = ()
    """The entries of the block that counts."""
    analysis: str = ""
    fault: Fault | None = None
    """Why the text as a whole is no plan, whatever its entries are."""
    begun: bool = False
    """Whether there was any markup of this kind; if not, another way of reading may be tried."""
    start: int = 0
    """Where that markup begins; 0 when there is none."""
    end: int = 0
    """Where it ends, as far as known."""

    @property
    def subtasks(self) -> tuple[Subtask, ...]:
        """The entries that could be read."""
        return tuple(entry for entry in self.entries if isinstance(entry, Subtask))


def choose(blocks: Sequence[Block]) -> tuple[Entry, ...]:
    """Return the entries of the last block that is not just an echo of the form; a later block is a revision."""
    chosen = _chosen(blocks)
    return tuple(chosen.entries) if chosen else ()


def analysis_of(analyses: Sequence[tuple[int, str]], blocks: Sequence[Block]) -> str:
    """Return all analyses that belong to the block that counts, in order.

    `analyses` has each with the index of the block that was next; what came before a replaced block goes with it.
    """
    chosen = _chosen(blocks)
    first = min(chosen.first if chosen else 0, max((before for before, _ in analyses), default=0))
    return "\n\n".join(dict.fromkeys(text for before, text in analyses if before >= first))


def next_block(blocks: Sequence[Block]) -> int:
    """Return the index of the block to which the next entry belongs when a new one begins with it."""
    return len(blocks) - (1 if blocks and not blocks[-1].entries else 0)


def _chosen(blocks: Sequence[Block]) -> Block | None:
    filled = _joined(blocks)
    for block in reversed(filled):
        if not all(isinstance(entry, Fault) and entry.placeholder for entry in block.entries):
            return block
    return filled[-1] if filled else None


def _joined(blocks: Sequence[Block]) -> list[Block]:
    """Join what is no revision: neighbours of which one has no wrapper, or that hold one subtask each."""
    joined: list[Block] = []
    single = False
    for index, block in enumerate(blocks):
        if not block.entries:
            continue
        last = joined[-1] if joined else None
        single_now = len(block.entries) == 1
        if last and (
            (not block.wrapped and last.wrapped) or (not block.apart and (not last.wrapped or (single and single_now)))
        ):
            last.entries.extend(block.entries)
            last.wrapped = last.wrapped or block.wrapped
        else:
            joined.append(Block(entries=list(block.entries), wrapped=block.wrapped, apart=block.apart, first=index))
            single = True
        single = single and single_now
    return joined
