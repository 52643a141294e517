"""A run as a stream of events: opened with `async with`; leaving it cancels everything under it."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream

from stretto.core.errors import JournalError
from stretto.core.events import Event
from stretto.core.journal import Journal
from stretto.core.result import RunResult
from stretto.engine.events.emitter import Emit, EventEmitter
from stretto.engine.events.recorder import EventRecorder
from stretto.engine.job import Job
from stretto.engine.limits.registry import LimiterRegistry
from stretto.engine.run import Run


@dataclass(kw_only=True, slots=True, eq=False)
class _Ending:
    """How a run ended: it has a result, or it raised."""

    over: anyio.Event = field(default_factory=anyio.Event)
    result: RunResult | None = None
    failure: Exception | None = None


class EventStream:
    """The events of one run, in order; ends after `run_completed`."""

    def __init__(self, receive: MemoryObjectReceiveStream[Event], ending: _Ending) -> None:
        self._receive = receive
        self._ending = ending

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        try:
            return await self._receive.receive()
        except anyio.EndOfStream:
            if self._ending.failure:
                raise self._ending.failure from None
            raise StopAsyncIteration from None

    async def result(self) -> RunResult:
        """Return the result at the run's end, for who does not watch and need not be woken for each event."""
        await self._ending.over.wait()
        if self._ending.result is None:
            raise self._ending.failure or AssertionError("a run has a result, or raises")
        return self._ending.result


@asynccontextmanager
async def open_run(
    job: Job, journal: Journal, limiters: LimiterRegistry, *, observers: Sequence[Emit] = ()
) -> AsyncGenerator[EventStream]:
    """Start a run, or resume the one that the journal knows under its id; leaving cancels what is under way.

    `observers` see every event before the reader does, also when nobody reads; they must return at once.
    """
    send, receive = anyio.create_memory_object_stream[Event](float("inf"))
    ending = _Ending()
    left_by: list[Exception] = []

    async def run() -> None:
        with send:
            recorder = EventRecorder(journal, job.run_id)
            try:
                try:
                    async with anyio.create_task_group() as group:
                        group.start_soon(recorder.write)
                        emitter = EventEmitter(send, (recorder.observe, *observers))
                        ending.result = await Run(job, journal, limiters, emitter).carry_out()
                        recorder.close()
                except* JournalError:
                    recorder.forget()
                    raise
                finally:  # Not sooner: a call that is left tells how it ended in the very end.
                    await recorder.flush()
            except* Exception as errors:
                ending.failure = _single(errors)
            finally:
                limiters.run_ended(job.run_id)
                ending.over.set()

    with receive:
        async with anyio.create_task_group() as group:
            group.start_soon(run)
            try:
                yield EventStream(receive, ending)
            except Exception as error:  # Kept out of the task group, which would wrap it.
                left_by.append(error)
            finally:
                group.cancel_scope.cancel()
    if left_by:
        raise left_by[0]


def _single(group: BaseExceptionGroup[Exception]) -> Exception:
    return next(error for error in _leaves(group))


def _leaves(group: BaseExceptionGroup[Exception]) -> Iterator[Exception]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
