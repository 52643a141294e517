"""Keys planted where keys live, a provider that repeats them, and a collector of spans."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from stretto.app.observers.json_log import LOG_VARIABLE, log_as_told
from stretto.app.observers.observing import CONTENT_VARIABLE
from stretto.app.settings.keys import set_key
from tests.canary.keys import CANARY, STORED
from tests.canary.server import Server


@pytest.fixture
def server() -> Iterator[Server]:
    """Start the server."""
    with Server() as running:
        yield running


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """Collect every span, content included."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr("opentelemetry.trace._TRACER_PROVIDER", provider)
    monkeypatch.setenv(CONTENT_VARIABLE, "1")
    return exporter


@pytest.fixture(autouse=True)
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Server) -> Iterator[Path]:
    """Plant the keys in the environment and in the key file, and log everything to stderr; runs are kept below."""
    monkeypatch.setenv("STRETTO_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("STRETTO_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    for name in ("STRETTO_MODEL", "STRETTO_WORKER_MODEL", "STRETTO_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ANTHROPIC_API_KEY", CANARY)
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
    file = set_key("openrouter", STORED)
    monkeypatch.setenv(LOG_VARIABLE, "debug")
    log_as_told()
    yield file
    monkeypatch.delenv(LOG_VARIABLE)
    log_as_told()
