"""Turns the options of a run into `RunSettings`; an error names the option and its value."""

from collections.abc import Sequence
from decimal import Decimal
from math import inf
from typing import cast, get_args

from stretto.app.options import read_choice, read_flag, read_number, read_text, read_whole_number, refuse
from stretto.checks import open_checks
from stretto.core.checks import Check
from stretto.core.errors import InputError
from stretto.core.plan import HARD_CEILING
from stretto.core.result import SynthesisStrategy
from stretto.core.usage import Usage
from stretto.engine import Budget, RoleModels, RunSettings
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
    hedge: bool,
    budget_usd: Decimal | float | None,
    max_tokens_total: int | None,
    deadline: float | None,
) -> RunSettings:
    """Return the settings of a run; what is None comes from the recipe. Raises `InputError`."""
    asked_for = recipe.subtasks if subtasks is None else _range(subtasks)
    # Whoever asks for more than the recipe allows wants them made.
    most = max(recipe.max_subtasks, asked_for[1]) if max_subtasks is None else max_subtasks
    return RunSettings(
        subtasks=asked_for,
        max_subtasks=read_limit(most),
        synthesis=cast("SynthesisStrategy", read_choice("synthesis", synthesis, get_args(SynthesisStrategy))),
        language=read_text("language", language, "zh") or recipe.language,
        checks=open_checks(recipe.checks if checks is None else checks),
        attempts=read_whole_number("attempts", attempts),
        timeout=read_number("timeout", timeout, "seconds"),
        gap_timeout=read_number("gap_timeout", gap_timeout, "seconds"),
        backoff=read_number("backoff", backoff, "seconds", least=0),
        hedge=read_flag("hedge", hedge),
        budget=read_budget(budget_usd, max_tokens_total),
        deadline=inf if deadline is None else read_deadline(deadline),
    )


def read_budget(usd: Decimal | float | None, tokens: int | None) -> Budget:
    """Return a budget; None is no limit. Raises `InputError`."""
    return Budget(
        usd=None if usd is None else _dollars(usd),
        tokens=None if tokens is None else read_whole_number("max_tokens_total", tokens, unit="tokens"),
    )


def _dollars(usd: object) -> Decimal:
    number = read_number("budget_usd", usd, "dollars")
    return usd if isinstance(usd, Decimal) else Decimal(str(usd if isinstance(usd, (int, float)) else number))


def refuse_unknown_prices(role_models: RoleModels, budget: Budget) -> None:
    """Raise `InputError` when dollars are to be counted and a model's price is not known."""
    if budget.usd is None:
        return
    one = Usage(input_tokens=1, output_tokens=1)
    unknown = sorted({model.name for model in role_models.members if not model.price(one).complete})
    if unknown:
        raise InputError(
            f"A budget in dollars needs known prices, and the price of {', '.join(unknown)} is not known.",
            hint="Give a budget in tokens instead: max_tokens_total (--max-tokens-total).",
        )


def _range(subtasks: object) -> tuple[int, int]:
    ends = (subtasks, subtasks) if isinstance(subtasks, int) else subtasks
    listed = tuple(cast("Sequence[object]", ends)) if isinstance(ends, (tuple, list)) else ()
    # True is a whole number to Python, and nobody means one by it.
    numbers = [end for end in listed if isinstance(end, int) and not isinstance(end, bool)]
    if len(listed) != 2 or len(numbers) != 2:
        raise refuse("subtasks", "a number or two of them, such as (2, 3)", subtasks)
    return _checked(numbers[0], numbers[1])


def _checked(low: int, high: int) -> tuple[int, int]:
    if not 1 <= low <= high <= HARD_CEILING:
        raise InputError(f"subtasks must be a range from 1 to {HARD_CEILING}, lowest first, got {low}-{high}.")
    return low, high


def read_limit(limit: object) -> int:
    """Return how many subtasks may be started at the most; raises `InputError` when that cannot be used."""
    return read_whole_number("max_subtasks", limit, most=HARD_CEILING)


def read_deadline(value: object) -> float:
    """Return the seconds of a whole run, infinity among them; raises `InputError`."""
    return read_number("deadline", value, "seconds", endless=True)
