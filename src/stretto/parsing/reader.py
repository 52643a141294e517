"""The plan reader: early pieces while chunks arrive, the whole plan at the end. No I/O."""

from stretto.core.plan import HARD_CEILING, Plan, PlanFormat, Subtask
from stretto.parsing.complete_plan import read_whole
from stretto.parsing.json.streaming import EarlyJson
from stretto.parsing.markup.streaming import EarlyMarkup
from stretto.parsing.reader_events import AnalysisText, Piece, PlanReader, SubtaskRead
from stretto.parsing.reasoning.streaming import ReasoningFilter
from stretto.parsing.streamed import TextCleaner


class Reader:
    """A `PlanReader` for either markup."""

    def __init__(self, format: PlanFormat) -> None:
        self._early = EarlyMarkup() if format == "xml" else EarlyJson()
        self._chunks: list[str] = []
        self._cleaner = TextCleaner()
        self._reasoning_filter = ReasoningFilter()
        self._analysis: list[str] = []
        self._subtasks: list[Subtask] = []
        self._overflowed = False

    def feed(self, chunk: str) -> list[Piece]:
        """Take the next chunk, cut anywhere, and return what it completed."""
        self._chunks.append(chunk)
        if self._overflowed:
            return []
        pieces: list[Piece] = []
        for found in self._early.feed(self._reasoning_filter.feed(self._cleaner.feed(chunk))):
            if isinstance(found, str):
                self._analysis.append(found)
                pieces.append(AnalysisText(text=found))
            elif len(self._subtasks) < HARD_CEILING:
                self._subtasks.append(found)
                pieces.append(SubtaskRead(subtask=found))
            else:
                self._overflowed = True
                break
        return pieces

    def finish(self) -> Plan:
        """Read everything that was fed as a whole; raises `PlanError`."""
        return read_whole(self.raw)

    @property
    def raw(self) -> str:
        """Everything that was fed, unaltered."""
        return "".join(self._chunks)

    @property
    def analysis(self) -> str:
        """The analysis so far."""
        return "".join(self._analysis)

    @property
    def subtasks(self) -> tuple[Subtask, ...]:
        """The subtasks sealed so far."""
        return tuple(self._subtasks)

    @property
    def overflowed(self) -> bool:
        """Whether the hard ceiling was passed."""
        return self._overflowed


def open_reader(format: PlanFormat) -> PlanReader:
    """Return a reader for one plan that was asked for in this markup; any other is understood too, at the end."""
    return Reader(format)
