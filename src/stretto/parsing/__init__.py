"""Reads plans as models write them: feed chunks, get subtasks as they close. Pure, no I/O."""

from stretto.parsing.answer import read_answer
from stretto.parsing.answer_blocks import TakenAnswer
from stretto.parsing.left_marks import LeftMarks, left_marks
from stretto.parsing.pieces import AnalysisText, Piece, PlanReader, SubtaskRead
from stretto.parsing.reader import open_reader
from stretto.parsing.whole import parse_plan, read_whole

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
