"""A step of a run as spans: one for the step and, under it, one for each call that was made for it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context

from stretto.app.genai import OTHER, Attributes, of_model
from stretto.core.result import Failure

_NANOSECONDS = 1_000_000_000

CUT_SHORT = Failure(kind="interrupted", message="The run was left before its end.")
"""The error of what was under way when the stream was left or the run was cancelled."""

NOT_TOLD = Failure(kind="unexpected", message="The answer could not be used.")
"""The error of an answer of which no event says what was wrong with it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Spans:
    """Makes the spans of one run. Times are seconds since the run began."""

    tracer: Tracer
    epoch: int
    """When the run began, in nanoseconds since 1970."""
    common: Attributes
    """What every span carries."""
    content: bool
    """Whether texts may be told."""

    def start(
        self, name: str, at: float, attributes: Attributes, *, within: Context, kind: SpanKind = SpanKind.INTERNAL
    ) -> Span:
        """Begin a span."""
        said = {**self.common, **attributes}
        return self.tracer.start_span(name, context=within, kind=kind, attributes=said, start_time=self._time(at))

    def end(self, span: Span, at: float, attributes: Attributes, error: Failure | None = None) -> None:
        """End a span, with the error that ended it."""
        span.set_attributes(dict(attributes))
        if error is not None:
            span.set_attribute("error.type", OTHER if error is NOT_TOLD else error.kind)
            # What a provider or a check says may quote the texts.
            span.set_status(Status(StatusCode.ERROR, error.message if self.content else None))
        span.end(self._time(at))

    def note(self, span: Span, name: str, at: float, said: Mapping[str, str | int | float | None]) -> None:
        """Put a moment on a span; what is None is left out."""
        known = {key: value for key, value in said.items() if value is not None}
        span.add_event(f"stretto.{name}", known, timestamp=self._time(at))

    def now(self) -> float:
        """Return the seconds since the run began."""
        return (time.time_ns() - self.epoch) / _NANOSECONDS

    def _time(self, at: float) -> int:
        return self.epoch + int(at * _NANOSECONDS)


class Step:
    """The plan, one subtask or the synthesis, and the calls for it.

    A call becomes a span when it is over: only then is it known that it was made.
    """

    def __init__(self, spans: Spans, span: Span, at: float, model: str) -> None:
        self._spans = spans
        self._span = span
        self._attempt = 1
        self._began = at
        # Empty where it is not known.
        self._model = model

    def again(self, attempt: int, at: float, reason: Failure | None, *, model: str, pause: float = 0.0) -> None:
        """Attempt number `attempt` is going to be made after a pause; `reason` is None where it is not known."""
        if attempt > self._attempt:  # Otherwise the attempt that was announced before was never made.
            self._call(at, {}, reason or NOT_TOLD)
        self._attempt, self._began, self._model = attempt, at + pause, model

    def end(
        self,
        at: float,
        attributes: Attributes,
        error: Failure | None,
        *,
        calls: int,
        used: Attributes,
        cut: Failure | None = None,
    ) -> None:
        """End the step; `calls` were made for it and used `used` together; `cut` ended the last one, not the step."""
        if calls >= self._attempt:
            # What one of several calls used is not known.
            self._call(at, used if calls == 1 else {}, error or cut)
        self._spans.end(self._span, at, {**attributes, **used, "stretto.attempts": calls}, error)

    def cut_short(self, at: float) -> None:
        """End the step in the middle."""
        if at >= self._began:  # Otherwise it was waiting to be asked again.
            self._call(at, {}, CUT_SHORT)
        self._spans.end(self._span, at, {}, CUT_SHORT)

    def _call(self, at: float, attributes: Attributes, error: Failure | None) -> None:
        named: Attributes = of_model(self._model) if self._model else {}
        span = self._spans.start(
            f"chat {named['gen_ai.request.model']}" if named else "chat",
            min(self._began, at),
            {"gen_ai.operation.name": "chat", **named, "stretto.attempt": self._attempt},
            within=set_span_in_context(self._span),
            kind=SpanKind.CLIENT,
        )
        self._spans.end(span, at, attributes, error)
