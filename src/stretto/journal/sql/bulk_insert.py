"""Many writes in one transaction: rows of one table go in together, whoever asked for them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from stretto.journal.sql.row_mapping import Row
from stretto.journal.sql.statements import OPEN_RUN, RECORD, RECORDED_HOLDER, RECORDED_OUTCOME, Insert
from stretto.journal.sql.tables import runs


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows to be kept; of one among them, an outcome or a run that is opened, it is asked whether it is the first."""

    rows: tuple[tuple[Insert, Row], ...]
    asked: Row | None = None


Write = Rows | Callable[[Connection], object]
"""Rows, or work of its own between what was asked for before it and after it."""


def write_all(connection: Connection, writes: Sequence[Write]) -> list[object]:
    """Do all of them; return what each comes to: None when the row that is asked about is the first under its key.

    Else it is the data of the outcome, or the holder of the run, that was there before.

    Rows under different keys have nothing to do with each other, so they are put in by table. Only a run's own row
    is ever changed: what is done with it stays in order.
    """
    batch = _Batch(connection)
    results: list[object] = []
    for write in writes:
        if isinstance(write, Rows):
            for statement, row in write.rows:
                batch.add(statement, row)
            results.append(None)
        else:
            batch.insert()
            results.append(write(connection))
    batch.insert()
    for place, write in enumerate(writes):
        if isinstance(write, Rows) and write.asked is not None:
            results[place] = batch.earlier.get(id(write.asked))
    return results


_EARLIER = {RECORD: RECORDED_OUTCOME, OPEN_RUN: RECORDED_HOLDER}
"""Selects the earlier row where an insert changed nothing, by the insert."""


class _Batch:
    """Rows to insert, by statement."""

    def __init__(self, connection: Connection) -> None:
        self.earlier: dict[int, object] = {}
        """The earlier data in place of a row that was not inserted, by the identity of that row."""
        self._connection = connection
        self._pending: dict[Insert, list[Row]] = {}
        self._changed: set[object] = set()

    def add(self, statement: Insert, row: Row) -> None:
        if statement.table is runs:
            if row["run_id"] in self._changed:
                self.insert()
            self._changed.add(row["run_id"])
        self._pending.setdefault(statement, []).append(row)

    def insert(self) -> None:
        for statement, rows in self._pending.items():
            earlier = _EARLIER.get(statement)
            if statement.put(self._connection, rows) != len(rows) and earlier is not None:
                for row in rows:
                    self.earlier[id(row)] = self._connection.execute(earlier, row).scalar_one()
        self._pending.clear()
        self._changed.clear()
