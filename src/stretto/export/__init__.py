"""Writes a run's result as a file."""

from stretto.export.records import guard, unguard
from stretto.export.report import Report
from stretto.export.report_file import (
    FORMATS,
    check_place,
    check_writable,
    open_atomic,
    write_atomic,
    write_error,
    write_report,
)

__all__ = [
    "FORMATS",
    "Report",
    "check_place",
    "check_writable",
    "guard",
    "open_atomic",
    "unguard",
    "write_atomic",
    "write_error",
    "write_report",
]
