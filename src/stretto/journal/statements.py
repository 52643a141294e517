"""The journal's SQL, built once: the same for both databases but for the word that keeps the first of two writes."""

from sqlalchemy import BindParameter, Table, bindparam, func, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite

from stretto.journal.tables import call_ends, call_starts, events, outcomes, revisions, runs, sealed

Insert = sqlite.Insert | postgresql.Insert
_RUN: BindParameter[str] = bindparam("run_id")


class Statements:
    """For one dialect."""

    def __init__(self, dialect: str) -> None:
        self._dialect = dialect
        self.seal = self._first_wins(sealed)
        self.start_call = self._first_wins(call_starts)
        self.end_call = self._first_wins(call_ends)
        # An insert does not say how many rows it wrote unless it is asked to.
        self.record = self._first_wins(outcomes).execution_options(preserve_rowcount=True)
        self.revise = self._first_wins(revisions)
        self.log = self._first_wins(events)
        insert = self._insert(runs)
        given = insert.excluded
        # A run may be known by its records before it is known what it was started with.
        self.open_run = insert.on_conflict_do_update(
            index_elements=[runs.c.run_id],
            set_={name: given[name] for name in ("spec", "title", "recipe", "state", "holder")},
            where=runs.c.spec == b"",
        ).execution_options(preserve_rowcount=True)
        self.note_analysis = insert.on_conflict_do_update(
            index_elements=[runs.c.run_id], set_={"analysis": given.analysis}, where=runs.c.analysis == b""
        )
        # Who took a run over says how it ended; who lost it does not.
        self.close_run = insert.on_conflict_do_update(
            index_elements=[runs.c.run_id],
            set_={"state": given.state, "holder": 0},
            where=runs.c.holder.in_((0, given.holder)),
        )
        self.of_runs = frozenset((self.open_run, self.note_analysis, self.close_run))
        """What changes a run's own row."""

    def _insert(self, table: Table) -> Insert:
        return sqlite.insert(table) if self._dialect == "sqlite" else postgresql.insert(table)

    def _first_wins(self, table: Table) -> Insert:
        return self._insert(table).on_conflict_do_nothing()


STANDING = select(outcomes.c.data).where(
    outcomes.c.run_id == _RUN,
    outcomes.c.role == bindparam("role"),
    outcomes.c.subtask_id == bindparam("subtask_id"),
    outcomes.c.revision == bindparam("revision"),
)
HOLDER = select(runs.c.holder).where(runs.c.run_id == _RUN)
# As text, so that the index on these few runs is used.
HOLDERS = select(runs.c.holder).where(runs.c.holder != literal_column("0")).distinct()
SPEC = select(runs.c.spec).where(runs.c.run_id == _RUN)
_RUNS: BindParameter[list[str]] = bindparam("run_ids", expanding=True)
KNOWN = select(runs.c.run_id).where(runs.c.run_id.in_(_RUNS))
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
