"""Writes the results of a batch: the output in the order of the input, and the report."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stretto.batch.input_table import InputTable
from stretto.batch.progress import BatchProgress
from stretto.batch.tables import Form, ResultStore, Row, RowResult, RowSummary, write_batch_report, write_output


@dataclass(frozen=True, kw_only=True, slots=True)
class OutputOptions:
    """How the output is to look."""

    path: Path
    form: Form = "long"
    raw: bool = False
    """Whether a CSV cell may be what a spreadsheet runs as a formula."""
    report: Path | None = None


def write_results(input_table: InputTable, store: ResultStore, output_options: OutputOptions) -> Sequence[str]:
    """Write the output, whole or not at all; return what must be said about it. Raises `StrettoError`."""
    with input_table.rows() as rows:
        return write_output(
            output_options.path,
            input_table.table.columns,
            rows,
            lambda row: store.get(row.id),
            form=output_options.form,
            raw=output_options.raw,
            delimiter=input_table.table.delimiter,
            types=input_table.types,
        )


def write_report(
    input_table: InputTable,
    store: ResultStore,
    counts: BatchProgress,
    path: Path,
    *,
    facts: Sequence[tuple[str, str]],
    labels: Sequence[str],
) -> None:
    """Write the report; raises `StrettoError`."""
    title = f"Batch of {input_table.table.path.name}"
    write_batch_report(path, _summaries(input_table, store, counts), title=title, facts=facts, labels=labels)


def _summaries(input_table: InputTable, store: ResultStore, counts: BatchProgress) -> Iterator[RowSummary]:
    place = -1
    with input_table.rows() as rows:
        for row in rows:
            place += row.selected
            new = store.get(row.id)
            took = counts.seconds[place] if new and place < len(counts.seconds) else -1.0
            yield summary(row, new, took)


def summary(row: Row, new: RowResult | None, took: float) -> RowSummary:
    """Return what a report takes of a row; `took` is in seconds, below 0 for a row that was not run now."""
    result = row.earlier.completed_by(new) if row.earlier and new else new or row.earlier
    result = result or RowResult(status="not run")
    return RowSummary(
        number=row.number,
        name=row.id if row.named else next(filter(None, row.values.values()), "")[:80],
        status=result.status,
        cost_usd=result.cost_usd,
        seconds=max(took, 0.0),
        lengths=[len(variant.text) for variant in result.variants if variant.text],
        remarks=[line for variant in result.variants for line in variant.remarks.splitlines()],
        remarked=sum(bool(variant.remarks) for variant in result.variants),
        failures=[result.error] if result.error else [],
        reused=took < 0 and result.status != "not run",
    )
