"""What a demo model can be told to do wrong, for demonstrations. No I/O."""

import math
from dataclasses import dataclass

from stretto.core.errors import InputError

DEFAULT_DELAY = 0.011
"""Seconds per word: about as fast as a quick hosted model."""

_LONGEST_DELAY = 60.0
_WORKER_OPTIONS = ("fail-worker", "flaky-worker", "empty-worker", "refuse-worker")
_PLAN_OPTIONS = ("cut-plan", "truncate-plan", "break-plan")
_DELAY_OPTIONS = ("delay", "slow")


@dataclass(frozen=True, kw_only=True, slots=True)
class Script:
    """How a demo model behaves. Workers are numbered from 1, in the plan's order; 0 is none."""

    fail_worker: int = 0
    """Every call of this worker fails, as if the provider had an error."""
    flaky_worker: int = 0
    """Every other call of this worker fails, the first one first."""
    empty_worker: int = 0
    """This worker answers with nothing."""
    refuse_worker: int = 0
    """This worker refuses to answer."""
    cut_plan: bool = False
    """The connection is lost in the middle of the first plan, after at least one subtask."""
    truncate_plan: bool = False
    """The first plan stops at the length limit, in the middle of a subtask."""
    break_plan: bool = False
    """The first plan is no plan; asked to repair it, the model writes a good one."""
    delay: float = DEFAULT_DELAY
    """Seconds per word."""

    @property
    def workers(self) -> tuple[tuple[str, int], ...]:
        """The options that name a worker, with its number."""
        told = ((option, getattr(self, option.replace("-", "_"))) for option in _WORKER_OPTIONS)
        return tuple((option, number) for option, number in told if number)

    @classmethod
    def parse(cls, spec: str) -> "Script":
        """Read "demo" or "demo:option,option=value"; raises `InputError` for what cannot be read."""
        head, _, options = spec.partition(":")
        if head.strip().lower() != "demo":
            raise InputError(f"{spec!r} is not a demo model.", hint='Write "demo" or "demo:" with options.')
        values: dict[str, int | float | bool] = {}
        for option in filter(None, (part.strip() for part in options.split(","))):
            name, given, value = (part.strip() for part in option.partition("="))
            values["delay" if name in _DELAY_OPTIONS else name.replace("-", "_")] = _read(name, bool(given), value)
        return cls(**values)  # pyright: ignore[reportArgumentType]  # _read gives each option's own type


def _read(name: str, given: bool, value: str) -> int | float | bool:
    if name in _PLAN_OPTIONS:
        if given:
            raise InputError(f"The demo model's option {name!r} takes no value, got {value!r}.")
        return True
    if name in _WORKER_OPTIONS:
        if not (value.isascii() and value.isdigit() and 1 <= len(value) <= 4 and int(value)):
            raise InputError(f"{name} needs the number of a worker, from 1, got {value!r}.", hint=f"Say {name}=2.")
        return int(value)
    if name in _DELAY_OPTIONS:
        return _seconds(name, value)
    known = ", ".join(
        [*(f"{option}=N" for option in _WORKER_OPTIONS), *_PLAN_OPTIONS, "delay=SECONDS (or slow=SECONDS)"]
    )
    raise InputError(f"The demo model has no option {name!r}. Known: {known}.")


def _seconds(name: str, value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= _LONGEST_DELAY:
        raise InputError(f"{name} needs seconds per word, from 0 to {_LONGEST_DELAY:g}, got {value!r}.")
    return seconds
