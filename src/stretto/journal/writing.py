"""Many writes in one transaction: rows of one table go in together, whoever asked for them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from stretto.journal.rows import Row
from stretto.journal.statements import HOLDER, STANDING, Insert, Statements


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows to be kept; of one among them, an outcome or a run that is opened, it is asked whether it is the first."""

    rows: tuple[tuple[Insert, Row], ...]
    asked: Row | None = None


Write = Rows | Callable[[Connection], object]
"""Rows, or work of its own between what was asked for before it and after it."""


def write_all(connection: Connection, sql: Statements, writes: Sequence[Write]) -> list[object]:
    """Do all of them; return what each comes to: None when the row that is asked about is the first under its key.

    Else it is the data of the outcome, or the holder of the run, that was there before.

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
        if isinstance(write, Rows) and write.asked is not None:
            results[place] = table.earlier.get(id(write.asked))
    return results


class _Table:
    """Rows that wait for each other, by statement."""

    def __init__(self, connection: Connection, sql: Statements) -> None:
        self.earlier: dict[int, object] = {}
        """What stood before a row that was not kept, by the identity of that row."""
        self._connection = connection
        self._sql = sql
        self._standing = {sql.record: STANDING, sql.open_run: HOLDER}
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
            standing = self._standing.get(statement)
            if standing is not None and done.rowcount != len(rows):
                for row in rows:
                    self.earlier[id(row)] = self._connection.execute(standing, row).scalar_one()
        self._waiting.clear()
        self._changed.clear()
