"""One role's side of the calls for one answer: what is asked, who listens, what a reply means."""

from typing import Protocol, TypeVar

from stretto.core.errors import ModelError
from stretto.core.models import Model, ModelReply, ModelRequest, OnText, Turn
from stretto.core.result import Failure

T_co = TypeVar("T_co", covariant=True)


class Exchange(Protocol[T_co]):
    """What `Caller` needs to know about a role; the role knows nothing of retries, limiters or budgets."""

    subtask_id: str
    """Empty for the orchestrator and the synthesis."""
    revision: int

    def request(self, turns: tuple[Turn, ...]) -> ModelRequest:
        """Return what is asked, `turns` being what was said since."""
        ...

    def begin(self, attempt: int, model: Model) -> OnText | None:
        """An attempt starts, and what an earlier one wrote is void; return who listens, None for nobody."""
        ...

    async def read(self, reply: ModelReply) -> T_co:
        """Return what a whole reply says; raises `ModelError` when it cannot count as an answer."""
        ...

    def mend(self, error: ModelError) -> str:
        """Return what the model is told of an answer that cannot count."""
        ...

    def may_retry(self, error: ModelError) -> bool:
        """Whether asking again from the start is right after an error."""
        ...

    def retrying(self, attempt: int, reason: Failure, model: str, seconds: float) -> None:
        """Attempt number `attempt` is going to be made, after so many seconds."""
        ...
