"""The input table of a batch: which of its rows are run, and the job of each. No call is made."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from stretto.batch.rows.row_job import NO_CONTEXT, RowJob, Work
from stretto.batch.tables import ColumnMap, Row, Survey, Table, cell_key, map_columns, open_rows, open_table, survey
from stretto.core.errors import InputError
from stretto.core.plan import Plan, Subtask
from stretto.core.task import Task
from stretto.recipes import Recipe, placeholders, verify_recipe

SAMPLE = 200
"""Rows that a quote is computed from; more would not make it truer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class InputTable:
    """The rows of a batch."""

    table: Table
    columns: ColumnMap
    id_column: str | None
    only_empty: bool
    limit: int | None
    """Only so many rows are run; None for all."""
    found: Survey
    """What is in the table."""
    shared: Mapping[str, str] = field(default_factory=dict[str, str])
    """Context that every row has beside its own."""
    plan: Plan | None = None
    """The texts that every row gets; None where each is planned on its own."""

    @property
    def total(self) -> int:
        """How many rows are to be run."""
        return self.found.selected if self.limit is None else min(self.limit, self.found.selected)

    @property
    def types(self) -> tuple[str, ...]:
        """By which types a wide output names its columns; empty where they are numbered."""
        if self.table.earlier:
            return tuple(self.table.earlier.by_type)
        return tuple(dict.fromkeys(subtask.type for subtask in self.plan.subtasks)) if self.plan else ()

    @contextmanager
    def rows(self) -> Generator[Iterator[Row]]:
        """Give the rows that an output has: all, or, when only some are tried, those."""
        with open_rows(self.table, self.columns, id_column=self.id_column) as rows:
            # What is to be filled is kept whole, also when only some of its gaps are.
            yield rows if self.only_empty else islice(rows, self.limit)

    @contextmanager
    def selected(self) -> Generator[Iterator[Row]]:
        """Give the rows that are to be run, in order."""
        with open_rows(self.table, self.columns, id_column=self.id_column) as rows:
            yield islice((row for row in rows if row.selected), self.limit)

    def task_of(self, row: Row) -> Task:
        """Return a row's task; raises `InputError` when it has none."""
        task = self.columns.task_of(row.values)
        return Task.of(task.text, {**self.shared, **task.context})

    def plan_of(self, row: Row) -> Plan | None:
        """Return what is to be written of a row; None where the orchestrator is asked."""
        return _gaps(row) or self.plan

    def run_id_of(self, row: Row, work: Work) -> str:
        """Return the id of a row's run: the same wherever the same work is done with the same row."""
        return _run_id(row, work, self.plan_of(row))

    def job_of(self, row: Row, work: Work, *, retry_errors: bool = False) -> RowJob:
        """Return a row's job; raises `InputError` when the row gives no task."""
        task = self.columns.task_of(row.values)
        plan = self.plan_of(row)
        return RowJob(
            run_id=_run_id(row, work, plan),
            work=work,
            task=task.text,
            context=task.context,
            plan=plan,
            retry_errors=retry_errors or self.only_empty,
        )


def open_input_table(
    path: Path,
    *,
    task: str,
    recipe: Recipe,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    id_column: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
    only_empty: bool = False,
    limit: int | None = None,
    shared: Mapping[str, str] = NO_CONTEXT,
    plan: Plan | None = None,
) -> InputTable:
    """Read a table once, to know it before anything is paid for; raises `InputError` for whatever is wrong with it.

    `shared` is context for every row, `plan` what is written of each.
    """
    table = open_table(path, encoding=encoding, sheet=sheet, header_row=header_row, only_empty=only_empty)
    places = frozenset[str]().union(*(placeholders(template) for template in recipe.templates.values()))
    columns = map_columns(table.columns, task=task, only=only, skip=skip, recipe_places=places)
    for name in shared:
        if name in columns.context:
            raise InputError(
                f"{name!r} is both a context value for every row and a column of {table.path}.",
                hint=f"Call the value otherwise, or leave the column out: --skip-columns {name}",
            )
    found = survey(table, columns, id_column=id_column, first=SAMPLE)
    for row in found.first[:1]:
        own = {name: row.values[name] for name in columns.context}
        verify_recipe(recipe, Task(text="-", context={**shared, **own}))
    return InputTable(
        table=table,
        columns=columns,
        id_column=id_column,
        only_empty=only_empty,
        limit=limit,
        found=found,
        shared=shared,
        plan=plan,
    )


def _run_id(row: Row, work: Work, plan: Plan | None) -> str:
    key = work.key
    if plan is not None:
        key += "".join(f"\n{subtask.type}\n{subtask.description}" for subtask in plan.subtasks)
        key += "".join(f"\n{place} {subtask.tier}" for place, subtask in enumerate(plan.subtasks) if subtask.tier)
    row_id = row.id if row.named else None
    return f"row-{cell_key(key, row_hash=row.hash, occurrence=row.occurrence, row_id=row_id)}"


def _gaps(row: Row) -> Plan | None:
    """Return a plan of just the texts that an earlier output lacks; None when it does not say what they were to be."""
    gaps = row.earlier.gaps if row.earlier else ()
    if not gaps or not all(gap.description.strip() for gap in gaps):
        return None
    return Plan(subtasks=tuple(Subtask(type=gap.type or "default", description=gap.description) for gap in gaps))
