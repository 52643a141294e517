"""Many writes in one transaction: rows of one table go in together, whoever asked for them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from stretto.journal.rows import Row
from stretto.journal.statements import STANDING, Insert, Statements


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows to be kept; of one outcome among them it is asked which one stands."""

    rows: tuple[tuple[Insert, Row], ...]
    outcome: Row | None = None


Write = Rows | Callable[[Connection], object]
"""Rows, or work of its own between what was asked for before it and after it."""


def write_all(connection: Connection, sql: Statements, writes: Sequence[Write]) -> list[object]:
    """Do all of them; return what each comes to: of an outcome the data of the earlier one, None when it is the first.

    Rows under different keys have nothing to do with each other, so they are put in by table. Only a run's own row
    is ever changed: what is done with it stays in order.
    """
    table = _Table(connection, sql)
    results: list[object] = []
    for write in writes:
        if isinstance(write, Rows):
            for statement, row in write.rows:
                table.add(statement, row)
            results.append(None)
        else:
            table.put_in()
            results.append(write(connection))
    table.put_in()
    for place, write in enumerate(writes):
        if isinstance(write, Rows) and write.outcome is not None:
            results[place] = table.earlier.get(id(write.outcome))
    return results


class _Table:
    """Rows that wait for each other, by statement."""

    def __init__(self, connection: Connection, sql: Statements) -> None:
        self.earlier: dict[int, bytes] = {}
        """What stood before an outcome that was not kept, by the identity of its row."""
        self._connection = connection
        self._sql = sql
        self._waiting: dict[Insert, list[Row]] = {}
        self._changed: dict[object, Insert] = {}

    def add(self, statement: Insert, row: Row) -> None:
        if statement in self._sql.of_runs:
            if self._changed.get(row["run_id"], statement) is not statement:
                self.put_in()
            self._changed[row["run_id"]] = statement
        self._waiting.setdefault(statement, []).append(row)

    def put_in(self) -> None:
        for statement, rows in self._waiting.items():
            done = self._connection.execute(statement, rows)
            if statement is self._sql.record and done.rowcount != len(rows):
                self._look_up(rows)
        self._waiting.clear()
        self._changed.clear()

    def _look_up(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self.earlier[id(row)] = self._connection.execute(STANDING, row).scalar_one()
