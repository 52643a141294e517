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
    role_models, why = ready.setup.job.role_models, ready.setup.why
    reason = f" ({why.rstrip('.')})" if why else ""
    print(
        one_line(f"models: orchestrator {role_models.orchestrator.name}, workers {role_models.worker.name}{reason}"),
        file=sys.stderr,
    )
    for note in (*role_models.labels, *ready.notes, *ready.input_table.table.notes, *_repeated(ready)):
        print(f"note: {one_line(note)}", file=sys.stderr)


def _repeated(ready: BatchInputs) -> Iterator[str]:
    repeated = ready.input_table.found.repeated
    if repeated:
        same = "1 row has" if repeated == 1 else f"{repeated:,} rows have"
        yield f"{same} the same content as a row before, and is run all the same."


def progress_line(counts: Counts, cost: Cost, *, dot: str, guess: int | None = None) -> str:
    """Return how far a batch is: rows, texts, calls, rate, cost, time that is left, failures.

    `guess` is the seconds that are left as long as nothing better is known.
    """
    texts, calls, retries = counts.so_far
    parts = [f"{counts.done:,} of {count(counts.total, 'row')}", count(texts, "text"), count(calls, "call")]
    if retries:
        parts.append("1 retry" if retries == 1 else f"{retries:,} retries")
    if counts.reused:
        parts.append(f"{counts.reused:,} from before")
    if counts.rate:
        parts.append(f"{counts.rate:,.1f} rows a minute")
    parts.append(money(cost))
    left = guess if counts.remaining is None else counts.remaining
    if left is not None and counts.done < counts.total:
        parts.append(f"about {seconds(left)} left")
    short = counts.statuses["failed"] + counts.statuses["partial"]
    if short:
        parts.append(f"{short:,} not complete")
    return dot.join(parts)


def closing(counts: Counts, cost: Cost, *, dot: str, interrupted: bool) -> str:
    """Return the line that closes a batch."""
    complete = counts.statuses["complete"]
    word = "complete" if complete == counts.total else "partial" if counts.texts else "failed"
    parts = [
        "interrupted" if interrupted else word,
        f"{complete:,} of {count(counts.total, 'row')}",
        *([f"{counts.reused:,} from before"] if counts.reused else []),
        count(counts.texts, "text"),
        count(counts.calls, "call"),
        money(cost),
        seconds(counts.elapsed),
    ]
    return dot.join(parts)


def remarks(counts: Counts) -> Iterator[str]:
    """Yield how many texts were kept with a remark of a check; nothing when there is none."""
    if counts.remarked:
        yield f"remarks on {counts.remarked:,} of {count(counts.texts, 'text')}: see them in the output"


def advice(counts: Counts, *, again: str, retrying: bool, stopped: bool) -> str:
    """Return what to do about a batch that is not complete; typed again and again, the advice comes to an end.

    The same command for what circumstances prevented, with --retry-errors once for what failed for reasons of its own.
    """
    if stopped or counts.done < counts.total or counts.retryable:
        return f"Next: {again}"
    short = counts.total - counts.statuses["complete"]
    if not retrying and short > counts.unfit:
        return f"Next: {again} --retry-errors"
    return (
        f"What failed in {count(short, 'row')} failed for reasons of its own: "
        "change the row, the task or the model before another try."
    )


def missing(counts: Counts, stopped: Failure | None) -> Iterator[str]:
    """Yield why something is missing, the most frequent reasons first; what `stopped` the batch is said elsewhere."""
    stop = cause_of(str(stopped)) if stopped else None
    for reason, number in counts.reasons.most_common(_REASONS):
        why = "what stopped the batch" if cause_of(reason) == stop else one_line(reason)[:_REASON]
        yield f"missing in {count(number, 'row')}: {why}"
    rest = sum(number for _, number in counts.reasons.most_common()[_REASONS:])
    if rest:
        yield f"missing in {count(rest, 'row')}: other reasons; the output has them."
