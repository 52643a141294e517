"""The port to checks: what a check gets, and the finding it returns. No I/O."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Literal, Protocol

from stretto.core.plan import Subtask
from stretto.core.task import Task

FindingAction = Literal["reject", "repair", "warn"]
"""reject: never a result; repair: asked for again, kept with the remark if that does not help; warn: kept."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A worker's answer with what it was asked."""

    text: str
    task: Task
    subtask: Subtask
    language: str | None = None
    """The language asked for, as a code such as "zh"; None when it is the brief's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What a check has to say about an answer."""

    check: str
    """Name of the check."""
    message: str
    """What is wrong and what would be right, worded as an instruction to the worker."""
    action: FindingAction


class Check(Protocol):
    """Looks at one answer. A synchronous one must be quick: everything else waits for it.

    A check that raises is a remark beside the text. One that has `strict = True` fails closed: the text is then no
    result.
    """

    @property
    def name(self) -> str:
        """How recipes and settings call it."""
        ...

    def inspect(self, answer: Answer) -> Finding | Awaitable[Finding | None] | None:
        """Return a finding on the answer, or None; may be `async`."""
        ...
