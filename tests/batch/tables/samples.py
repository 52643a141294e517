"""Rows with results, and what an independent reader finds in an output."""

import csv
import json
from decimal import Decimal
from pathlib import Path

import openpyxl

from stretto.batch.tables import RowResult, Variant, map_columns, open_rows, open_table

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take a cell for a formula."""
PIECES = [
    "=1+1",
    "＝",
    "-5",
    "'",
    '"',
    '""',
    ",",
    ";",
    "\t",
    "\r\n",
    "\n",
    "\r",
    "瓶",
    "😀",
    "_x0041_",
    "<t>",
    "&amp;",
    " ",
]
"""What texts are put together from to be hostile."""


def rows_of(path: Path, *, task: str = "Write.", id_column: str | None = None, only_empty: bool = False, **options):
    """Return all rows of a table."""
    table = open_table(path, only_empty=only_empty, **options)
    with open_rows(table, map_columns(table.columns, task=task), id_column=id_column) as rows:
        return list(rows)


def values_of(path: Path, **options) -> list[dict[str, str]]:
    """Return the values of all rows of a table."""
    return [dict(row.values) for row in rows_of(path, **options)]


def variant(text: str = "A text.", **fields) -> Variant:
    """Return a finished variant."""
    whole = {"type": "short", "description": "Be brief.", "status": "completed", "model": "demo", "run_id": "run-1"}
    return Variant(**{**whole, "text": text, "cost_usd": Decimal("0.001"), **fields})


def result(*texts: str, **fields) -> RowResult:
    """Return the result of a row with these texts."""
    variants = tuple(variant(text, type=f"type {number}") for number, text in enumerate(texts, 1))
    whole = {"variants": variants, "status": "complete", "cost_usd": Decimal("0.004"), "run_id": "run-1"}
    return RowResult(**{**whole, **fields})


def written(path: Path) -> list[dict[str, object]]:
    """Return what an independent reader finds in an output."""
    match path.suffix:
        case ".csv":
            with path.open(encoding="utf-8-sig", newline="") as file:
                return list(csv.DictReader(file))
        case ".xlsx":
            header, *lines = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
            return [dict(zip(header, line, strict=True)) for line in lines]
        case _:
            return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
