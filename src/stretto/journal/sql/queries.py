"""Questions to the tables: what is known of a run, which runs there are, and taking them away."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Row, Select, case, delete, func, or_, select, update

from stretto.core.errors import JournalError
from stretto.core.events import Event
from stretto.core.journal import CallEnd, CallStart, ListedState, OutcomeKey, Revision, RunState, RunSummary, SavedRun
from stretto.core.plan import Plan, Subtask
from stretto.core.usage import FREE, Cost
from stretto.journal.keys import as_key, as_title, from_key
from stretto.journal.run_records import every_sealed, progress
from stretto.journal.sql import statements as sql
from stretto.journal.sql.row_mapping import OUTCOME_KINDS, moment_of, read, read_event, read_json
from stretto.journal.sql.tables import OF_A_RUN, call_ends, call_starts, outcomes, runs, sealed

_Row = Row[*tuple[Any, ...]]
_Rows = Sequence[_Row]
Living = Callable[[Connection, AbstractSet[int]], AbstractSet[int]]
"""Says which of these holders are alive."""

# SQLite allows a statement 32,766 values, Postgres 65,535.
_AT_A_TIME = 1_000
# Others wait for the lock meanwhile.
_PRUNED_AT_A_TIME = 200


def load_all(connection: Connection, run_ids: Sequence[str]) -> list[SavedRun]:
    """Return what is known of each of these runs."""
    keys = [as_key(run_id) for run_id in run_ids]
    recorded = list(connection.execute(sql.RECORDED, {"run_ids": keys}).scalars())
    if not recorded:
        return [SavedRun() for _ in keys]

    def found(query: Select[*tuple[Any, ...]]) -> Mapping[str, _Rows]:
        rows: defaultdict[str, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
        for row in connection.execute(query, {"run_ids": recorded}):
            rows[row.run_id].append(row)
        return rows

    queries = (sql.ANALYSES, sql.SEALED, sql.OUTCOMES, sql.REVISIONS, sql.STARTS, sql.ENDS, sql.LAST_SEQS)
    tables = [found(query) for query in queries]
    return [
        _saved(run_id, *(table.get(key, ()) for table in tables)) for run_id, key in zip(run_ids, keys, strict=True)
    ]


def _saved(
    run_id: str,
    analyses: _Rows,
    sealed: _Rows,
    outcomes: _Rows,
    revisions: _Rows,
    starts: _Rows,
    ends: _Rows,
    last_seqs: _Rows,
) -> SavedRun:
    begun = [read(CallStart, row.data, run_id) for row in starts]
    ended = [read(CallEnd, row.data, run_id) for row in ends]
    kept = {
        OutcomeKey(role=row.role, subtask_id=from_key(row.subtask_id), revision=row.revision): read(
            OUTCOME_KINDS[row.role], row.data, run_id
        )
        for row in outcomes
    }
    return SavedRun(
        sealed=every_sealed((read(Subtask, row.data, run_id) for row in sealed), kept),
        analysis=next((cast("str", read_json(row.analysis, run_id)) for row in analyses if row.analysis), ""),
        outcomes=kept,
        revisions=tuple(read(Revision, row.data, run_id) for row in revisions),
        last_seq=next((row.seq for row in last_seqs), 0),
        starts={call.call_id: call for call in begun},
        ends={call.call_id: call for call in ended},
    )


def known(connection: Connection, run_ids: Collection[str]) -> set[str]:
    """Return which of these runs there are."""
    ids = {as_key(run_id): run_id for run_id in run_ids}
    keys = tuple(ids)
    return {
        ids[key]
        for start in range(0, len(keys), _AT_A_TIME)
        for key in connection.execute(sql.KNOWN, {"run_ids": keys[start : start + _AT_A_TIME]}).scalars()
    }


def spec(connection: Connection, run_id: str) -> Mapping[str, object] | None:
    """Return what a run was started with; None when there is no such run."""
    data = connection.execute(sql.SPEC, {"run_id": as_key(run_id)}).scalar()
    if data is None:
        return None
    return cast("Mapping[str, object]", read_json(data, run_id)) if data else {}


def events(connection: Connection, run_id: str, after: int) -> tuple[Event, ...]:
    """Return the logged events past a number, in order."""
    found = connection.execute(sql.EVENTS, {"run_id": as_key(run_id), "after": after})
    return tuple(event for row in found if (event := read_event(row.data, run_id)) is not None)


def hold_run(connection: Connection, run_id: str, holder: int, living: Living | None) -> RunState | None:
    """Note who has a run under way from now on; return how it ended before, None when another one has it.

    None for `living` asks nobody.
    """
    run = _locked(connection, run_id)
    if living is not None and _is_held(connection, run, holder, living):
        return None
    connection.execute(update(runs).where(_is(run_id)).values(state="running", holder=holder))
    return cast("RunState", run.state) if run else "running"


def leave_run(connection: Connection, run_id: str, holder: int) -> None:
    """Note that a run is not under way any more, unless another one has it now."""
    connection.execute(update(runs).where(_is(run_id), runs.c.holder == holder).values(holder=0))


def _locked(connection: Connection, run_id: str) -> _Row | None:
    """Return a run's state and holder, which nobody else changes before the transaction ends."""
    return connection.execute(select(runs.c.state, runs.c.holder).where(_is(run_id)).with_for_update()).one_or_none()


def _is_held(connection: Connection, run: _Row | None, holder: int, living: Living) -> bool:
    """Whether somebody else than `holder` has a run under way."""
    if run is None or run.state != "running" or run.holder == holder:
        return False
    return bool(living(connection, {run.holder}))


def _is(run_id: str) -> ColumnElement[bool]:
    return runs.c.run_id == as_key(run_id)


def _listed_state(connection: Connection, living: Living) -> ColumnElement[str]:
    """Return how runs stand, as a column."""
    alive = living(connection, set(connection.execute(sql.HOLDERS).scalars()))
    over, held = runs.c.state != "running", runs.c.holder.in_(alive)
    return case((over, runs.c.state), (held, "running"), else_="interrupted").label("listed")


def state(connection: Connection, run_id: str, living: Living) -> ListedState | None:
    """Return how a run stands; None when there is no such run."""
    found = connection.execute(select(_listed_state(connection, living)).where(_is(run_id))).scalar()
    return cast("ListedState | None", found)


def list_runs(
    connection: Connection, states: Sequence[ListedState], search: str, limit: int, living: Living
) -> tuple[RunSummary, ...]:
    """Return runs, newest first."""
    listed = _listed_state(connection, living)
    query = select(runs.c.run_id, runs.c.started_at, listed, runs.c.title, runs.c.recipe)
    if states:
        query = query.where(listed.in_(states))
    if search:
        find = func.instr if connection.dialect.name == "sqlite" else func.strpos
        term = as_title(search).lower()
        columns = (runs.c.run_id, runs.c.title, runs.c.recipe)
        query = query.where(or_(*(find(func.lower(column), term) > 0 for column in columns)))
    query = query.order_by(runs.c.started_at.desc(), runs.c.run_id.desc()).limit(limit)
    found = connection.execute(query).all()
    return tuple(
        summary
        for start in range(0, len(found), _AT_A_TIME)
        for summary in _summaries(connection, found[start : start + _AT_A_TIME])
    )


def delete_run(connection: Connection, run_id: str, holder: int, living: Living) -> bool | None:
    """Remove a run with everything that belongs to it; return whether there was one.

    None says that somebody else than `holder` has it under way.
    """
    if _is_held(connection, _locked(connection, run_id), holder, living):
        return None
    counts = [connection.execute(delete(table).where(table.c.run_id == as_key(run_id))).rowcount for table in OF_A_RUN]
    return any(counts)


def prune(connection: Connection, before: int, living: Living) -> int:
    """Remove some of the runs that started earlier and are not under way; return how many, 0 when none is left."""
    over = select(runs.c.run_id).where(runs.c.started_at < before, _listed_state(connection, living) != "running")
    keys = connection.execute(over.limit(_PRUNED_AT_A_TIME).with_for_update()).scalars().all()
    for table in OF_A_RUN if keys else ():
        connection.execute(delete(table).where(table.c.run_id.in_(keys)))
    return len(keys)


def _summaries(connection: Connection, found: Sequence[Row[*tuple[Any, ...]]]) -> Iterator[RunSummary]:
    keys = [row.run_id for row in found]
    plans = _plans(connection, keys)
    started = _ids(connection, select(sealed.c.run_id, sealed.c.subtask_id).where(sealed.c.run_id.in_(keys)))
    done = select(outcomes.c.run_id, outcomes.c.subtask_id).where(
        outcomes.c.run_id.in_(keys), outcomes.c.role == "worker", outcomes.c.status == "completed"
    )
    completed = _ids(connection, done)
    costs = _costs(connection, keys)
    for row in found:
        count, total = progress(plans.get(row.run_id), started[row.run_id], completed[row.run_id])
        yield RunSummary(
            run_id=from_key(row.run_id),
            started_at=moment_of(row.started_at),
            state=row.listed,
            task=row.title,
            recipe=row.recipe,
            completed=count,
            total=total,
            cost=costs[row.run_id],
        )


def _plans(connection: Connection, keys: Sequence[str]) -> dict[str, Plan]:
    """Return each run's plan: the reviewed one where there is one."""
    query = (
        select(outcomes.c.run_id, outcomes.c.data)
        .where(outcomes.c.run_id.in_(keys), outcomes.c.role == "orchestrator")
        .order_by(outcomes.c.revision)
    )
    plans: dict[str, Plan] = {}
    for row in connection.execute(query):
        with suppress(JournalError):  # One run that cannot be read must not hide the others.
            plans[row.run_id] = read(Plan, row.data, from_key(row.run_id))
    return plans


def _ids(connection: Connection, query: Select[Any, Any]) -> defaultdict[str, set[str]]:
    ids: defaultdict[str, set[str]] = defaultdict(set)
    for row in connection.execute(query):
        ids[row.run_id].add(from_key(row.subtask_id))
    return ids


def _costs(connection: Connection, keys: Sequence[str]) -> defaultdict[str, Cost]:
    """Return what each run's calls cost: the reservation where the real cost was never seen."""
    metered = func.coalesce(call_ends.c.metered, False)
    query = (
        select(
            call_starts.c.run_id,
            case((metered, call_ends.c.usd), else_=call_starts.c.usd).label("usd"),
            case((metered, call_ends.c.priced), else_=call_starts.c.priced).label("priced"),
        )
        .outerjoin(
            call_ends, (call_ends.c.run_id == call_starts.c.run_id) & (call_ends.c.call_id == call_starts.c.call_id)
        )
        .where(call_starts.c.run_id.in_(keys))
    )
    costs: defaultdict[str, Cost] = defaultdict(lambda: FREE)
    for row in connection.execute(query):
        costs[row.run_id] += Cost(usd=Decimal(row.usd), complete=bool(row.priced))
    return costs
