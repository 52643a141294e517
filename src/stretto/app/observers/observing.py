"""Who watches every run: the log, and tracing where it is configured. Neither can disturb the run."""

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Protocol

from stretto.app.observers.run_log import RunLog, logger
from stretto.core.events import Event

CONTENT_VARIABLE = "STRETTO_TRACE_CONTENT"
"""Set to 1, traces carry the task, the plan and the answers; otherwise none of them does."""


class Observer(Protocol):
    """Sees every event of one run; must return at once."""

    def observe(self, event: Event) -> None:
        """Take note of an event."""
        ...

    def close(self) -> None:
        """The run is over, or was left."""
        ...


@contextmanager
def observing() -> Generator[tuple[Callable[[Event], None], ...]]:
    """Yield the functions that get each event of one run, and close it however the block is left."""
    tracing = _open_tracing()
    watched = [_Guarded(observer) for observer in (RunLog(), tracing) if observer is not None]
    try:
        yield tuple(guarded.observe for guarded in watched)
    finally:
        for guarded in watched:
            guarded.close()


class _Guarded:
    """An observer that is dropped when it fails: what it hands on to is somebody else's code."""

    def __init__(self, observer: Observer) -> None:
        self._observer: Observer | None = observer

    def observe(self, event: Event) -> None:
        """Hand on an event."""
        if self._observer is not None:
            with self._dropping(self._observer):
                self._observer.observe(event)

    def close(self) -> None:
        """Hand on that it is over."""
        if self._observer is not None:
            with self._dropping(self._observer):
                self._observer.close()

    @contextmanager
    def _dropping(self, observer: Observer) -> Generator[None]:
        try:
            yield
        except Exception:
            self._observer = None
            logger.warning("%s failed and is left out of this run", type(observer).__name__, exc_info=True)


def _open_tracing() -> Observer | None:
    """Return the spans of a run that is about to begin; None, at no cost, where nobody collects any."""
    # Whoever set a provider has loaded the module; without one, loading it would only take time.
    api = sys.modules.get("opentelemetry.trace")
    if api is None or isinstance(api.get_tracer_provider(), (api.ProxyTracerProvider, api.NoOpTracerProvider)):
        return None
    from opentelemetry import context, trace  # only here: see above

    from stretto.app.observers.tracing import SCOPE, Tracing

    tracer = trace.get_tracer(*SCOPE)
    return Tracing(tracer, context.get_current(), content=os.environ.get(CONTENT_VARIABLE) == "1")
