"""Reads JSON lines as a stream: one object a line, its names the columns."""

import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import cast

from stretto.batch.tables.readers.cell_formatting import format_value
from stretto.batch.tables.readers.encodings import detect_encoding
from stretto.batch.tables.readers.raw_rows import CELL_LIMIT, Opened, RawRow, broken, column_names
from stretto.core.text import replace_surrogates

_LINE_LIMIT = 5 * CELL_LIMIT


class JsonLinesFile:
    """A file of JSON lines. The columns are all names of all its objects, so it is read once to know them."""

    def __init__(self, path: Path, *, encoding: str | None = None) -> None:
        self._path = path
        self._encoding, note = detect_encoding(path, given=encoding)
        names: dict[str, None] = {}
        for _, fields in self._objects():
            names.update(dict.fromkeys(fields))
        self.opened = Opened(column_names(path, tuple(names)), (note,) if note else ())

    def read(self) -> Iterator[RawRow]:
        """Yield the rows, from the beginning; raises `InputError` that names a line which cannot be read."""
        for number, fields in self._objects():
            cells = [fields.get(name) for name in self.opened.columns]
            texts = [format_value(cell) for cell in cells]
            if max(map(len, texts)) > CELL_LIMIT:
                raise broken(self._path, number, f"has a cell of more than {CELL_LIMIT:,} characters")
            if any(texts):
                yield RawRow(number, cells, texts)

    def reading_notes(self) -> Sequence[str]:
        """Return nothing: each row is data."""
        return ()

    def _objects(self) -> Iterator[tuple[int, dict[str, object]]]:
        with self._path.open(encoding=self._encoding, newline="\n") as file:
            for number, line in enumerate(iter(partial(file.readline, _LINE_LIMIT), ""), 1):
                if len(line) == _LINE_LIMIT:
                    raise broken(self._path, number, f"has more than {_LINE_LIMIT:,} characters")
                if line.strip():
                    yield number, self._object(number, line)

    def _object(self, number: int, line: str) -> dict[str, object]:
        try:
            value: object = json.loads(line, object_pairs_hook=_unique)
        except _TwiceError as error:
            raise broken(self._path, number, f"names {error.args[0]!r} twice") from None
        except (ValueError, RecursionError) as error:
            hint = "JSON lines has one whole object on each line."
            reason = error.msg if isinstance(error, json.JSONDecodeError) else "too deep or too long"
            raise broken(self._path, number, f"is not JSON ({reason})", hint=hint) from None
        if not isinstance(value, dict):
            raise broken(self._path, number, "is not an object", hint='A line looks like {"name": "value"}.')
        return cast("dict[str, object]", value)


class _TwiceError(ValueError):
    """A name stands twice in one object."""


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields: dict[str, object] = {}
    for name, value in pairs:
        clean = replace_surrogates(name).strip()
        if clean in fields:
            raise _TwiceError(clean)
        fields[clean] = value
    return fields
