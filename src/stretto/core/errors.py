"""The errors that stretto raises on purpose; each says what to do next. No I/O."""

from typing import Literal

from stretto.core.models import RateLimits


class StrettoError(Exception):
    """Something the user can mend. `str()` is one line; `hint` is the way out, possibly empty."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class InputError(StrettoError, ValueError):
    """The caller gave something that cannot be used: a task, an option, a file, a context value."""


class UnderWayError(InputError):
    """The run is being carried out right now, here or by another process."""

    def __init__(self, run_id: str) -> None:
        super().__init__(
            f"Run {run_id} is being carried out right now.", hint="Wait for its end, or stop it where it was started."
        )


class RecipeError(InputError):
    """A recipe cannot be found, read or filled."""


class JournalError(StrettoError):
    """The journal cannot be opened, read or written; what it took before is safe in it."""


class QueueError(StrettoError):
    """The queue of many machines cannot be opened, read or written; what it took before is safe in it."""


ErrorKind = Literal[
    "connection",  # the provider could not be reached or the connection was lost
    "timeout",  # no answer, or no further token, in time
    "cut",  # the answer stopped without an end signal
    "rate_limit",
    "overloaded",
    "server",
    "authentication",
    "permission",
    "billing",  # quota, credit or spend limit of the account
    "not_found",  # the model
    "unexplained",  # refused with a message that names neither the key, nor the account, nor the model, nor the text
    "bad_request",
    "context_window",
    "protocol",  # not what the provider's protocol says
    "empty",
    "refused",
    "truncated",
    "malformed",
    "rejected",  # by a check
    "plan",  # the orchestrator's answer is not a plan
    "limit",  # past the number of subtasks that is allowed
    "budget",
    "deadline",
    "declined",  # by the person who reviewed the plan
    "planned",  # only the plan was asked for
    "interrupted",
    "unexpected",
]
"""What went wrong with a call or with its answer."""

RUN_WIDE: frozenset[ErrorKind] = frozenset({"authentication", "permission", "billing", "not_found"})
"""Kinds that every further call to the same model would meet too."""

RETRYABLE: frozenset[ErrorKind] = frozenset(
    {
        *("connection", "timeout", "cut", "rate_limit", "overloaded", "server", "protocol"),
        *("empty", "refused", "truncated", "malformed", "rejected"),
    }
)
"""Kinds that another attempt may cure."""

OF_THE_ANSWER: frozenset[ErrorKind] = frozenset(
    {"empty", "refused", "truncated", "malformed", "rejected", "bad_request", "context_window"}
)
"""Kinds that lie in what was asked and answered, and not in the circumstances."""


class ModelError(StrettoError):
    """A model call failed, or its answer cannot count as one."""

    def __init__(
        self,
        message: str,
        *,
        kind: ErrorKind,
        retryable: bool | None = None,
        retry_after: float | None = None,
        model: str = "",
        status: int | None = None,
        limits: RateLimits | None = None,
        sent: bool = True,
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.kind: ErrorKind = kind
        self.retryable = kind in RETRYABLE if retryable is None else retryable
        self.retry_after = retry_after
        """Seconds the provider asked to wait; None when it did not say."""
        self.model = model
        self.status = status
        """HTTP status; None when there was no HTTP answer."""
        self.limits = limits
        """None when the response had no rate-limit headers."""
        self.sent = sent
        """False when the request never left: no connection was made, so nothing can be billed."""

    def copied(self) -> "ModelError":
        """Return the same error without its traceback, to be kept: frames keep a model and its connections alive."""
        return ModelError(
            self.message,
            kind=self.kind,
            retryable=self.retryable,
            retry_after=self.retry_after,
            model=self.model,
            status=self.status,
            limits=self.limits,
            sent=self.sent,
            hint=self.hint,
        )

    @property
    def run_wide(self) -> bool:
        """Whether every further call to this model would fail in the same way."""
        return self.kind in RUN_WIDE
