"""Writes the output of a batch: rows in the order of the input, whole or not at all, whatever the size."""

import pickle
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from stretto.batch.tables.readers.cell_formatting import format_value
from stretto.batch.tables.readers.parquet import need_pyarrow
from stretto.batch.tables.row_results import RowResult
from stretto.batch.tables.table_rows import Row
from stretto.batch.tables.writers.layout import (
    NOT_RUN,
    Form,
    long_columns,
    long_lines,
    types_of,
    wide_columns,
    wide_line,
)
from stretto.batch.tables.writers.line_writers import CsvSink, JsonLinesSink, ParquetSink, Sink
from stretto.batch.tables.writers.plain_text import plain_text
from stretto.batch.tables.writers.xlsx import ROW_LIMIT, XlsxSink
from stretto.core.errors import InputError
from stretto.export import check_place, open_atomic, write_error

ENDINGS = (".csv", ".tsv", ".jsonl", ".ndjson", ".xlsx", ".parquet")
"""What the name of an output can end with."""


def check_output(path: Path, *, lines: int = 0) -> None:
    """Raise `InputError` when an output of at least `lines` cannot be written. Call it before spending money."""
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise InputError(f"Cannot tell the format of {path} by its name.", hint=f"Known: {', '.join(ENDINGS)}.")
    if ending == ".parquet":
        need_pyarrow("pyarrow.parquet")
    if ending == ".xlsx" and lines >= ROW_LIMIT:
        raise InputError(f"A sheet holds {ROW_LIMIT:,} lines; {path} would have more.", hint="Write CSV or JSON lines.")
    check_place(path)


class Output:
    """An output that is being written; rows are added in the order of the input."""

    def __init__(self, path: Path, writer: "_Long | _Wide", *, raw: bool) -> None:
        self._path = path
        self._plain = path.suffix.lower() == ".xlsx" and not raw
        self._writer = writer
        self.notes: Sequence[str] = ()
        """Notes about the file, known once it is written."""

    def add(self, row: Row, result: RowResult | None) -> None:
        """Write a row with its result, None when it was not run; what an earlier output has of it stays.

        Raises `StrettoError` when it cannot be written; then there will be no output.
        """
        if self._plain and result is not None:
            texts = (replace(variant, text=plain_text(variant.text)) for variant in result.variants)
            result = replace(result, variants=tuple(texts))
        # What people wrote into an earlier output is as they wrote it.
        if row.earlier is not None:
            result = row.earlier.completed_by(result) if result else row.earlier
        with _as_stretto_error(self._path):
            self._writer.add(row, result or NOT_RUN)


@contextmanager
def open_output(
    path: Path,
    columns: Sequence[str],
    *,
    form: Form = "long",
    raw: bool = False,
    delimiter: str = ",",
    types: Sequence[str] = (),
) -> Generator[Output]:
    """Give an output that takes the place of what was at `path` once the block ends well; else nothing has changed.

    `columns` are the table's own. With `raw` a CSV cell may be what a spreadsheet runs as a formula, and a text in a
    workbook keeps its Markdown marks; `delimiter` is put between the cells of a CSV file; `types` names the columns of
    a wide table by the variants' types. Raises `StrettoError` when the file cannot be written.
    """
    with ExitStack() as stack:
        with _as_stretto_error(path):
            stream = stack.enter_context(open_atomic(path))
            spool = stack.enter_context(TemporaryFile())
            opener = _Opener(path, stream, raw=raw, delimiter=delimiter)
            writer = _Long(opener, columns) if form == "long" else _Wide(opener, columns, spool, types)
        try:
            output = Output(path, writer, raw=raw)
            yield output
            with _as_stretto_error(path):
                output.notes = writer.close()
        except BaseException:
            writer.discard()
            raise
        with _as_stretto_error(path):
            stack.close()


@contextmanager
def _as_stretto_error(path: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise write_error(path, error) from error


def write_output(
    path: Path,
    columns: Sequence[str],
    rows: Iterable[Row],
    results_of: Callable[[Row], RowResult | None],
    *,
    form: Form = "long",
    raw: bool = False,
    delimiter: str = ",",
    types: Sequence[str] = (),
) -> Sequence[str]:
    """Write all rows, taking each one's result when its turn comes; return notes about the file."""
    with open_output(path, columns, form=form, raw=raw, delimiter=delimiter, types=types) as output:
        for row in rows:
            output.add(row, results_of(row))
    return output.notes


class _Opener:
    """Opens the sink that the name of the file asks for."""

    def __init__(self, path: Path, stream: IO[bytes], *, raw: bool, delimiter: str) -> None:
        self._ending = path.suffix.lower()
        self._stream = stream
        self._raw = raw
        self._delimiter = "\t" if self._ending == ".tsv" else delimiter

    def open(self, columns: Sequence[str]) -> Sink:
        match self._ending:
            case ".csv" | ".tsv":
                return CsvSink(self._stream, columns, delimiter=self._delimiter, raw=self._raw)
            case ".xlsx":
                return XlsxSink(self._stream, columns)
            case ".parquet":
                return ParquetSink(self._stream, columns)
            case _:
                return JsonLinesSink(self._stream, columns)


class _Long:
    """Writes a line for each variant as it comes."""

    def __init__(self, opener: _Opener, columns: Sequence[str]) -> None:
        self._sink = opener.open(long_columns(columns))

    def add(self, row: Row, result: RowResult) -> None:
        own = tuple(row.values.values())
        for added in long_lines(result):
            self._sink.write((*row.cells, *added), (*own, *map(format_value, added)))

    def close(self) -> Sequence[str]:
        return self._sink.close()

    def discard(self) -> None:
        self._sink.discard()


class _Wide:
    """Spools the rows to the disk until the greatest number of variants is known."""

    def __init__(self, opener: _Opener, columns: Sequence[str], spool: IO[bytes], types: Sequence[str]) -> None:
        self._opener = opener
        self._columns = columns
        self._spool = spool
        self._most = 0
        # In the order in which they come; empty where the columns are numbered.
        self._types = dict.fromkeys(types)
        self._synthesis = False
        self._sink: Sink | None = None

    def add(self, row: Row, result: RowResult) -> None:
        syntheses = sum(variant.synthesis for variant in result.variants)
        self._most = max(self._most, len(result.variants) - syntheses)
        if self._types:
            self._types.update(dict.fromkeys(types_of(result)))
        self._synthesis |= syntheses > 0
        pickle.dump((row.cells, tuple(row.values.values()), result), self._spool, pickle.HIGHEST_PROTOCOL)

    def close(self) -> Sequence[str]:
        variants = list(self._types) or self._most
        columns = wide_columns(self._columns, variants, synthesis=self._synthesis)
        sink = self._sink = self._opener.open(columns)
        for cells, own, result in self._spooled():
            added = wide_line(result, variants, synthesis=self._synthesis)
            sink.write((*cells, *added), (*own, *map(format_value, added)))
        return sink.close()

    def discard(self) -> None:
        if self._sink is not None:
            self._sink.discard()

    def _spooled(self) -> Iterator[tuple[Sequence[object], Sequence[str], RowResult]]:
        end = self._spool.tell()
        self._spool.seek(0)
        while self._spool.tell() < end:
            yield pickle.load(self._spool)
