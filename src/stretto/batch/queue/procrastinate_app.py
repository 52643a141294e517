"""What procrastinate is told of a row: a name, where the row lies, and what to do when it could not be run."""

from collections.abc import Awaitable, Callable
from typing import Any

from procrastinate import App, BaseConnector, BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.jobs import Job

TASK = "stretto.row"
QUEUE = "stretto"
_LATER = 10
"""Seconds until a row is offered again that this worker could not run."""

Handler = Callable[[JobContext, str, int, bool], Awaitable[None]]


class _Later(BaseRetryStrategy):
    """A row is never given up here: what ends it is recorded as its outcome, and its job then succeeds."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        """Offer it again in a while."""
        return RetryDecision(retry_in={"seconds": _LATER})


def new_app(connector: BaseConnector) -> App:
    """Return an app that knows nothing but to hand out rows."""
    return App(connector=connector)


def take_rows(app: App, handler: Handler) -> None:
    """Have rows that are handed out to this process carried out by `handler`."""

    async def row(context: JobContext, *, batch: str, place: int, retry: bool) -> None:
        await handler(context, batch, place, retry)

    app.task(name=TASK, queue=QUEUE, pass_context=True, retry=_Later())(row)


def row_job(batch_id: str, place: int, run_id: str, *, retry: bool, priority: int) -> Job:
    """Return a job for one row. Its lock is the run: the same row is never run twice at the same time."""
    arguments: dict[str, Any] = {"batch": batch_id, "place": place, "retry": retry}
    return Job(queue=QUEUE, task_name=TASK, lock=run_id, queueing_lock=None, task_kwargs=arguments, priority=priority)
