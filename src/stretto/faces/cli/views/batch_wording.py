"""What is said about a batch in one line: how far it is, how it ended, what is missing."""

import sys
from collections.abc import Iterator

from stretto.batch.progress import Counts
from stretto.core.causes import cause_of
from stretto.core.result import Failure
from stretto.core.usage import Cost
from stretto.faces.cli.errors import one_line
from stretto.faces.cli.input.batch_inputs import BatchInputs
from stretto.faces.shared.wording import count, money, seconds

_REASONS = 5
_REASON = 300
"""Characters."""


def say_notes(ready: BatchInputs) -> None:
    """Say on stderr which models are asked and what was assumed about the table."""
    team, why = ready.office.job.team, ready.office.why
    reason = f" ({why.rstrip('.')})" if why else ""
    print(
        one_line(f"models: orchestrator {team.orchestrator.name}, workers {team.worker.name}{reason}"), file=sys.stderr
    )
    for note in (*team.labels, *ready.notes, *ready.sheet.table.notes, *_repeated(ready)):
        print(f"note: {one_line(note)}", file=sys.stderr)


def _repeated(ready: BatchInputs) -> Iterator[str]:
    repeated = ready.sheet.found.repeated
    if repeated:
        same = "1 row has" if repeated == 1 else f"{repeated:,} rows have"
        yield f"{same} the same content as a row before, and is run all the same."


def progress_line(tally: Counts, cost: Cost, *, dot: str, guess: int | None = None) -> str:
    """Return how far a batch is: rows, texts, calls, rate, cost, time that is left, failures.

    `guess` is the seconds that are left as long as nothing better is known.
    """
    texts, calls, retries = tally.so_far
    parts = [f"{tally.done:,} of {count(tally.total, 'row')}", count(texts, "text"), count(calls, "call")]
    if retries:
        parts.append("1 retry" if retries == 1 else f"{retries:,} retries")
    if tally.reused:
        parts.append(f"{tally.reused:,} from before")
    if tally.rate:
        parts.append(f"{tally.rate:,.1f} rows a minute")
    parts.append(money(cost))
    left = guess if tally.remaining is None else tally.remaining
    if left is not None and tally.done < tally.total:
        parts.append(f"about {seconds(left)} left")
    short = tally.statuses["failed"] + tally.statuses["partial"]
    if short:
        parts.append(f"{short:,} not complete")
    return dot.join(parts)


def closing(tally: Counts, cost: Cost, *, dot: str, interrupted: bool) -> str:
    """Return the line that closes a batch."""
    complete = tally.statuses["complete"]
    word = "complete" if complete == tally.total else "partial" if tally.texts else "failed"
    parts = [
        "interrupted" if interrupted else word,
        f"{complete:,} of {count(tally.total, 'row')}",
        *([f"{tally.reused:,} from before"] if tally.reused else []),
        count(tally.texts, "text"),
        count(tally.calls, "call"),
        money(cost),
        seconds(tally.elapsed),
    ]
    return dot.join(parts)


def remarks(tally: Counts) -> Iterator[str]:
    """Yield how many texts were kept with a remark of a check; nothing when there is none."""
    if tally.remarked:
        yield f"remarks on {tally.remarked:,} of {count(tally.texts, 'text')}: see them in the output"


def advice(tally: Counts, *, again: str, retrying: bool, stopped: bool) -> str:
    """Return what to do about a batch that is not complete; typed again and again, the advice comes to an end.

    The same command for what circumstances prevented, with --retry-errors once for what failed for reasons of its own.
    """
    if stopped or tally.done < tally.total or tally.retryable:
        return f"Next: {again}"
    short = tally.total - tally.statuses["complete"]
    if not retrying and short > tally.unfit:
        return f"Next: {again} --retry-errors"
    return (
        f"What failed in {count(short, 'row')} failed for reasons of its own: "
        "change the row, the task or the model before another try."
    )


def missing(tally: Counts, stopped: Failure | None) -> Iterator[str]:
    """Yield why something is missing, the most frequent reasons first; what `stopped` the batch is said elsewhere."""
    stop = cause_of(str(stopped)) if stopped else None
    for reason, number in tally.reasons.most_common(_REASONS):
        why = "what stopped the batch" if cause_of(reason) == stop else one_line(reason)[:_REASON]
        yield f"missing in {count(number, 'row')}: {why}"
    rest = sum(number for _, number in tally.reasons.most_common()[_REASONS:])
    if rest:
        yield f"missing in {count(rest, 'row')}: other reasons; the output has them."
