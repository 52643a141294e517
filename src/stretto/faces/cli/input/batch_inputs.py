"""Reads everything that a batch needs from its options: the table, the models, the files to write."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stretto.app.settings.folders import recipes_folder
from stretto.app.settings.keys import load_keys
from stretto.app.settings.loading import load_settings
from stretto.batch.input_table import InputTable, open_input_table
from stretto.batch.results_output import OutputOptions
from stretto.batch.setup import BatchSetup, open_setup
from stretto.batch.tables import check_output
from stretto.core.errors import InputError
from stretto.core.task import Task
from stretto.export import check_place
from stretto.faces.cli.input.context import read_context, read_task
from stretto.faces.cli.input.journal_options import JournalLocation
from stretto.faces.cli.input.plan_files import PlanFile, from_plan_file, read_plan_file
from stretto.recipes import load_recipe


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchOptions:
    """The options of a batch, but for the settings, under their own names."""

    table: Path
    task: str | None
    context: tuple[str, ...]
    context_files: tuple[Path, ...]
    plan: Path | None
    output: Path | None
    dry_run: bool
    rows: int | None
    id_column: str | None
    only_columns: tuple[str, ...]
    skip_columns: tuple[str, ...]
    encoding: str | None
    sheet: str | None
    header_row: int | None
    only_empty: bool
    retry_errors: bool
    wide: bool
    raw_cells: bool
    report: Path | None
    queue: bool = False
    """Whether other processes run the rows; then nothing need be written now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchInputs:
    """Everything that a batch needs; no call was made yet."""

    input_table: InputTable
    setup: BatchSetup
    output_options: OutputOptions | None
    """None when nothing is to be written."""
    retry_errors: bool
    location: JournalLocation | None
    """The journal; None when nothing keeps the rows."""
    notes: tuple[str, ...] = ()
    """What is printed before it is run."""


def read_batch_inputs(
    asked: BatchOptions, flags: Mapping[str, object], *, location: JournalLocation | None
) -> BatchInputs:
    """Read what was given and open the models; raises `InputError` and makes no call."""
    if asked.task is None:
        raise InputError(
            "No task is given.", hint='Say what is made of a row: --task "Write a product description for {name}"'
        )
    task = read_task(asked.task)
    output_options = _output_options(asked)
    # An option that is not given is None, and one that may be repeated an empty list.
    given = {name: None if value == [] else value for name, value in flags.items()}
    file = read_plan_file(asked.plan) if asked.plan else None
    if file:
        given |= from_plan_file(file, given)
    settings = load_settings(given)
    shared = Task.of("-", read_context(asked.context, asked.context_files)).context
    input_table = open_input_table(
        asked.table,
        task=task,
        recipe=load_recipe(settings.recipe, user_folder=recipes_folder()),
        only=asked.only_columns,
        skip=asked.skip_columns,
        id_column=asked.id_column,
        encoding=asked.encoding,
        sheet=asked.sheet,
        header_row=asked.header_row,
        only_empty=asked.only_empty,
        limit=asked.rows,
        shared=shared,
        plan=file.plan if file else None,
    )
    if output_options:
        check_output(output_options.path, lines=input_table.found.rows)
    setup = open_setup(settings, task=task, keys=load_keys(), context=shared, title=asked.table.name)
    return BatchInputs(
        input_table=input_table,
        setup=setup,
        output_options=output_options,
        retry_errors=asked.retry_errors,
        location=location,
        notes=_of_the_plan(file),
    )


def _of_the_plan(file: PlanFile | None) -> tuple[str, ...]:
    if file and (file.task or file.context):
        return ("Of the plan only its texts count: each row has its own task and context.",)
    return ()


def _output_options(asked: BatchOptions) -> OutputOptions | None:
    if asked.dry_run or (asked.queue and not (asked.output or asked.report)):
        return None
    for path in (asked.output, asked.report):
        if path and path.resolve() == asked.table.resolve() and not (path is asked.output and asked.only_empty):
            raise InputError(f"{path} is the table itself.", hint="Write the results to another file.")
    return output_options_of(asked.output, report=asked.report, wide=asked.wide, raw_cells=asked.raw_cells)


def output_options_of(output: Path | None, *, report: Path | None, wide: bool, raw_cells: bool) -> OutputOptions:
    """Return how the output is to look; raises `InputError` when it cannot be written as wished."""
    if output is None:
        raise InputError("It is not said where the results go.", hint="Name a file: -o out.csv")
    if report:
        if report.suffix.lower() not in (".html", ".htm"):
            raise InputError(f"A report is an HTML page, and {report} is called otherwise.", hint="Name it .html")
        if report.resolve() == output.resolve():
            raise InputError(f"The results and the report cannot both be {report}.")
        check_place(report)
    check_output(output)
    return OutputOptions(path=output, form="wide" if wide else "long", raw=raw_cells, report=report)
