"""What has been read of a plan in markup: its blocks, its analysis, what is wrong with it. No I/O."""

from stretto.parsing.fields import Entry, Fault, is_ellipsis
from stretto.parsing.markup.blocks import Block, Found, analysis_of, choose, next_block
from stretto.parsing.markup.tags import Token

NESTED = Fault(message="A subtask holds another subtask.")


class MarkupState:
    """Collects subtasks into the blocks in which they were written."""

    def __init__(self) -> None:
        self._analyses: list[tuple[int, str]] = []
        self.fault: Fault | None = None
        self.depth = 0
        """How many wrapper tags are open."""
        self.begun = -1
        """Where the markup of a plan begins; negative while there is none."""
        self._blocks = [Block()]
        self._prose = False

    @property
    def block(self) -> Block:
        """The block that is being written."""
        return self._blocks[-1]

    def begin(self, token: Token) -> None:
        """Note that there is a plan's markup."""
        self.begun = token.start if self.begun < 0 else self.begun

    def note_fault(self, fault: Fault) -> None:
        """Note what is wrong with the whole; what was noted first stays."""
        self.fault = self.fault or fault

    def add(self, entry: Entry) -> None:
        """Put an entry into the block."""
        self.block.entries.append(entry)

    def add_analysis(self, analysis: str) -> None:
        """Keep an analysis; one without words is none."""
        if analysis:
            self._analyses.append((next_block(self._blocks), analysis))

    def forget(self) -> None:
        """Drop all: it was thinking."""
        self._blocks, self.depth, self._analyses, self.fault = [Block()], 0, [], None

    def open_task(self, token: Token) -> None:
        """Note that a subtask begins: behind a closed block it opens one of its own."""
        self.begin(token)
        if self.block.closed and not self.depth:
            self._blocks.append(Block(apart=self._prose))
        self._prose = False

    def open_wrapper(self) -> None:
        """Note that a wrapper begins: with it a new block, unless the one before is still empty."""
        self.depth += 1
        if self.block.entries:
            self._blocks.append(Block(apart=self._prose))
        self.block.wrapped = True
        self.block.closed = False

    def close_wrapper(self) -> None:
        """Note that a wrapper ends."""
        self.depth = max(0, self.depth - 1)
        self.block.closed = True
        self._prose = False

    def look_at(self, gap: str) -> None:
        """Look at the text between subtasks: prose parts blocks, dots stand for subtasks that were left out."""
        gap = gap.strip()
        if not gap:
            return
        self._prose = True
        if is_ellipsis(gap) and (self.depth or (self.block.entries and not self.block.closed)):
            self.add(Fault(message="Dots stand in place of subtasks.", placeholder=True))

    def found(self, end: int) -> Found:
        """Return what was read."""
        return Found(
            entries=choose(self._blocks),
            analysis=analysis_of(self._analyses, self._blocks),
            fault=self.fault,
            begun=self.begun >= 0,
            start=max(self.begun, 0),
            end=end,
        )
