"""Validates the field types of a recipe made in code. No I/O."""

from collections.abc import Mapping, Sequence
from typing import cast, get_args

from stretto.core.errors import RecipeError
from stretto.core.models import Role
from stretto.core.plan import AnalysisPlace, PlanFormat


def check_text(label: str, name: str, given: object) -> None:
    """Raise `RecipeError` unless a field is text."""
    if not isinstance(given, str):
        raise _wrong(label, name, "text", given)


def check_range(label: str, given: object) -> None:
    """Raise `RecipeError` unless a field is two whole numbers."""
    ends = _listed(given) or ()
    if len(ends) != 2 or not all(_is_whole(end) for end in ends):
        raise _wrong(label, "subtasks", "two numbers, such as (2, 3)", given)


def check_whole(label: str, name: str, given: object) -> None:
    """Raise `RecipeError` unless a field is a whole number."""
    if not _is_whole(given):
        raise _wrong(label, name, "a whole number", given)


def check_format(label: str, given: object) -> None:
    """Raise `RecipeError` unless a field is the name of a markup."""
    if given not in get_args(PlanFormat):
        raise _wrong(label, "plan_format", " or ".join(get_args(PlanFormat)), given)


def check_place(label: str, given: object) -> None:
    """Raise `RecipeError` unless a field is a place of the analysis."""
    if given not in get_args(AnalysisPlace):
        raise _wrong(label, "analysis", " or ".join(get_args(AnalysisPlace)), given)


def check_names(label: str, given: object) -> tuple[str, ...]:
    """Return the names of checks; raises `RecipeError`, also for a text, whose letters would be the names."""
    names = _listed(given)
    if names is None or not all(isinstance(name, str) for name in names):
        raise RecipeError(
            f'checks of {label} must be names in a list, such as ["length"], got {given!r}.',
            hint="A check of your own goes to Orchestrator(checks=[…]).",
        )
    return tuple(str(name) for name in names)


def check_tokens(label: str, given: object) -> None:
    """Raise `RecipeError` unless a field says how many tokens each role may write."""
    if not isinstance(given, Mapping):
        raise _wrong(label, "max_output_tokens", 'numbers by role, such as {"worker": 4000}', given)
    for role, tokens in cast("Mapping[object, object]", given).items():
        if role not in get_args(Role):
            known = ", ".join(get_args(Role))
            raise RecipeError(f"max_output_tokens of {label} has no role {role!r}. Known: {known}.")
        check_whole(label, f"max_output_tokens[{role!r}]", tokens)


def _listed(given: object) -> Sequence[object] | None:
    return cast("Sequence[object]", given) if isinstance(given, (tuple, list)) else None


def _is_whole(given: object) -> bool:
    # True is a whole number to Python, and nobody means one by it.
    return isinstance(given, int) and not isinstance(given, bool)


def _wrong(label: str, name: str, needed: str, given: object) -> RecipeError:
    return RecipeError(f"{name} of {label} must be {needed}, got {given!r}.")
