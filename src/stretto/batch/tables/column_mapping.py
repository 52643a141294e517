"""Maps the columns of a table: into the task, into the context, or left out. No I/O."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from stretto.core.errors import InputError
from stretto.core.task import Task
from stretto.recipes import fill, placeholders

_WHERE = "the task"


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnMap:
    """What becomes of each column of a table."""

    task: str
    """The template of the task, with `{column}` where a value goes in."""
    placed: tuple[str, ...]
    """Columns whose values are put into the task."""
    context: tuple[str, ...]
    """Columns whose values go along as context."""
    left_out: tuple[str, ...]
    """Columns that no model sees; an output has them all the same."""
    names: Mapping[str, str]
    """What a template may write in braces, and the column that it means."""

    def seen(self, values: Mapping[str, str]) -> dict[str, str]:
        """Return the part of a row that models see."""
        return {name: values[name] for name in dict.fromkeys((*self.placed, *self.context))}

    def task_of(self, values: Mapping[str, str]) -> Task:
        """Return a row's task; raises `InputError` when each column that the template places is empty."""
        if self.placed and not any(values[name].strip() for name in self.placed):
            named = ", ".join(repr(name) for name in self.placed)
            raise InputError(f"The task has nothing to be about: {named} is empty.", hint="Fill it in.")
        text = fill(self.task, {name: values[column] for name, column in self.names.items()}, where=_WHERE)
        return Task.of(text, {name: values[name] for name in self.context})

    def lines(self) -> list[str]:
        """Return the mapping as lines for people."""
        by_column = {column: name for name, column in self.names.items()}
        lines = [f"{name!r} goes into the task as {{{by_column[name]}}}" for name in self.placed]
        lines += [f"{name!r} goes along as context" for name in self.context]
        return lines + [f"{name!r} is left out" for name in self.left_out]


def map_columns(
    columns: Sequence[str],
    *,
    task: str,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    recipe_places: Collection[str] = (),
) -> ColumnMap:
    """Decide what becomes of each column: in the task, in the context, or left out.

    A column that `task` places in braces is in the task; of the others those in `only`, or all but those in `skip`, are
    context. A column in `recipe_places`, the names that the recipe's templates place, is context in any case, as the
    recipe could not be filled without it. A column that is no plain name, such as "Product name", is placed with
    underscores: `{Product_name}`.

    Raises `InputError` for a name that is no column, `RecipeError` for a faulty template.
    """
    if not task.strip():
        raise InputError("The task is empty.", hint='Say what is to be made, such as --task "Describe {name}".')
    _refuse_unknown(columns, only, "--only-columns")
    _refuse_unknown(columns, skip, "--skip-columns")
    names = _names(columns)
    wanted = placeholders(task, where=_WHERE)
    fill(task, dict.fromkeys(names, ""), where=_WHERE)
    placed = tuple(column for name, column in names.items() if name in wanted)

    def is_context(column: str) -> bool:
        if column in recipe_places:
            return True
        return column not in placed and column not in skip and (not only or column in only)

    context = tuple(filter(is_context, columns))
    if not placed and not context:
        raise InputError(
            "Every row would get the same task: no column goes into it or along with it.",
            hint=f"Place one in braces, such as {{{next(iter(names))}}}.",
        )
    rest = tuple(column for column in columns if column not in placed and column not in context)
    return ColumnMap(task=task, placed=placed, context=context, left_out=rest, names=names)


def _refuse_unknown(columns: Sequence[str], named: Sequence[str], option: str) -> None:
    for name in named:
        if name not in columns:
            known = ", ".join(repr(column) for column in columns)
            raise InputError(f"{option} names {name!r}, which is no column.", hint=f"The columns are {known}.")


def _names(columns: Sequence[str]) -> dict[str, str]:
    """Return what may stand in braces for each column, in the columns' order."""
    names = {column: column for column in columns if column.isidentifier()}
    for column in columns:
        if not column.isidentifier():
            name = re.sub(r"\W+", "_", column).strip("_") or "column"
            name = name if name.isidentifier() else f"column_{name}"
            if name.isidentifier():
                names.setdefault(name, column)
    order = {column: place for place, column in enumerate(columns)}
    return dict(sorted(names.items(), key=lambda item: order[item[1]]))
