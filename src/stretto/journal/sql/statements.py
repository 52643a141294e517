"""The journal's SQL, built once: the same for both databases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import BindParameter, Connection, Table, bindparam, func, literal_column, select, union

from stretto.journal.sql.tables import OF_A_RUN, call_ends, call_starts, events, outcomes, revisions, runs, sealed

_ROWS_AT_A_TIME = 50
_RUN: BindParameter[str] = bindparam("run_id")


@dataclass(frozen=True, slots=True, eq=False)
class Insert:
    """Puts rows into a table, many in one statement: row by row they take about twice the CPU beside a busy loop."""

    table: Table
    conflict: str = "DO NOTHING"
    """What happens where there is a row under the same key: the first one stands, unless this says more."""

    def put(self, connection: Connection, rows: Sequence[Mapping[str, object]]) -> int:
        """Put in rows, no two under one key unless the first stands; return how many are new or changed."""
        changed = 0
        for start in range(0, len(rows), _ROWS_AT_A_TIME):
            some = rows[start : start + _ROWS_AT_A_TIME]
            values = tuple(row[column.name] for row in some for column in self.table.c)
            text = _text(self, connection.dialect.paramstyle, len(some))
            # An insert does not say how many rows it wrote unless it is asked to.
            done = connection.exec_driver_sql(text, values, execution_options={"preserve_rowcount": True})
            changed += done.rowcount
        return changed


@cache
def _text(insert: Insert, paramstyle: str, rows: int) -> str:
    columns = insert.table.c.keys()
    row = f"({', '.join(['?' if paramstyle == 'qmark' else '%s'] * len(columns))})"
    into = f"INSERT INTO {insert.table.name} ({', '.join(columns)})"
    return f"{into} VALUES {', '.join([row] * rows)} ON CONFLICT {insert.conflict}"


SEAL = Insert(sealed)
START_CALL = Insert(call_starts)
END_CALL = Insert(call_ends)
RECORD = Insert(outcomes)
REVISE = Insert(revisions)
LOG = Insert(events)
# A run may be known by its records before it is known what it was started with.
OPEN_RUN = Insert(
    runs,
    "(run_id) DO UPDATE SET spec = excluded.spec, title = excluded.title, recipe = excluded.recipe, "
    "state = excluded.state, holder = excluded.holder WHERE length(stretto_runs.spec) = 0",
)
NOTE_ANALYSIS = Insert(
    runs, "(run_id) DO UPDATE SET analysis = excluded.analysis WHERE length(stretto_runs.analysis) = 0"
)
# Who took a run over says how it ended; who lost it does not.
CLOSE_RUN = Insert(
    runs,
    "(run_id) DO UPDATE SET state = excluded.state, holder = 0 WHERE stretto_runs.holder IN (0, excluded.holder)",
)

RECORDED_OUTCOME = select(outcomes.c.data).where(
    outcomes.c.run_id == _RUN,
    outcomes.c.role == bindparam("role"),
    outcomes.c.subtask_id == bindparam("subtask_id"),
    outcomes.c.revision == bindparam("revision"),
)
RECORDED_HOLDER = select(runs.c.holder).where(runs.c.run_id == _RUN)
# As text, so that the index on these few runs is used.
HOLDERS = select(runs.c.holder).where(runs.c.holder != literal_column("0")).distinct()
SPEC = select(runs.c.spec).where(runs.c.run_id == _RUN)
_RUNS: BindParameter[list[str]] = bindparam("run_ids", expanding=True)
KNOWN = select(runs.c.run_id).where(runs.c.run_id.in_(_RUNS))
# Nothing is known of most runs of a batch: one question for all tables tells.
RECORDED = union(*(select(table.c.run_id).where(table.c.run_id.in_(_RUNS)) for table in OF_A_RUN))
ANALYSES = select(runs.c.run_id, runs.c.analysis).where(runs.c.run_id.in_(_RUNS))
SEALED = select(sealed.c.run_id, sealed.c.data).where(sealed.c.run_id.in_(_RUNS))
OUTCOMES = select(
    *(outcomes.c.run_id, outcomes.c.role, outcomes.c.subtask_id, outcomes.c.revision, outcomes.c.data)
).where(outcomes.c.run_id.in_(_RUNS))
REVISIONS = (
    select(revisions.c.run_id, revisions.c.data)
    .where(revisions.c.run_id.in_(_RUNS))
    .order_by(revisions.c.opened_at, revisions.c.subtask_id, revisions.c.revision)
)
STARTS = select(call_starts.c.run_id, call_starts.c.data).where(call_starts.c.run_id.in_(_RUNS))
ENDS = select(call_ends.c.run_id, call_ends.c.data).where(call_ends.c.run_id.in_(_RUNS))
EVENTS = select(events.c.data).where(events.c.run_id == _RUN, events.c.seq > bindparam("after")).order_by(events.c.seq)
LAST_SEQS = (
    select(events.c.run_id, func.max(events.c.seq).label("seq"))
    .where(events.c.run_id.in_(_RUNS))
    .group_by(events.c.run_id)
)
