"""Reads Parquet by batches of rows. Needs the extra `tables`."""

from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from stretto.batch.tables.readers.cell_formatting import format_value
from stretto.batch.tables.readers.raw_rows import CELL_LIMIT, Opened, RawRow, broken, column_names
from stretto.core.errors import InputError

_BATCH_ROWS = 512


def need_pyarrow(name: str) -> Any:
    """Return a module of pyarrow; raises `InputError` that says how to install it."""
    try:
        return import_module(name)  # an extra, and untyped
    except ImportError:
        raise InputError("Parquet needs pyarrow.", hint='Install it: pip install "stretto[tables]"') from None


class ParquetFile:
    """A Parquet file; one batch of rows is in memory at a time, and what pyarrow needs of the current row group."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._parquet = need_pyarrow("pyarrow.parquet")
        self._failure: type[Exception] = need_pyarrow("pyarrow").ArrowException
        with self._open() as file:
            self.opened = Opened(column_names(path, [str(name) for name in file.schema_arrow.names]))

    def read(self) -> Iterator[RawRow]:
        """Yield the rows, from the beginning; raises `InputError` when the file breaks off."""
        number = 1
        with self._open() as file:
            try:
                for batch in file.iter_batches(batch_size=_BATCH_ROWS, use_threads=False):
                    columns = [column.to_pylist() for column in batch.columns]
                    for cells in zip(*columns, strict=True):
                        number += 1
                        texts = [format_value(cell) for cell in cells]
                        if max(map(len, texts)) > CELL_LIMIT:
                            raise broken(self._path, number, f"has a cell of more than {CELL_LIMIT:,} characters")
                        if any(texts):
                            yield RawRow(number, cells, texts)
            except (self._failure, OSError, ValueError) as error:
                raise self._unreadable(error) from error

    def reading_notes(self) -> Sequence[str]:
        """Return nothing: each row is data."""
        return ()

    def _open(self) -> Any:
        try:
            return self._parquet.ParquetFile(self._path, pre_buffer=False)
        except (self._failure, OSError, ValueError) as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> InputError:
        if isinstance(error, InputError):
            return error
        reason = " ".join(str(error).split())[:120]
        return InputError(f"{self._path} cannot be read as Parquet: {reason}")
