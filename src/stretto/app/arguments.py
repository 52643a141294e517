"""Validates the objects that a program passes in: a recipe, a journal, a plan, a review."""

from pathlib import Path
from typing import cast

from stretto.app.options import refuse, shown
from stretto.app.resume import RunJournal
from stretto.app.settings.folders import recipes_folder
from stretto.core.errors import InputError
from stretto.core.plan import HARD_CEILING, Plan, Subtask
from stretto.engine import ReviewHook
from stretto.recipes import Recipe, load_recipe

_JOURNAL_METHODS = (
    "open_run",
    "hold_run",
    "load",
    "seal",
    "start_call",
    "end_call",
    "record",
    "close_run",
    "spec",
    "events",
)


def read_recipe(given: object) -> Recipe:
    """Return a recipe, opened where it is given by its name or its file; raises `InputError`."""
    if isinstance(given, Recipe):
        return given
    if isinstance(given, (str, Path)):
        return load_recipe(given, user_folder=recipes_folder())
    raise refuse("recipe", "a recipe's name, the path of its file, or a Recipe", given)


def read_journal(given: object) -> RunJournal | None:
    """Return a journal, or None when there is none; raises `InputError`, also for a path, which nobody would close."""
    if given is None:
        return None
    if isinstance(given, (str, Path)):
        raise refuse("journal", "an open journal", given, hint=f"Write journal=open_journal({str(given)!r}).")
    if isinstance(given, type) or not all(callable(getattr(given, name, None)) for name in _JOURNAL_METHODS):
        raise refuse("journal", "an open journal", given, hint="Write journal=open_journal(), or MemoryJournal().")
    return cast("RunJournal", given)


def read_plan(given: object) -> Plan | None:
    """Return a plan that can be run, or None when there is none; raises `InputError`."""
    if given is None:
        return None
    if not isinstance(given, Plan):
        raise refuse("plan", "a Plan", given, hint=_plan_hint(given))
    entries = cast("object", given.subtasks)
    subtasks = cast("tuple[object, ...]", entries) if isinstance(entries, tuple) else ()
    if not subtasks:
        raise refuse("plan.subtasks", "a tuple of one Subtask or more", cast("object", given.subtasks))
    for number, subtask in enumerate(subtasks, 1):
        if not isinstance(subtask, Subtask):
            raise refuse(f"Subtask {number} of the plan", "a Subtask", subtask)
    if len(subtasks) > HARD_CEILING:
        raise InputError(f"The plan has {len(subtasks)} subtasks; the ceiling is {HARD_CEILING}.")
    return given


def _plan_hint(given: object) -> str:
    if isinstance(given, dict):
        return "Write plan=Plan.from_dict(…)."
    if isinstance(given, str):
        return "Write plan=parse_plan(…)."
    return "Write plan=made.plan." if isinstance(getattr(given, "plan", None), Plan) else ""


def read_review(given: object) -> ReviewHook | None:
    """Return a review, or None when there is none; raises `InputError`."""
    if given is not None and (isinstance(given, type) or not callable(given)):
        raise refuse("review", "a function of the plan and its quote", given)
    return cast("ReviewHook | None", given)


def read_id(name: str, given: object) -> str:
    """Return the id of a run or a subtask; raises `InputError`."""
    if not isinstance(given, str) or not given.strip():
        raise InputError(f"{name} must be the id that a result carries, got {shown(given)}.")
    return given
