"""Chooses which sheet of a workbook is the table. No I/O of its own."""

from collections.abc import Callable, Sequence
from pathlib import Path

from stretto.batch.tables.readers.header_row import looks_like_table
from stretto.batch.tables.readers.raw_rows import RawRow
from stretto.batch.tables.workbooks.parts import Sheet
from stretto.core.errors import InputError

_NAMED = 20

Look = Callable[[Sheet], Sequence[RawRow] | None]
"""Returns a sheet's first rows that are not empty; None when they cannot be read."""


def choose_sheet(
    path: Path, sheets: Sequence[Sheet], look: Look, *, given: str | None
) -> tuple[Sheet, tuple[str, ...]]:
    """Return the sheet to read and notes about it.

    `given` is its name, or its number among the visible ones. Otherwise it is the only visible one that looks like a
    table, or that has anything in it. Raises `InputError` that names all sheets when there are several, or none.
    """
    if given is not None:
        return _given(path, sheets, given), ()
    visible = [sheet for sheet in sheets if sheet.visible]
    if len(sheets) == 1:
        return sheets[0], ()
    states = {sheet.part: "hidden" for sheet in sheets if not sheet.visible}
    filled: list[Sheet] = []
    tables: list[Sheet] = []
    for sheet in visible:
        sample = look(sheet)
        states[sheet.part] = "empty" if sample is not None and not sample else "no table"
        if sample is None or sample:
            filled.append(sheet)
        if sample is None or looks_like_table(sample):
            tables.append(sheet)
            states[sheet.part] = "a table"
    candidates = tables or filled
    if len(candidates) == 1:
        chosen = candidates[0]
        others = [sheet for sheet in sheets if sheet is not chosen]
        note = (
            f"Of {path} only the sheet {chosen.name!r} is read; the others: {_listed(others, states)} (--sheet NAME)."
        )
        return chosen, (note,)
    if not candidates:
        raise InputError(
            f"No visible sheet of {path} has anything in it: {_listed(sheets, states)}.",
            hint="Name the one to read with --sheet.",
        )
    raise InputError(
        f"{path} has several sheets that could be the table: {_listed(sheets, states)}.",
        hint=f"Name the one to read, such as --sheet {_quoted(candidates[0].name)}.",
    )


def _given(path: Path, sheets: Sequence[Sheet], given: str) -> Sheet:
    alike = [sheet for sheet in sheets if sheet.name.strip().casefold() == given.strip().casefold()]
    if found := [sheet for sheet in alike if sheet.name == given] or alike:
        return found[0]
    visible = [sheet for sheet in sheets if sheet.visible]
    if given.isdecimal() and 0 < int(given) <= len(visible):
        return visible[int(given) - 1]
    states = {sheet.part: "" if sheet.visible else "hidden" for sheet in sheets}
    raise InputError(
        f"{path} has no sheet {given!r}.", hint=f"Its sheets are {_listed(sheets, states)}. Give a name or a number."
    )


def _listed(sheets: Sequence[Sheet], states: dict[str, str]) -> str:
    listed = [
        f"{sheet.name!r}" + (f" ({states[sheet.part]})" if states[sheet.part] else "") for sheet in sheets[:_NAMED]
    ]
    return ", ".join(listed) + (f" and {len(sheets) - _NAMED} more" if len(sheets) > _NAMED else "")


def _quoted(name: str) -> str:
    return name if name.isidentifier() else f"'{name}'"
