"""A step of a run as spans: one for the step and, under it, one for each call that was made for it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context

from stretto.app.observers.span_attributes import Attributes, of_call, of_cost, of_usage
from stretto.core.events import CallEnded
from stretto.core.result import Failure
from stretto.core.usage import FREE, NO_USAGE

_NANOSECONDS = 1_000_000_000

INTERRUPTED = Failure(kind="interrupted", message="The run was left before its end.")
"""The error of what was under way when the stream was left or the run was cancelled."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Spans:
    """Makes the spans of one run. Times are seconds since the run began."""

    tracer: Tracer
    epoch: int
    """When the run began, in nanoseconds since 1970."""
    common: Attributes
    """What every span carries."""
    content: bool
    """Whether spans have texts."""

    def start(
        self, name: str, at: float, attributes: Attributes, *, within: Context, kind: SpanKind = SpanKind.INTERNAL
    ) -> Span:
        """Begin a span."""
        attributes = {**self.common, **attributes}
        return self.tracer.start_span(name, context=within, kind=kind, attributes=attributes, start_time=self._time(at))

    def end(self, span: Span, at: float, attributes: Attributes, error: Failure | None = None) -> None:
        """End a span, with the error that ended it."""
        span.set_attributes(dict(attributes))
        if error is not None:
            span.set_attribute("error.type", error.kind)
            # The message of a provider or a check may quote the texts.
            span.set_status(Status(StatusCode.ERROR, error.message if self.content else None))
        span.end(self._time(at))

    def add_event(self, span: Span, name: str, at: float, attributes: Mapping[str, str | int | float | None]) -> None:
        """Add an event to a span; what is None is left out."""
        known = {key: value for key, value in attributes.items() if value is not None}
        span.add_event(f"stretto.{name}", known, timestamp=self._time(at))

    def now(self) -> float:
        """Return the seconds since the run began."""
        return (time.time_ns() - self.epoch) / _NANOSECONDS

    def _time(self, at: float) -> int:
        return self.epoch + int(at * _NANOSECONDS)


class Step:
    """The plan, one subtask or the synthesis, and the calls for it."""

    def __init__(self, spans: Spans, span: Span) -> None:
        self._spans = spans
        self._span = span
        self.calls = 0
        """How many there were."""
        self.usage = NO_USAGE
        self.cost = FREE

    def call(self, event: CallEnded) -> None:
        """Put a call under the step, with its own beginning and end."""
        self.calls += 1
        self.usage += event.usage
        self.cost += event.cost
        attributes = of_call(event)
        span = self._spans.start(
            f"chat {attributes['gen_ai.request.model']}",
            max(0.0, event.at - event.seconds),
            attributes,
            within=set_span_in_context(self._span),
            kind=SpanKind.CLIENT,
        )
        self._spans.end(span, event.at, {}, event.error)

    def end(self, at: float, attributes: Attributes, error: Failure | None) -> None:
        """End the step with what its calls used together."""
        used = {**of_usage(self.usage), **of_cost(self.cost)} if self.calls else {}
        self._spans.end(self._span, at, {**attributes, **used, "stretto.attempts": self.calls}, error)
