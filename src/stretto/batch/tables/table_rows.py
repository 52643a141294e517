"""The rows of a table, each with its identity and what an earlier output has of it."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass

from stretto.batch.tables.column_mapping import ColumnMap
from stretto.batch.tables.previous_output import group_rows
from stretto.batch.tables.row_identity import SeenRows, content_hash
from stretto.batch.tables.row_results import RowResult
from stretto.batch.tables.table import Table
from stretto.core.errors import InputError


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row of a table."""

    number: int
    """As a spreadsheet shows it, the header being row 1; of JSON lines the line."""
    cells: tuple[object, ...]
    """The values of all its own columns, in order, with the types that the format knows."""
    values: Mapping[str, str]
    """The same by column, as text that people and models read."""
    id: str
    """Unlike that of any other row of the table: from the id column, else made of hash and occurrence."""
    named: bool
    """Whether `id` comes from the id column."""
    hash: str
    """Of what models see of it."""
    occurrence: int
    """How many rows with the same hash came before; 0 for a row with an id of its own."""
    earlier: RowResult | None = None
    """What an earlier output has of it."""

    @property
    def selected(self) -> bool:
        """Whether it is to be run: nothing is there yet, or a text of it is missing."""
        return self.earlier is None or not self.earlier.variants or bool(self.earlier.gaps)


@dataclass(frozen=True, kw_only=True, slots=True)
class Survey:
    """What a table has in it, found by reading it once before anything is paid for."""

    rows: int
    selected: int
    """Rows that are to be run."""
    repeated: int
    """Rows whose content another row before has too."""
    characters: int
    """What models see of the selected rows, in all."""
    first: tuple[Row, ...]
    """The first selected ones."""


@contextmanager
def open_rows(table: Table, columns: ColumnMap, *, id_column: str | None = None) -> Generator[Iterator[Row]]:
    """Give the table's rows one after the other; of the file no more is in memory than the part that is being read.

    Raises `InputError` that names the row: for one that cannot be read, for an id that is empty or comes twice.
    """
    if id_column is not None and id_column not in table.columns:
        known = ", ".join(repr(column) for column in table.columns)
        raise InputError(f"{table.path} has no column {id_column!r} for ids.", hint=f"Its columns are {known}.")
    with closing(SeenRows(table.path, id_column)) as seen, closing(_rows(table, columns, id_column, seen)) as rows:
        yield rows


def survey(table: Table, columns: ColumnMap, *, id_column: str | None = None, first: int = 5) -> Survey:
    """Read the whole table once; raises `InputError` for whatever is wrong with a row, and when there is none."""
    count = selected = repeated = characters = 0
    sample: list[Row] = []
    with open_rows(table, columns, id_column=id_column) as rows:
        for row in rows:
            count += 1
            repeated += row.occurrence > 0
            if row.selected:
                selected += 1
                characters += sum(map(len, columns.seen(row.values).values()))
                if len(sample) < first:
                    sample.append(row)
    if not count:
        raise InputError(f"{table.path} has no rows.", hint="Below the column names there must be at least one.")
    return Survey(rows=count, selected=selected, repeated=repeated, characters=characters, first=tuple(sample))


def _rows(table: Table, columns: ColumnMap, id_column: str | None, seen: SeenRows) -> Generator[Row]:
    for number, cells, shown, earlier in group_rows(table):
        values = dict(zip(table.columns, shown, strict=True))
        digest = content_hash(columns.seen(values))
        row_id, occurrence = "", 0
        if id_column is not None:
            row_id = values[id_column].strip()
            seen.note_id(row_id, number)
        else:
            occurrence = seen.occurrence(digest)
        yield Row(
            number=number,
            cells=tuple(cells),
            values=values,
            id=row_id or f"{digest}-{occurrence}",
            named=id_column is not None,
            hash=digest,
            occurrence=occurrence,
            earlier=earlier,
        )
