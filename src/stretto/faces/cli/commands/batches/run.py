"""The command that runs a whole table: every row planned and written, continued where it stopped."""

from pathlib import Path
from typing import Annotated

import typer

from stretto.faces.cli.commands import new_app
from stretto.faces.cli.input import options

app = new_app()

TablePath = Annotated[Path, typer.Argument(metavar="TABLE", help="The rows: .csv .tsv .jsonl .xlsx .parquet")]
TaskTemplate = Annotated[
    str | None,
    typer.Option("--task", metavar="TEXT", help="What is made of a row, with {column} where its value goes."),
]
OutputPath = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="FILE", help="The results: .csv .tsv .jsonl .xlsx .parquet")
]
ReportPath = Annotated[
    Path | None, typer.Option("--report", metavar="FILE", help="A page of counts, costs and failures: .html")
]
First = Annotated[int | None, typer.Option("-n", "--rows", metavar="N", min=1, help="Try the first N rows only.")]
PlanPath = Annotated[
    Path | None,
    typer.Option("--plan", metavar="FILE", help="Every row gets this plan; none is asked for."),
]
IdColumn = Annotated[
    str | None, typer.Option("--id-column", metavar="NAME", help="Knows a row by it; without it, by its content.")
]
OnlyColumns = Annotated[
    list[str] | None, typer.Option("--only-columns", metavar="NAME", help="Context is this column alone; repeatable.")
]
SkipColumns = Annotated[
    list[str] | None, typer.Option("--skip-columns", metavar="NAME", help="No model sees this column; repeatable.")
]
Encoding = Annotated[
    str | None, typer.Option("--encoding", metavar="NAME", help="Of the table; without it, it is found out.")
]
SheetName = Annotated[
    str | None, typer.Option("--sheet", metavar="NAME|N", help="Of a workbook; without it, the one that has a table.")
]
HeaderRow = Annotated[
    int | None,
    typer.Option("--header-row", metavar="N", min=1, help="The row that names the columns; without it, found out."),
]
OnlyEmpty = Annotated[
    bool, typer.Option("--only-empty", help="The table is an earlier output: fill only what is missing in it.")
]
RetryErrors = Annotated[bool, typer.Option("--retry-errors", help="Try again what failed in an earlier run.")]
Wide = Annotated[bool, typer.Option("--wide", help="One line for each row, its variants beside each other.")]
RawCells = Annotated[
    bool, typer.Option("--raw-cells", help="Write cells as they are: what a spreadsheet would execute, Markdown.")
]
BudgetUsd = Annotated[
    str | None, typer.Option("--budget-usd", metavar="DOLLARS", help="What all rows together may cost at the most.")
]
Deadline = Annotated[str | None, typer.Option("--deadline", metavar="SECONDS", help="For all rows together.")]
Priority = Annotated[
    int, typer.Option("--priority", metavar="N", help="With --queue: rows of a higher one are taken first.")
]


@app.command()
def batch(
    context: typer.Context,
    table: TablePath,
    task: TaskTemplate = None,
    shared: options.ContextValues = None,
    context_file: options.ContextFiles = None,
    recipe: options.RecipeName = None,
    plan: PlanPath = None,
    output: OutputPath = None,
    dry_run: options.DryRun = False,
    rows: First = None,
    id_column: IdColumn = None,
    only_columns: OnlyColumns = None,
    skip_columns: SkipColumns = None,
    encoding: Encoding = None,
    sheet: SheetName = None,
    header_row: HeaderRow = None,
    only_empty: OnlyEmpty = False,
    retry_errors: RetryErrors = False,
    wide: Wide = False,
    raw_cells: RawCells = False,
    report: ReportPath = None,
    model: options.ModelName = None,
    worker_model: options.WorkerModel = None,
    synthesis_model: options.SynthesisModel = None,
    fallback_model: options.FallbackModels = None,
    tier: options.Tiers = None,
    subtasks: options.Subtasks = None,
    max_subtasks: options.MaxSubtasks = None,
    synthesize: options.Synthesize = None,
    language: options.Language = None,
    concurrency: options.Concurrency = None,
    attempts: options.Attempts = None,
    timeout: options.Timeout = None,
    hedge: options.Hedge = False,
    budget_usd: BudgetUsd = None,
    max_tokens_total: options.MaxTokensTotal = None,
    deadline: Deadline = None,
    base_url: options.BaseUrl = None,
    accept_finish_reason: options.AcceptFinishReasons = None,
    journal: options.JournalPlace = None,
    no_journal: options.NoJournal = False,
    queue: options.OptionalQueue = None,
    priority: Priority = 0,
) -> int:
    """Run every row of a table; the same command goes on where it stopped.

    With --queue the rows are put into a Postgres database, and every `stretto worker` there runs some of them. Without
    -o the command then ends at once; see stretto batch status, collect and cancel.

    Exit code: 0 complete, 1 failed, 2 unusable input, 3 partial, 130 interrupted.
    """
    # Not at the top: --help needs none of it.
    from stretto.faces.cli.input.batch_inputs import BatchOptions, read_batch_inputs
    from stretto.faces.cli.input.journal_options import find_optional_journal, refuse_journal_option
    from stretto.faces.cli.sessions.batch_session import run_batch_session
    from stretto.faces.cli.views.preview import preview_batch

    settings = {
        "model": model,
        "worker_model": worker_model,
        "synthesis_model": synthesis_model,
        "fallback_models": fallback_model,
        "tiers": tier,
        "recipe": recipe,
        "subtasks": subtasks,
        "max_subtasks": max_subtasks,
        "synthesis": synthesize,
        "language": language,
        "concurrency": concurrency,
        "attempts": attempts,
        "timeout": timeout,
        "hedge": hedge or None,
        "budget_usd": budget_usd,
        "max_tokens_total": max_tokens_total,
        "deadline": deadline,
        "base_url": base_url,
        "accept_finish_reasons": accept_finish_reason,
    }
    asked = BatchOptions(
        table=table,
        task=task,
        context=tuple(shared or ()),
        context_files=tuple(context_file or ()),
        plan=plan,
        output=output,
        dry_run=dry_run,
        rows=rows,
        id_column=id_column,
        only_columns=tuple(only_columns or ()),
        skip_columns=tuple(skip_columns or ()),
        encoding=encoding,
        sheet=sheet,
        header_row=header_row,
        only_empty=only_empty,
        retry_errors=retry_errors,
        wide=wide,
        raw_cells=raw_cells,
        report=report,
        queue=queue is not None,
    )
    if queue is not None:
        refuse_journal_option(no_journal, journal)
        ready = read_batch_inputs(asked, settings, location=None)
        if not dry_run:
            from stretto.faces.cli.sessions.queue_session import run_queue_session  # loads the database's driver

            return run_queue_session(ready, context, queue, priority)
    else:
        ready = read_batch_inputs(
            asked, settings, location=None if dry_run else find_optional_journal(no_journal, journal)
        )
    return preview_batch(ready) if dry_run else run_batch_session(ready, context)
