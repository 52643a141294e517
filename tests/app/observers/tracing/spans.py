"""Reads the spans that were exported, and plays what they tell of."""

import anyio
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from stretto.core.errors import ModelError
from stretto.core.models import ModelRequest, OnText
from tests.engine.stage import Stage, asked_type, write

OPERATION, AGENT, ERROR = "gen_ai.operation.name", "gen_ai.agent.name", "error.type"
INPUT, OUTPUT = "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"


class CollectedSpans:
    """The spans that were exported."""

    def __init__(self, exporter: InMemorySpanExporter) -> None:
        self._exporter = exporter

    @property
    def all(self) -> list[ReadableSpan]:
        """Every span, in the order of their beginning."""
        return sorted(self._exporter.get_finished_spans(), key=lambda span: span.start_time or 0)

    def of(self, operation: str, agent: str | None = None) -> list[ReadableSpan]:
        """Return the spans of one operation, and of one agent."""
        wanted = {OPERATION: operation} | ({AGENT: agent} if agent else {})
        return [span for span in self.all if wanted.items() <= dict(span.attributes or {}).items()]

    def under(self, parent: ReadableSpan) -> list[ReadableSpan]:
        """Return a span's children."""
        return [span for span in self.all if span.parent and span.parent.span_id == parent.context.span_id]

    @property
    def run(self) -> ReadableSpan:
        """The run's own span."""
        [run] = self.of("invoke_workflow")
        return run

    @property
    def plan(self) -> ReadableSpan:
        """The plan's span."""
        [plan] = self.of("plan")
        return plan

    def text(self) -> str:
        """Return everything that was collected, as text."""
        return "\n".join(span.to_json() for span in self.all)


def said(span: ReadableSpan, *names: str) -> tuple[object, ...]:
    """Return some of a span's attributes, None for one that is not there."""
    return tuple((span.attributes or {}).get(name) for name in names)


def named(stage: Stage, name: str) -> Stage:
    """Return the stage with another name for its model."""
    stage.model.name = name
    return stage


async def hang(request: ModelRequest, say: OnText) -> str:
    """Never answer."""
    await anyio.sleep_forever()
    return ""


async def fail_b(request: ModelRequest, say: OnText) -> str:
    """Write all but b, whose call is refused."""
    if asked_type(request) == "b":
        raise ModelError("The secret brief is no good.", kind="bad_request")
    return await write(request, say)
