"""Words about a batch: how far it is, how it ended, what is missing, what to do next."""

from collections.abc import Iterator

from stretto.batch.progress import Counts
from stretto.core.causes import cause_of
from stretto.core.result import Failure
from stretto.core.usage import Cost
from stretto.faces.shared.formatting import count, money, one_line, seconds

_REASONS = 5
_REASON = 300
"""Characters."""


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


def batch_summary(counts: Counts, cost: Cost, *, dot: str, interrupted: bool) -> str:
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


def next_step_line(counts: Counts, *, again: str, retrying: bool, stopped: bool) -> str:
    """Return what to do about a batch that is not complete; followed again and again, it comes to an end.

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


def missing_rows(counts: Counts, stopped: Failure | None) -> Iterator[str]:
    """Yield why something is missing, the most frequent reasons first; what `stopped` the batch is printed apart."""
    stop = cause_of(str(stopped)) if stopped else None
    for reason, number in counts.reasons.most_common(_REASONS):
        why = "what stopped the batch" if cause_of(reason) == stop else one_line(reason)[:_REASON]
        yield f"missing in {count(number, 'row')}: {why}"
    rest = sum(number for _, number in counts.reasons.most_common()[_REASONS:])
    if rest:
        yield f"missing in {count(rest, 'row')}: other reasons; the output has them."
