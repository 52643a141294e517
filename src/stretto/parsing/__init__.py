"""Reads plans as models write them: feed chunks, get subtasks as they close. Pure, no I/O."""

from stretto.parsing.answer import read_answer
from stretto.parsing.answer_blocks import TakenAnswer
from stretto.parsing.complete_plan import parse_plan, read_whole
from stretto.parsing.reader import open_reader
from stretto.parsing.reader_events import AnalysisText, Piece, PlanReader, SubtaskRead
from stretto.parsing.reasoning.leftovers import LeftMarks, left_marks

__all__ = [
    "AnalysisText",
    "LeftMarks",
    "Piece",
    "PlanReader",
    "SubtaskRead",
    "TakenAnswer",
    "left_marks",
    "open_reader",
    "parse_plan",
    "read_answer",
    "read_whole",
]
