"""The work that every contender is given: one plan, texts of known length, and the least time they can take. No I/O."""

import heapq
import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tests.simulator.answers import Answer
from tests.simulator.asked import Asked
from tests.simulator.timing import Timing

Lengths = Literal["even", "long_tailed"]

TIMING = Timing(first_token=0.6, tokens_per_second=80.0, event_tokens=4)
"""How the simulated provider answers: seconds to the first token, tokens a second, tokens in one event."""
ANALYSIS_TOKENS = 150
SUBTASK_TOKENS = 40
TEXT_TOKENS = 330
"""The length of an even text, and the median of long-tailed ones."""
HANGING_SECONDS = 60.0
"""What an answer that hangs takes beside its own length."""
_CLOSING_TOKENS = 2
"""Of the plan's last tag."""
_TOKEN = 4
"""Characters of one token of plain text, as the simulated provider counts."""
_PART = re.compile(r"Part (\d+):")
_FILLER = "A text for a reader who is in a hurry, with one thought that stays, and nothing that is not in the brief. "


@dataclass(frozen=True, kw_only=True, slots=True)
class Workload:
    """One plan and its texts, the same for everybody."""

    subtasks: int
    lengths: Lengths = "even"
    seed: int = 7
    hanging: int = 0
    """Number of the part whose first answer in each run takes a minute longer; 0 for none."""
    speed: float = 1.0
    """How much faster than `TIMING` the provider answers."""

    def text_tokens(self) -> Sequence[int]:
        """Return the length of each text in tokens; long-tailed ones are lognormal (sigma 0.6)."""
        if self.lengths == "even":
            return [TEXT_TOKENS] * self.subtasks
        dice = random.Random(self.seed)
        return [max(20, round(TEXT_TOKENS * dice.lognormvariate(0.0, 0.6))) for _ in range(self.subtasks)]

    def answer(self, asked: Asked) -> Answer:
        """Answer a call of any contender; what is asked is told by its schema and by the parts that it names."""
        parts = {int(number) for number in _PART.findall(asked.prompt)}
        if asked.schema is not None:
            return Answer(text=self._plan_by_schema(asked.schema, done=bool(parts)))
        if not parts:
            last = 0 <= asked.prompt.find("<tasks>") < asked.prompt.find("<analysis>")
            return Answer(text=self._plan_in_markup(analysis_last=last))
        if len(parts) > 1:
            return Answer(text=_filled("All parts together.", TEXT_TOKENS))
        number = parts.pop()
        return Answer(text=_filled(f"<response>\nPart {number}.", self.text_tokens()[number - 1], "\n</response>"))

    def hanging_answer(self) -> Answer:
        """Return the answer that takes a minute longer than the part's own."""
        tokens = self.text_tokens()[self.hanging - 1] + round(HANGING_SECONDS * TIMING.tokens_per_second)
        return Answer(text=_filled(f"<response>\nPart {self.hanging}.", tokens, "\n</response>"), unlimited=True)

    def is_hanging(self, asked: Asked) -> bool:
        """Whether the part that hangs is asked for."""
        return {int(number) for number in _PART.findall(asked.prompt)} == {self.hanging}

    def _plan_in_markup(self, *, analysis_last: bool) -> str:
        if analysis_last:
            return (
                "<tasks>\n"
                + self._tasks_in_markup()
                + _filled("</tasks>\n<analysis>\n", ANALYSIS_TOKENS, "</analysis>")
            )
        return (
            _filled("<analysis>\n", ANALYSIS_TOKENS, "\n</analysis>\n<tasks>\n") + self._tasks_in_markup() + "</tasks>"
        )

    def _tasks_in_markup(self) -> str:
        ends = "</description>\n</task>\n"
        tasks = [
            _filled(f"<task>\n<type>angle {n}</type>\n<description>Part {n}: ", SUBTASK_TOKENS, ends)
            for n in range(1, self.subtasks + 1)
        ]
        return "".join(tasks)

    def _plan_by_schema(self, schema: Mapping[str, Any], *, done: bool) -> str:
        """Fill a schema: its array takes the subtasks, its strings the analysis, a flag says whether all is done."""
        filled = {
            name: self._value(schema, _resolved(schema, shape), done=done)
            for name, shape in schema["properties"].items()
        }
        return json.dumps(filled)

    def _value(self, schema: Mapping[str, Any], shape: Mapping[str, Any], *, done: bool) -> Any:
        if shape.get("type") == "boolean":
            return done
        if shape.get("type") != "array":
            return _filled("", ANALYSIS_TOKENS)
        if done:
            return []
        fields = {
            name: _resolved(schema, field) for name, field in _resolved(schema, shape["items"])["properties"].items()
        }
        if any(field.get("type") == "array" for field in fields.values()):
            # One step that holds all subtasks side by side.
            step = {name: self._value(schema, field, done=done) for name, field in fields.items()}
            return [step]
        return [_entry(fields, n) for n in range(1, self.subtasks + 1)]

    def early_bound(self, limit: int | None = None) -> float:
        """Return the least seconds when a worker may start once its subtask is written, `limit` at a time."""
        sealed = [TIMING.due(_events(ANALYSIS_TOKENS + SUBTASK_TOKENS * n)) for n in range(1, self.subtasks + 1)]
        return self._last_end(sealed, limit)

    def barrier_bound(self, limit: int | None = None) -> float:
        """Return the least seconds when workers start once the whole plan is written."""
        planned = TIMING.due(ANALYSIS_TOKENS + SUBTASK_TOKENS * self.subtasks + _CLOSING_TOKENS)
        return self._last_end([planned] * self.subtasks, limit)

    def _last_end(self, ready: Sequence[float], limit: int | None) -> float:
        """Serve texts in the order of the plan, `limit` at a time; return when the last one ends."""
        free = [0.0] * (limit or self.subtasks)
        for at, tokens in zip(ready, self.text_tokens(), strict=True):
            heapq.heappush(free, max(at, heapq.heappop(free)) + TIMING.due(tokens))
        return max(free) / self.speed


def _filled(head: str, tokens: int, tail: str = "") -> str:
    """Return a text of exactly so many tokens between `head` and `tail`."""
    room = tokens * _TOKEN - len(head) - len(tail)
    return head + (_FILLER * (room // len(_FILLER) + 1))[:room] + tail


def _events(tokens: int) -> int:
    """Return the tokens that have come with the event in which the last of them comes."""
    return -(-tokens // TIMING.event_tokens) * TIMING.event_tokens


def _resolved(schema: Mapping[str, Any], shape: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = shape.get("$ref")
    return schema["$defs"][reference.rsplit("/", 1)[-1]] if reference else shape


def _entry(fields: Mapping[str, Any], number: int) -> dict[str, str]:
    short = dict.fromkeys(fields, f"angle {number}")
    if "agent" in fields:
        short["agent"] = "writer"
    bare = short | {"description": ""}
    spent = len(json.dumps(bare)) + len(", ")
    return short | {"description": _filled(f"Part {number}: ", SUBTASK_TOKENS)[: SUBTASK_TOKENS * _TOKEN - spent]}
