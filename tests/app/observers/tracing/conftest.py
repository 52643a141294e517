"""A collector of spans for one test."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from stretto.app.observers.observing import CONTENT_VARIABLE
from tests.app.observers.tracing.spans import CollectedSpans


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> TracerProvider:
    """Configure tracing for one test: OpenTelemetry itself allows it once a process."""
    provider = TracerProvider()
    monkeypatch.setattr("opentelemetry.trace._TRACER_PROVIDER", provider)
    monkeypatch.delenv(CONTENT_VARIABLE, raising=False)
    return provider


@pytest.fixture
def collected(provider: TracerProvider) -> Iterator[CollectedSpans]:
    """Collect every span."""
    exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield CollectedSpans(exporter)
    provider.shutdown()
