"""The keys that are planted, and the look into every place where none may be."""

import base64
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

# They look like no provider's key, so that nothing but knowing them can keep them out.
CANARY = "canary7Qx2mZ9vLk4Tp8"
STORED = "canary3Wd6nB1yHs5Rj0"
PLACED = "canary9Ht4cV2mXq7Lw"
"""Stands in addresses."""
LOGIN = base64.b64encode(f"user:{PLACED}".encode()).decode()
MARKS = (
    *(form for key in (CANARY, STORED, PLACED) for form in (key.lower(), key.encode().hex())),
    LOGIN.lower(),
    quote(PLACED).lower(),
)
"""How a key would look: as text, and as bytes that a database shows."""


def rows_of(address: str) -> str:
    """Return every row of every table in a Postgres database, as text."""
    with psycopg.connect(address) as connection:
        tables = connection.execute(
            "SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) FROM information_schema.tables "
            "WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        rows = [connection.execute(f"SELECT t::text FROM {name} t").fetchall() for (name,) in tables]
    return "\n".join(row for table in rows for (row,) in table)


def ours(told: InMemorySpanExporter) -> list[ReadableSpan]:
    """Return the spans that stretto told of."""
    spans = told.get_finished_spans()
    return [span for span in spans if span.instrumentation_scope and span.instrumentation_scope.name == "stretto"]


@contextmanager
def nowhere(
    told: InMemorySpanExporter,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    folder: Path,
    file: Path,
) -> Iterator[list[str]]:
    """Collect what happens under it, and then see that no key is in any of it; `file` alone may have one."""
    seen: list[str] = []
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, logger="stretto")
    yield seen
    shown = capsys.readouterr()
    places = {
        "event or error": "\n".join(seen),
        "trace": "\n".join(span.to_json() for span in ours(told)),
        "log": "\n".join(f"{vars(record)} {record.getMessage()}" for record in caplog.records) + caplog.text,
        "stdout": shown.out,
        "stderr": shown.err,
    }
    for path in folder.rglob("*"):
        if path.is_file() and path != file:
            places[str(path)] = path.read_bytes().decode(errors="replace")
    assert [place for place, text in places.items() if any(mark in text.lower() for mark in MARKS)] == []
    assert STORED in file.read_text(), "the canary was not planted"
    assert places["trace"]
    assert "run_started" in places["log"]
