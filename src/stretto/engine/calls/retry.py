"""The retry loop: when and how often a call is made again. The one place where tenacity is configured."""

from collections.abc import Callable

import anyio
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_random_exponential

from stretto.core.errors import ModelError
from stretto.engine.job import RunSettings
from stretto.engine.limits.retry_after import LONGEST_PAUSE, THROTTLED

Announce = Callable[[ModelError, float], None]
"""Called before another attempt, with the reason and the seconds until then."""


def retry_loop(settings: RunSettings, may_retry: Callable[[ModelError], bool], announce: Announce) -> AsyncRetrying:
    """Return the retry loop for one answer from one model: full jitter, Retry-After obeyed, attempts bounded."""
    counts = {True: 0, False: 0}
    jitter = wait_random_exponential(multiplier=settings.backoff, max=settings.max_backoff)

    def exhausted(state: RetryCallState) -> bool:
        error = _error(state)
        throttled = error is not None and error.kind in THROTTLED
        counts[throttled] += 1
        return counts[throttled] >= (settings.throttled_attempts if throttled else settings.attempts)

    def wait(state: RetryCallState) -> float:
        error = _error(state)
        return max(jitter(state), (error.retry_after if error else None) or 0.0)

    def before_sleep(state: RetryCallState) -> None:
        if error := _error(state):
            announce(error, state.upcoming_sleep)

    def is_retryable(error: BaseException) -> bool:
        return (
            isinstance(error, ModelError)
            and error.retryable
            and (error.retry_after or 0.0) <= LONGEST_PAUSE
            and may_retry(error)
        )

    return AsyncRetrying(
        stop=exhausted,
        wait=wait,
        retry=retry_if_exception(is_retryable),
        before_sleep=before_sleep,
        sleep=anyio.sleep,
        reraise=True,
    )


def _error(state: RetryCallState) -> ModelError | None:
    error = state.outcome.exception() if state.outcome else None
    return error if isinstance(error, ModelError) else None
