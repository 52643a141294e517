"""Words about one run: its models, its status, what is missing and why, its quote, the line that closes it."""

from collections.abc import Iterator, Mapping, Sequence

from stretto.core.causes import cause_of
from stretto.core.errors import ErrorKind
from stretto.core.models import Role
from stretto.core.result import RunResult
from stretto.core.usage import Cost, Quote, Usage
from stretto.faces.shared.formatting import count, flat, money, one_line, seconds, tokens
from stretto.faces.shared.run_state import RunState

_KINDS: dict[ErrorKind, str] = {
    "connection": "connection lost",
    "cut": "answer cut off",
    "server": "provider error",
    "not_found": "not found",
    "unexplained": "turned away",
    "protocol": "unreadable answer",
    "empty": "empty answer",
    "truncated": "answer too long",
    "malformed": "malformed answer",
    "rejected": "rejected by a check",
    "plan": "not a plan",
    "limit": "limit of subtasks",
    "unexpected": "unexpected error",
}
_WORTH_SAYING = 0.1
"""Seconds."""


def kind_words(kind: ErrorKind) -> str:
    """Return in a few words what kind of failure it is; its sentence is said once, by `missing`."""
    return _KINDS.get(kind, kind.replace("_", " "))


def models_line(models: Mapping[Role, str], why: str = "", others: Sequence[str] = ()) -> str:
    """Return which models are going to be asked, and why those; `others` are roles with their models."""
    names = [f"orchestrator {models['orchestrator']}", f"workers {models['worker']}", *others]
    reason = f" ({why.rstrip('.')})" if why else ""
    return one_line(f"models: {', '.join(names)}{reason}")


def summary(result: RunResult, *, dot: str = " · ") -> str:
    """Return the line that closes a run: status, how many of how many, calls, tokens, cost, seconds."""
    done = sum(outcome.status == "completed" for outcome in result.results)
    parts = [
        result.final_state,
        f"{done} of {count(len(result.results), 'result')}",
        count(result.usage.calls, "call"),
        _used(result.usage),
        money(result.cost),
        seconds(result.seconds),
    ]
    return dot.join(parts)


def _used(usage: Usage) -> str:
    cached = f" ({tokens(usage.cache_read_tokens)} from cache)" if usage.cache_read_tokens else ""
    return f"{tokens(usage.total_tokens)} tokens{cached}"


def quote_line(quote: Quote, *, dot: str = " · ") -> str:
    """Return what a run is going to take, in one line."""
    low, high = quote.output_tokens
    return dot.join(
        [
            count(quote.calls, "call"),
            f"about {tokens(quote.input_tokens)} tokens in",
            f"{tokens(low)} to {tokens(high)} out" if low != high else f"{tokens(low)} out",
            _money_range(*quote.cost),
        ]
    )


def _money_range(low: Cost, high: Cost) -> str:
    cheapest, dearest = money(low), money(high)
    return cheapest if cheapest == dearest else f"{cheapest} to {dearest.removeprefix('at least ')}"


def early_start(run_state: RunState) -> Iterator[str]:
    """Yield how long before the end of planning the first worker started, when that is worth saying."""
    starts = [row.started for row in run_state.rows.values() if row.started is not None]
    if run_state.given or not starts or run_state.plan_ended is None:
        return
    if (early := run_state.plan_ended - min(starts)) >= _WORTH_SAYING:
        yield f"The first worker started {seconds(early)} before the plan was complete."


def remarks(result: RunResult) -> Iterator[str]:
    """Yield what is to be said of a run besides what is missing: warnings, findings of checks, superseded subtasks."""
    yield from (f"note: {flat(warning)}" for warning in result.warnings)
    for number, outcome in enumerate(result.results, 1):
        yield from (f"note: {number} {flat(outcome.type)}: {flat(finding.message)}" for finding in outcome.findings)
    if result.superseded:
        names = ", ".join(flat(outcome.type) for outcome in result.superseded)
        yield f"note: started early and not in the final plan: {names}"


def retry_reasons(run_state: RunState, result: RunResult | None) -> Iterator[str]:
    """Yield why something was asked for again, each cause once; what is missing for the same cause says it itself."""
    missing = {cause_of(gap.failure.message) for gap in result.shortfall} if result else set[str]()
    for reason, times in run_state.retries.items():
        if cause_of(reason) not in missing:
            yield f"note: asked again {'once' if times == 1 else f'{times:,} times'}: {flat(reason)}"


def missing(result: RunResult) -> Iterator[tuple[str, str]]:
    """Yield what is missing and why, a line for each cause, with what the model wrote where that was the cause."""
    for gap in result.shortfall:
        yield f"missing: {flat(gap.what)}: {flat(str(gap.failure))}", gap.failure.raw
