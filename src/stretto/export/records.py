"""A report as data: JSON, JSON lines and a table. No I/O."""

import csv
import io
from collections.abc import Mapping
from typing import cast

from stretto.core.jsonable import json_text, to_jsonable
from stretto.core.result import Failure, RunResult, SynthesisResult, WorkerResult
from stretto.core.text import for_file
from stretto.export.report import Report, missing, remarks

# A cell that begins so is run as a formula when a spreadsheet opens the file; the last four are full-width forms.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def to_json(report: Report) -> str:
    """Return everything as one object, in the shape of `RunResult.to_dict`."""
    return json_text(report.result.to_dict() | _run(report), indent=2) + "\n"


def to_json_lines(report: Report) -> str:
    """Return a line about the run, one for each variant and one for the synthesis; each names its kind and run."""
    result = report.result
    parts: list[tuple[str, Mapping[str, object]]] = [("run", _summary(result) | _run(report))]
    parts += [("variant", _fields(item)) for item in result.results]
    parts += [("superseded", _fields(item)) for item in result.superseded]
    if result.synthesis:
        parts.append(("synthesis", _fields(result.synthesis)))
    return "".join(json_text({"kind": kind, "run_id": result.run_id, **data}) + "\n" for kind, data in parts)


def to_csv(report: Report) -> str:
    """Return a table with a row for each variant and one for the synthesis; what concerns the run is in every row.

    A text that a spreadsheet would run as a formula begins with an apostrophe.
    """
    result = report.result
    rows = [_variant_row(number, item) for number, item in enumerate(result.results, 1)]
    if result.synthesis:
        rows.append(_synthesis_row(result.synthesis))
    run = _run_columns(report)
    page = io.StringIO()
    writer = csv.DictWriter(page, fieldnames=COLUMNS, restval="")
    writer.writeheader()
    for row in rows or [{"kind": "none"}]:  # a run without any result still says that it failed
        writer.writerow({name: _cell(value) for name, value in (row | run).items()})
    return page.getvalue()


COLUMNS = (
    *("kind", "number", "type", "description", "text", "status", "error", "remarks"),
    *("model", "attempts", "seconds", "input_tokens", "cached_tokens", "output_tokens", "cost_usd"),
    *("run_id", "run_status", "run_missing", "run_warnings", "run_cost_usd", "label"),
)
"""The columns of a table. An empty cost is one that is not known."""


def _variant_row(number: int, item: WorkerResult) -> dict[str, object]:
    return {
        "kind": "variant",
        "number": number,
        "type": item.type,
        "description": item.description,
        "remarks": "; ".join(remarks(item)),
        **_outcome_columns(item),
    }


def _synthesis_row(item: SynthesisResult) -> dict[str, object]:
    return {"kind": "synthesis", "type": item.strategy, **_outcome_columns(item)}


def _outcome_columns(item: WorkerResult | SynthesisResult) -> dict[str, object]:
    return {
        "text": item.text,
        "status": item.status,
        "error": _error_text(item.error),
        "model": item.model,
        "attempts": item.attempts,
        "seconds": round(item.seconds, 3),
        "input_tokens": item.usage.input_tokens,
        "cached_tokens": item.usage.cache_read_tokens,
        "output_tokens": item.usage.output_tokens,
        "cost_usd": item.cost.usd if item.cost.complete else "",
    }


def _run_columns(report: Report) -> dict[str, object]:
    result = report.result
    return {
        "run_id": result.run_id,
        "run_status": result.status,
        "run_missing": "; ".join(missing(result)),
        "run_warnings": "; ".join(result.warnings),
        "run_cost_usd": result.cost.usd if result.cost.complete else "",
        "label": "; ".join(report.labels),
    }


def _error_text(failure: Failure | None) -> str:
    return str(failure) if failure else ""


def _cell(value: object) -> object:
    return guard(value) if isinstance(value, str) else value


def guard(text: str) -> str:
    """Return a cell's text such that no spreadsheet runs it as a formula: an apostrophe goes before what one would."""
    text = for_file(text)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def unguard(text: str) -> str:
    """Return a cell's text as it was before `guard`."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA_STARTS) else text


def _run(report: Report) -> dict[str, object]:
    return {
        "run_id": report.result.run_id,
        "status": report.result.status,
        "labels": list(report.labels),
        "task": report.task.text,
        "context": dict(report.task.context),
        "recipe": report.recipe,
    }


def _summary(result: RunResult) -> dict[str, object]:
    data = _fields(result)
    for name in ("results", "superseded", "synthesis"):
        del data[name]
    return data


def _fields(value: object) -> dict[str, object]:
    return cast("dict[str, object]", to_jsonable(value))
