"""Issues ids to sealed subtasks, and matches started subtasks with those of the whole plan."""

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import replace

from stretto.core.plan import Subtask


class SubtaskIds:
    """Issues the ids of one run."""

    def __init__(self, sealed: Iterable[Subtask] = ()) -> None:
        self.sealed: list[Subtask] = list(sealed)
        """Every subtask that was ever sealed in this run, in order."""

    def seal(self, subtask: Subtask) -> Subtask:
        """Return the subtask under an id that was never used before in the run."""
        sealed = replace(subtask, id=f"s{len(self.sealed) + 1}")
        self.sealed.append(sealed)
        return sealed


class SubtaskMatcher:
    """Finds subtasks again by (type, description), in order, each one at most once."""

    def __init__(self, known: Sequence[Subtask]) -> None:
        self._known: dict[tuple[str, str], deque[Subtask]] = defaultdict(deque)
        for subtask in known:
            self._known[subtask.type, subtask.description].append(subtask)

    def claim(self, subtask: Subtask) -> Subtask | None:
        """Return the first unclaimed known subtask of the same wording, or None."""
        same = self._known.get((subtask.type, subtask.description))
        return same.popleft() if same else None
