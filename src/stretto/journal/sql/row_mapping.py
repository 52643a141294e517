"""Values to rows and rows to values. No I/O."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from stretto.core.errors import JournalError
from stretto.core.events import Event
from stretto.core.journal import CallEnd, CallStart, Outcome, OutcomeKey, Revision, RunState
from stretto.core.models import Role
from stretto.core.plan import Plan, Subtask
from stretto.core.result import SynthesisResult, WorkerResult
from stretto.journal.keys import as_key, titles_of
from stretto.journal.serialization import dump, load, load_event, parse

T = TypeVar("T")
Row = dict[str, object]

OUTCOME_KINDS: Mapping[Role, type[Outcome]] = {
    "orchestrator": Plan,
    "worker": WorkerResult,
    "synthesis": SynthesisResult,
}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """Return a moment as whole microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(microseconds: int) -> datetime:
    """Return the moment that `microseconds` was given."""
    return _EPOCH + microseconds * _MICROSECOND


def read(kind: type[T], data: bytes, run_id: str) -> T:
    """Return a stored value; raises `JournalError` when it is none."""
    with _readable(run_id):
        return load(kind, data)


def read_json(data: bytes, run_id: str) -> object:
    """Return stored data that has no class of its own; raises `JournalError` when it is none."""
    with _readable(run_id):
        return parse(data)


def read_event(data: bytes, run_id: str) -> Event | None:
    """Return a stored event, None for a kind of a newer version; raises `JournalError` when it is none."""
    with _readable(run_id):
        return load_event(data)


@contextmanager
def _readable(run_id: str) -> Generator[None]:
    try:
        yield
    except ValueError as error:
        raise JournalError(
            f"A record of run {run_id!r} cannot be read: {error}.",
            hint="A newer stretto may have written it; upgrade, or delete the run.",
        ) from error


def run_row(
    run_id: str,
    *,
    spec: Mapping[str, object] | None = None,
    analysis: str = "",
    state: RunState = "running",
    holder: int = 0,
) -> Row:
    """Return a run's own row."""
    title, recipe = titles_of(spec or {})
    return {
        "run_id": as_key(run_id),
        "started_at": microseconds(datetime.now(UTC)),
        "state": state,
        "title": title,
        "recipe": recipe,
        "spec": b"" if spec is None else dump(spec),
        "analysis": dump(analysis) if analysis else b"",
        "holder": holder,
    }


def sealed_row(run_id: str, subtask: Subtask) -> Row:
    """Return the row of a sealed subtask."""
    return {"run_id": as_key(run_id), "subtask_id": as_key(subtask.id), "data": dump(subtask)}


def outcome_row(run_id: str, key: OutcomeKey, outcome: Outcome) -> Row:
    """Return the row of an outcome."""
    return {
        "run_id": as_key(run_id),
        "role": key.role,
        "subtask_id": as_key(key.subtask_id),
        "revision": key.revision,
        "status": "completed" if isinstance(outcome, Plan) else outcome.status,
        "data": dump(outcome),
    }


def revision_row(run_id: str, revision: Revision) -> Row:
    """Return the row of a revision."""
    return {
        "run_id": as_key(run_id),
        "subtask_id": as_key(revision.subtask_id),
        "revision": revision.revision,
        "opened_at": microseconds(datetime.now(UTC)),
        "data": dump(revision),
    }


def start_row(run_id: str, call: CallStart) -> Row:
    """Return the row of a call's start."""
    cost = call.reserved_cost
    return {
        "run_id": as_key(run_id),
        "call_id": as_key(call.call_id),
        "usd": str(cost.usd),
        "priced": cost.complete,
        "data": dump(call),
    }


def end_row(run_id: str, call: CallEnd) -> Row:
    """Return the row of a call's end."""
    return {
        "run_id": as_key(run_id),
        "call_id": as_key(call.call_id),
        "metered": call.usage is not None,
        "usd": str(call.cost.usd),
        "priced": call.cost.complete,
        "data": dump(call),
    }


def event_rows(run_id: str, events: Iterable[Event]) -> Sequence[Row]:
    """Return the rows of events."""
    key = as_key(run_id)
    return [{"run_id": key, "seq": event.seq, "data": dump(event)} for event in events]
