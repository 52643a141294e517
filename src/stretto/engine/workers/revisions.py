"""The current revision of each subtask, and the earlier result that is kept until it is there. Pure."""

from dataclasses import dataclass, replace

from stretto.core.checks import Finding
from stretto.core.journal import OutcomeKey, Revision, SavedRun
from stretto.core.models import Turn
from stretto.core.result import WorkerResult
from stretto.recipes import revise_answer


@dataclass(frozen=True, kw_only=True, slots=True)
class CurrentRevision:
    """One revision of one subtask, as a worker gets it."""

    revision: int = 0
    turns: tuple[Turn, ...] = ()
    """The earlier text and what a person wants to be different; empty for a first try and for a plain retry."""
    saved: WorkerResult | None = None
    """Its outcome, when it has one already."""
    earlier: WorkerResult | None = None
    """The result of an earlier revision, which stands until this one is there."""

    def or_earlier(self, result: WorkerResult) -> WorkerResult:
        """Return the result that counts: the new one, or the earlier one with a remark when the new one failed."""
        if self.earlier is None or result.error is None:
            return result
        message = f"Revision {self.revision} failed: {result.error} The earlier text stands."
        remark = Finding(check="revision", message=message, action="warn")
        return replace(self.earlier, findings=(*self.earlier.findings, remark))


FIRST = CurrentRevision()


class CurrentRevisions:
    """The current revision of every subtask of one run."""

    def __init__(self, saved: SavedRun) -> None:
        self._outcomes = saved.outcomes
        self._current = {revision.subtask_id: revision for revision in saved.revisions}

    def of(self, subtask_id: str) -> CurrentRevision:
        """Return the current revision of a subtask."""
        current = self._current.get(subtask_id, Revision(subtask_id=subtask_id, revision=0))
        before = (self._outcome(subtask_id, number) for number in range(current.revision - 1, -1, -1))
        earlier = next((result for result in before if result and result.status == "completed"), None)
        return CurrentRevision(
            revision=current.revision,
            turns=(Turn(answer=earlier.text, reply=revise_answer(current.note)),) if earlier and current.note else (),
            saved=self._outcome(subtask_id, current.revision),
            earlier=earlier,
        )

    def _outcome(self, subtask_id: str, revision: int) -> WorkerResult | None:
        outcome = self._outcomes.get(OutcomeKey(role="worker", subtask_id=subtask_id, revision=revision))
        return outcome if isinstance(outcome, WorkerResult) else None
