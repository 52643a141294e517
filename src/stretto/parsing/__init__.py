"""Reads plans as models write them: feed chunks, get subtasks as they close. Pure, no I/O."""

from stretto.parsing.answer import read_answer
from stretto.parsing.pieces import AnalysisText, Piece, PlanReader, SubtaskRead
from stretto.parsing.reader import open_reader
from stretto.parsing.whole import parse_plan, read_whole

__all__ = [
    "AnalysisText",
    "Piece",
    "PlanReader",
    "SubtaskRead",
    "open_reader",
    "parse_plan",
    "read_answer",
    "read_whole",
]
