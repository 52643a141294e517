"""Writes lines of a table as CSV, JSON lines or Parquet, one after the other."""

import codecs
import csv
import json
import math
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, Any, Protocol, cast

from stretto.batch.tables.readers.parquet import need_pyarrow
from stretto.core.text import ESCAPED_IN_JSON, for_file, replace_surrogates
from stretto.export import guard

# What is a number to a spreadsheet runs nothing, though it may begin with a sign.
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)*(?:[eE][+-]?[0-9]+)?%?")


class Sink(Protocol):
    """A table that is being written."""

    def write(self, cells: Sequence[object], shown: Sequence[str]) -> None:
        """Write one line: the values with their types, and as people see them."""
        ...

    def close(self) -> Sequence[str]:
        """Write what belongs at the end; return notes about the file."""
        ...

    def discard(self) -> None:
        """End without a table, because something went wrong; must not raise."""
        ...


class CsvSink:
    """CSV as spreadsheets take it: UTF-8 with a byte order mark, and nothing that they would run unless it is `raw`."""

    def __init__(self, stream: IO[bytes], columns: Sequence[str], *, delimiter: str, raw: bool) -> None:
        stream.write(codecs.BOM_UTF8)
        self._writer = csv.writer(_Utf8(stream), delimiter=delimiter)
        self._raw = raw
        self.write(columns, columns)

    def write(self, cells: Sequence[object], shown: Sequence[str]) -> None:
        """Write one line."""
        self._writer.writerow([replace_surrogates(text) if self._raw else _guarded(text) for text in shown])

    def close(self) -> Sequence[str]:
        """Do nothing: each line stands for itself."""
        return ()

    def discard(self) -> None:
        """Do nothing."""


class _Utf8:
    """Encodes what is written and buffers nothing, so that a full disk is met by the line that meets it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(text.encode())


def _guarded(text: str) -> str:
    return text if _NUMBER.fullmatch(text) else guard(replace_surrogates(text))


class JsonLinesSink:
    """One object a line; numbers, lists and what else JSON knows stay what they are."""

    def __init__(self, stream: IO[bytes], columns: Sequence[str]) -> None:
        self._stream = stream
        self._columns = columns

    def write(self, cells: Sequence[object], shown: Sequence[str]) -> None:
        """Write one line."""
        values = [_json(cell, text) for cell, text in zip(cells, shown, strict=True)]
        line = json.dumps(dict(zip(self._columns, values, strict=True)), ensure_ascii=False, default=str)
        self._stream.write(replace_surrogates(line).translate(ESCAPED_IN_JSON).encode() + b"\n")

    def close(self) -> Sequence[str]:
        """Do nothing: each line stands for itself."""
        return ()

    def discard(self) -> None:
        """Do nothing."""


def _json(cell: object, text: str) -> object:
    if isinstance(cell, float):
        return cell if math.isfinite(cell) else None
    if cell is None or isinstance(cell, (str, int)):
        return cell
    return cast("object", cell) if isinstance(cell, (list, dict)) else text


_PARQUET_ROWS = 1000


class ParquetSink:
    """Parquet with a column of text for each of the table's, in groups of rows."""

    def __init__(self, stream: IO[bytes], columns: Sequence[str]) -> None:
        self._arrow: Any = need_pyarrow("pyarrow")
        self._failure: type[Exception] = self._arrow.ArrowException
        self._schema = self._arrow.schema([(name, self._arrow.string()) for name in columns])
        self._writer = need_pyarrow("pyarrow.parquet").ParquetWriter(stream, self._schema)
        self._lines: list[Sequence[str]] = []

    def write(self, cells: Sequence[object], shown: Sequence[str]) -> None:
        """Write one line."""
        self._lines.append([for_file(replace_surrogates(text)) for text in shown])
        if len(self._lines) == _PARQUET_ROWS:
            self._flush()

    def close(self) -> Sequence[str]:
        """Write the last group and the index."""
        self._flush()
        self._writer.close()
        return ()

    def discard(self) -> None:
        """Close the writer while it can, else it would do so once nobody holds it."""
        with suppress(self._failure, OSError, ValueError):
            self._writer.close()

    def _flush(self) -> None:
        if self._lines:
            columns = [list(column) for column in zip(*self._lines, strict=True)]
            self._writer.write_table(self._arrow.table(columns, schema=self._schema))
            self._lines.clear()
