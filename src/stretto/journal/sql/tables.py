"""The tables as the newest version of the schema has them. What SQL must see is a column, everything else is JSON."""

from sqlalchemy import BigInteger, Boolean, Column, Index, LargeBinary, MetaData, String, Table, Text

metadata = MetaData()


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def _json(name: str) -> Column[bytes]:
    # Bytes, because the text columns of both databases refuse something that a model may write.
    return Column(name, LargeBinary, nullable=False)


runs = Table(
    "stretto_runs",
    metadata,
    _key("run_id"),
    Column("started_at", BigInteger, nullable=False, index=True),  # microseconds since 1970, UTC
    Column("state", String, nullable=False),
    _text("title"),
    _text("recipe"),
    _json("spec"),  # empty: the run is known by its records only
    _json("analysis"),
    Column("holder", BigInteger, nullable=False),  # the journal that has it under way; 0 for none
)
_under_way = runs.c.holder != 0
Index("ix_stretto_runs_holder", runs.c.holder, sqlite_where=_under_way, postgresql_where=_under_way)
sealed = Table("stretto_sealed", metadata, _key("run_id"), _key("subtask_id"), _json("data"))
outcomes = Table(
    "stretto_outcomes",
    metadata,
    *(_key("run_id"), _key("role"), _key("subtask_id"), _number("revision")),
    _text("status"),
    _json("data"),
)
revisions = Table(
    "stretto_revisions",
    metadata,
    *(_key("run_id"), _key("subtask_id"), _number("revision")),
    Column("opened_at", BigInteger, nullable=False),
    _json("data"),
)
call_starts = Table(
    "stretto_call_starts", metadata, *(_key("run_id"), _key("call_id")), _text("usd"), _flag("priced"), _json("data")
)
call_ends = Table(
    "stretto_call_ends",
    metadata,
    *(_key("run_id"), _key("call_id")),
    *(_flag("metered"), _text("usd"), _flag("priced")),
    _json("data"),
)
events = Table("stretto_events", metadata, _key("run_id"), _number("seq"), _json("data"))

OF_A_RUN = (sealed, outcomes, revisions, call_starts, call_ends, events, runs)
"""Everything that belongs to a run; its own row last."""
