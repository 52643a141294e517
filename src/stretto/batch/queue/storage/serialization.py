"""Rows, jobs and results to bytes and back, exactly: what a queue hands to other machines. No I/O."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, cast

from stretto.batch.rows.row_job import RowJob, Work
from stretto.batch.tables import Row, RowResult
from stretto.core.result import Failure
from stretto.journal.serialization import dump, load, parse

_KINDS: Mapping[str, tuple[type, Callable[[str], object]]] = {
    "datetime": (datetime, datetime.fromisoformat),
    "date": (date, date.fromisoformat),
    "time": (time, time.fromisoformat),
    "decimal": (Decimal, Decimal),
}
"""Of a cell, the most special first: a datetime is a date too."""


def row_to_bytes(row: Row, job: RowJob | None) -> bytes:
    """Return a row with what is to be done with it; None where it is only to be written out again."""
    shown = list(row.values.values())
    cells = [_plain(cell, text) for cell, text in zip(row.cells, shown, strict=True)]
    fields = {name: getattr(row, name) for name in Row.__dataclass_fields__}
    return dump({"row": fields | {"cells": cells}, "job": job.to_dict(whole=False) if job else None})


def row_from_bytes(data: bytes) -> Row:
    """Return the row that `row_to_bytes` was given."""
    fields = cast("Mapping[str, Any]", parse(data))["row"]
    row = load(Row, dump(fields))
    return replace(row, cells=tuple(map(_restored, row.cells)))


def job_from_bytes(data: bytes, work: Work, *, retry_errors: bool) -> RowJob:
    """Return the job that `row_to_bytes` was given."""
    job = RowJob.from_dict(cast("Mapping[str, Any]", parse(data))["job"], work=work)
    return replace(job, retry_errors=job.retry_errors or retry_errors)


def result_from_bytes(data: bytes) -> RowResult:
    """Return the result that `dump` wrote."""
    return load(RowResult, data)


def failure_from_bytes(data: bytes) -> Failure:
    """Return the failure that `dump` wrote."""
    return load(Failure, data)


def work_from_bytes(data: bytes) -> Work:
    """Return the work that `dump` wrote."""
    return Work.from_dict(cast("Mapping[str, Any]", parse(data)))


def _plain(cell: object, text: str) -> object:
    for name, (kind, _) in _KINDS.items():
        if isinstance(cell, kind):
            return {name: str(cell) if isinstance(cell, Decimal) else cast("date | time", cell).isoformat()}
    if isinstance(cell, (dict, list)):
        return {"json": cast("object", cell)}
    return cell if cell is None or isinstance(cell, (str, int, float)) else text


def _restored(cell: object) -> object:
    if not isinstance(cell, dict):
        return cell
    ((name, value),) = cast("Mapping[str, Any]", cell).items()
    return value if name == "json" else _KINDS[name][1](value)
