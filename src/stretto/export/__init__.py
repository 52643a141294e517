"""Writes a run's result as a file."""

from stretto.export.files import FORMATS, check_place, check_writable, write_report, write_whole
from stretto.export.report import Report

__all__ = ["FORMATS", "Report", "check_place", "check_writable", "write_report", "write_whole"]
