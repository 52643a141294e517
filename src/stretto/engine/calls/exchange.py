"""What `ModelCaller` needs of a role to get one answer: the request, a listener, and what a reply means."""

from typing import Protocol, TypeVar

from stretto.core.errors import ModelError
from stretto.core.models import Model, ModelReply, ModelRequest, OnText, Turn
from stretto.core.result import Failure

T_co = TypeVar("T_co", covariant=True)


class Exchange(Protocol[T_co]):
    """One role's request and how to read its reply; it knows nothing of retries, limiters or budgets."""

    subtask_id: str
    """Empty for the orchestrator and the synthesis."""
    revision: int

    def request(self, turns: tuple[Turn, ...]) -> ModelRequest:
        """Return the request; `turns` are the answers that did not count, each with its correction."""
        ...

    def begin(self, attempt: int, model: Model) -> OnText | None:
        """Start an attempt, which voids what an earlier one wrote; return the listener, None for no streaming."""
        ...

    async def read(self, reply: ModelReply) -> T_co:
        """Return what a whole reply contains; raises `ModelError` when it cannot count as an answer."""
        ...

    def correction(self, error: ModelError) -> str:
        """Return the prompt that asks for a better answer in place of one that cannot count."""
        ...

    def may_retry(self, error: ModelError) -> bool:
        """Whether asking again from the start is right after an error."""
        ...

    def announce_retry(self, attempt: int, reason: Failure, model: str, seconds: float) -> None:
        """Publish that attempt number `attempt` is going to be made, after so many seconds."""
        ...
