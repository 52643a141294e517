"""Reads what a caller wants of a run into settings; names what cannot be used, with its value."""

from collections.abc import Sequence
from decimal import Decimal
from math import inf
from typing import get_args

from stretto.checks import open_checks
from stretto.core.checks import Check
from stretto.core.errors import InputError
from stretto.core.plan import HARD_CEILING
from stretto.core.result import SynthesisStrategy
from stretto.core.usage import Usage
from stretto.engine import Budget, RunSettings, Team
from stretto.recipes import Recipe


def read_settings(
    recipe: Recipe,
    *,
    subtasks: int | tuple[int, int] | None,
    max_subtasks: int | None,
    synthesis: SynthesisStrategy,
    language: str | None,
    checks: Sequence[str | Check] | None,
    attempts: int,
    timeout: float,
    gap_timeout: float,
    backoff: float,
    budget_usd: Decimal | float | None,
    max_tokens_total: int | None,
    deadline: float | None,
) -> RunSettings:
    """Return the settings of a run; what is None comes from the recipe. Raises `InputError`."""
    asked_for = _range(subtasks, recipe)
    # Whoever asks for more than the recipe allows wants them made.
    most = max(recipe.max_subtasks, asked_for[1]) if max_subtasks is None else max_subtasks
    return RunSettings(
        subtasks=asked_for,
        max_subtasks=read_limit(most),
        synthesis=_strategy(synthesis),
        language=language or recipe.language,
        checks=open_checks(recipe.checks if checks is None else checks),
        attempts=at_least_one("attempts", attempts),
        timeout=read_seconds("timeout", timeout),
        gap_timeout=read_seconds("gap_timeout", gap_timeout),
        backoff=backoff,
        budget=read_budget(budget_usd, max_tokens_total),
        deadline=inf if deadline is None else read_seconds("deadline", deadline),
    )


def read_budget(usd: Decimal | float | None, tokens: int | None) -> Budget:
    """Return a budget; None is no limit. Raises `InputError`."""
    if usd is not None and usd <= 0:
        raise InputError(f"budget_usd must be more than 0 dollars, got {usd}.")
    if tokens is not None and tokens <= 0:
        raise InputError(f"max_tokens_total must be more than 0 tokens, got {tokens}.")
    return Budget(usd=None if usd is None else Decimal(str(usd)), tokens=tokens)


def refuse_unknown_prices(team: Team, budget: Budget) -> None:
    """Raise `InputError` when dollars are to be counted and a model's price is not known."""
    if budget.usd is None:
        return
    one = Usage(input_tokens=1, output_tokens=1)
    unknown = sorted({model.name for model in team.members if not model.price(one).complete})
    if unknown:
        raise InputError(
            f"A budget in dollars needs known prices, and the price of {', '.join(unknown)} is not known.",
            hint="Give a budget in tokens instead: max_tokens_total (--max-tokens-total).",
        )


def at_least_one(name: str, value: int) -> int:
    """Return the value; raises `InputError` when it is less than 1."""
    if value < 1:
        raise InputError(f"{name} must be 1 or more, got {value}.")
    return value


def _range(subtasks: int | tuple[int, int] | None, recipe: Recipe) -> tuple[int, int]:
    if subtasks is None:
        return recipe.subtasks
    low, high = _ends(subtasks)
    if not 1 <= low <= high <= HARD_CEILING:
        raise InputError(f"subtasks must be a range from 1 to {HARD_CEILING}, lowest first, got {low}-{high}.")
    return low, high


def _ends(subtasks: object) -> tuple[int, int]:
    match subtasks:
        case int():
            return subtasks, subtasks
        case (int() as low, int() as high):
            return low, high
        case _:
            raise InputError(f"subtasks must be a number or two of them, such as (2, 3), got {subtasks!r}.")


def read_limit(limit: int) -> int:
    """Return how many subtasks may be started at the most; raises `InputError` when that cannot be used."""
    if not 1 <= limit <= HARD_CEILING:
        raise InputError(f"max_subtasks must be from 1 to {HARD_CEILING}, got {limit}.")
    return limit


def read_seconds(name: str, value: float) -> float:
    """Return the value; raises `InputError` unless it is more than 0."""
    if value <= 0:
        raise InputError(f"{name} must be more than 0 seconds, got {value:g}.")
    return value


def _strategy(value: SynthesisStrategy) -> SynthesisStrategy:
    known = get_args(SynthesisStrategy)
    if value not in known:
        raise InputError(f"synthesis must be one of {', '.join(known)}, got {value!r}.")
    return value
