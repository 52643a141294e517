"""When and how often a call is made again: the one place where tenacity is configured."""

from collections.abc import Callable

import anyio
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_random_exponential

from stretto.core.errors import ModelError
from stretto.engine.job import RunSettings
from stretto.engine.limits.retry_after import LONGEST_PAUSE, THROTTLED

Announce = Callable[[ModelError, float], None]
"""Told why there is going to be another attempt, and after how many seconds."""


def retrying(settings: RunSettings, may_retry: Callable[[ModelError], bool], announce: Announce) -> AsyncRetrying:
    """Return the retry loop for one answer from one model: full jitter, Retry-After obeyed, attempts bounded."""
    counts = {True: 0, False: 0}
    jitter = wait_random_exponential(multiplier=settings.backoff, max=settings.max_backoff)

    def enough(state: RetryCallState) -> bool:
        error = _error(state)
        throttled = error is not None and error.kind in THROTTLED
        counts[throttled] += 1
        return counts[throttled] >= (settings.throttled_attempts if throttled else settings.attempts)

    def wait(state: RetryCallState) -> float:
        error = _error(state)
        return max(jitter(state), (error.retry_after if error else None) or 0.0)

    def say(state: RetryCallState) -> None:
        if error := _error(state):
            announce(error, state.upcoming_sleep)

    def again(error: BaseException) -> bool:
        return (
            isinstance(error, ModelError)
            and error.retryable
            and (error.retry_after or 0.0) <= LONGEST_PAUSE
            and may_retry(error)
        )

    return AsyncRetrying(
        stop=enough,
        wait=wait,
        retry=retry_if_exception(again),
        before_sleep=say,
        sleep=anyio.sleep,
        reraise=True,
    )


def _error(state: RetryCallState) -> ModelError | None:
    error = state.outcome.exception() if state.outcome else None
    return error if isinstance(error, ModelError) else None
