"""A run's trace beside the program's own: under its span, never in its way, not there unless it is set up."""

import subprocess
import sys

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider

from stretto.app.observers.observing import observing
from stretto.core.events import RunWaiting
from tests.app.observers.tracing.spans import CollectedSpans, hang
from tests.engine.stage import Stage, plan

pytestmark = pytest.mark.anyio


async def test_the_callers_span_holds_the_run(provider: TracerProvider, collected: CollectedSpans):
    """A run that is started under a span, such as a web request's, is part of its trace."""
    with trace.get_tracer("web").start_as_current_span("POST /copy") as request:
        await Stage([plan("a")]).run()
    assert collected.run.parent is not None
    assert collected.run.parent.span_id == request.get_span_context().span_id
    assert {span.context.trace_id for span in collected.all} == {request.get_span_context().trace_id}


def test_the_callers_span_holds_a_run_from_a_script(collected: CollectedSpans):
    """`run_sync` keeps the caller's span, too."""
    with trace.get_tracer("script").start_as_current_span("nightly") as nightly:
        Stage([plan("a")]).orchestrator().run_sync("task")
    assert collected.run.parent is not None
    assert collected.run.parent.span_id == nightly.get_span_context().span_id


def test_events_before_the_run_are_nothing(collected: CollectedSpans):
    """Watching begins with the run; closing what never began ends nothing."""
    with observing() as observers:
        for observe in observers:
            observe(RunWaiting(cause="gate", model="m", message="wait"))
    assert collected.all == []


class Broken(SpanProcessor):
    """Fails as somebody else's code may."""

    def on_start(self, *_: object) -> None:
        """Raise."""
        raise RuntimeError("no room")


async def test_tracing_that_fails_does_not_touch_the_run(provider: TracerProvider, caplog: pytest.LogCaptureFixture):
    """A processor that raises is said once in the log, and the run goes on without it."""
    provider.add_span_processor(Broken())
    _, result = await Stage([plan("a")]).run()
    assert result.status == "complete"
    [record] = [record for record in caplog.records if "left out" in record.getMessage()]
    assert record.levelname == "WARNING"


async def test_a_provider_that_fails_at_the_end_does_not_touch_the_run(provider: TracerProvider):
    """An exporter that raises when the spans of a run that was left are ended leaves the caller alone."""

    class Full(SpanProcessor):
        def on_end(self, span: ReadableSpan) -> None:
            raise RuntimeError("no room")

    provider.add_span_processor(Full())
    async with Stage(hang).orchestrator().stream("task") as events:
        async for _ in events:
            break


@pytest.mark.parametrize("configured", [None, trace.NoOpTracerProvider()])
def test_without_a_collector_there_is_no_tracing(configured: object, monkeypatch: pytest.MonkeyPatch):
    """Where nothing collects spans, only the log watches."""
    monkeypatch.setattr("opentelemetry.trace._TRACER_PROVIDER", configured)
    with observing() as observers:
        assert len(observers) == 1


def test_without_a_collector_nothing_is_loaded():
    """A run that nobody traces does not even load OpenTelemetry."""
    program = (
        "import sys; from stretto import Orchestrator; "
        "Orchestrator(model='demo').run_sync('sell a bottle'); "
        "assert 'opentelemetry.trace' not in sys.modules, 'loaded'"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
