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
class _Completion:
    """How a run ended: it has a result, or it raised."""

    over: anyio.Event = field(default_factory=anyio.Event)
    result: RunResult | None = None
    failure: Exception | None = None


class EventStream:
    """The events of one run, in order; ends after `run_completed`."""

    def __init__(self, receive: MemoryObjectReceiveStream[Event], completion: _Completion) -> None:
        self._receive = receive
        self._completion = completion

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        try:
            return await self._receive.receive()
        except anyio.EndOfStream:
            if self._completion.failure:
                raise self._completion.failure from None
            raise StopAsyncIteration from None

    async def result(self) -> RunResult:
        """Return the result at the run's end, without waking up for each event."""
        await self._completion.over.wait()
        if self._completion.result is None:
            raise self._completion.failure or AssertionError("a run has a result, or raises")
        return self._completion.result


@asynccontextmanager
async def open_run(
    job: Job, journal: Journal, limiters: LimiterRegistry, *, observers: Sequence[Emit] = ()
) -> AsyncGenerator[EventStream]:
    """Start a run, or resume the one that the journal knows under its id; leaving cancels what is under way.

    `observers` see every event before the reader does, also when nobody reads; they must return at once.
    """
    send, receive = anyio.create_memory_object_stream[Event](float("inf"))
    completion = _Completion()
    raised: list[Exception] = []

    async def run() -> None:
        with send:
            recorder = EventRecorder(journal, job.run_id)
            try:
                try:
                    async with anyio.create_task_group() as group:
                        group.start_soon(recorder.write)
                        emitter = EventEmitter(send, (recorder.observe, *observers))
                        completion.result = await Run(job, journal, limiters, emitter).execute()
                        recorder.close()
                except* JournalError:
                    recorder.forget()
                    raise
                finally:  # Not sooner: a cancelled call publishes its end last.
                    await recorder.flush()
            except* Exception as errors:
                completion.failure = _single(errors)
            finally:
                limiters.run_ended(job.run_id)
                completion.over.set()

    with receive:
        async with anyio.create_task_group() as group:
            group.start_soon(run)
            try:
                yield EventStream(receive, completion)
            except Exception as error:  # Kept out of the task group, which would wrap it.
                raised.append(error)
            finally:
                group.cancel_scope.cancel()
    if raised:
        raise raised[0]


def _single(group: BaseExceptionGroup[Exception]) -> Exception:
    return next(error for error in _leaves(group))


def _leaves(group: BaseExceptionGroup[Exception]) -> Iterator[Exception]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
