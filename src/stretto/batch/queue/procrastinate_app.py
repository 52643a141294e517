"""The procrastinate app: the job of a row, its handler, and when a job is retried."""

from collections.abc import Awaitable, Callable
from typing import Any

from procrastinate import App, BaseConnector, BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.jobs import Job

TASK = "stretto.row"
QUEUE = "stretto"
_RETRY_SECONDS = 10
"""Until a job is retried whose row this worker could not run."""

Handler = Callable[[JobContext, str, int, bool], Awaitable[None]]


class _RetryLater(BaseRetryStrategy):
    """Always retries: what ends a row is recorded as its result, and its job then succeeds."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        """Retry it in a while."""
        return RetryDecision(retry_in={"seconds": _RETRY_SECONDS})


def new_app(connector: BaseConnector) -> App:
    """Return an app without a handler: it can put jobs in, and run none."""
    return App(connector=connector)


def register_row_handler(app: App, handler: Handler) -> None:
    """Call `handler` for each row whose job this process fetches."""

    async def row(context: JobContext, *, batch: str, place: int, retry: bool) -> None:
        await handler(context, batch, place, retry)

    app.task(name=TASK, queue=QUEUE, pass_context=True, retry=_RetryLater())(row)


def new_row_job(batch_id: str, place: int, run_id: str, *, retry: bool, priority: int) -> Job:
    """Return a job for one row. Its lock is the run: the same row is never run twice at the same time."""
    arguments: dict[str, Any] = {"batch": batch_id, "place": place, "retry": retry}
    return Job(queue=QUEUE, task_name=TASK, lock=run_id, queueing_lock=None, task_kwargs=arguments, priority=priority)
