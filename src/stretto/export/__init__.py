"""Writes a run's result as a file."""

from stretto.export.files import (
    FORMATS,
    cannot_write,
    check_place,
    check_writable,
    open_whole,
    write_report,
    write_whole,
)
from stretto.export.records import guard, unguard
from stretto.export.report import Report

__all__ = [
    "FORMATS",
    "Report",
    "cannot_write",
    "check_place",
    "check_writable",
    "guard",
    "open_whole",
    "unguard",
    "write_report",
    "write_whole",
]
