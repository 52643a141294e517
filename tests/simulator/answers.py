"""What the simulated model answers: plans, texts and syntheses, the same for the same question. No I/O."""

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from tests.simulator.asked import Asked
from tests.simulator.tokens import count_tokens, first_tokens

Finish = Literal["stop", "length", "refusal", "context_window", "failed"]
"""How an answer ends. failed: the provider gave up and says so inside a 200, or left the turn open."""

WORDS = re.findall(
    r"\w+",
    "amber bright calm delicate early façade gentle harbour ivory joyful kind lively meadow noble open pebble quiet "
    "river silver timber useful velvet warm yonder zest orchard lantern copper feather garden hollow island",
)
"""Words without digits, so that no answer holds a number that its brief does not have; one is not ASCII."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the model says, and how it ends."""

    text: str = ""
    thinking: str = ""
    """Said before the text and paid like it."""
    finish: Finish = "stop"
    """"refusal" with a text is a refusal in the middle of it."""
    usage: bool = True
    """Whether the provider reports tokens."""
    unlimited: bool = False
    """Whether the client's limit on the answer is ignored."""

    def limited(self, limit: int | None) -> "Answer":
        """Return what is left of it within `limit` tokens; cut at the limit, it ends with "length"."""
        if limit is None or self.unlimited or count_tokens(self.thinking) + count_tokens(self.text) <= limit:
            return self
        thinking = first_tokens(self.thinking, limit)
        text = first_tokens(self.text, limit - count_tokens(thinking))
        return Answer(text=text, thinking=thinking, finish="length", usage=self.usage)


Answers = Callable[[Asked], "Answer | str"]
"""Answers a call; a plain string ends with "stop"."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DefaultAnswers:
    """A plan in the markup that is asked for, a `<response>` for each worker, a text for a synthesis."""

    seed: int = 0
    subtasks: int = 3
    words: tuple[int, int] = (40, 120)
    """Fewest and most words of a worker's text and of a synthesis."""
    thinking: int = 0
    """Words of thinking before each answer."""

    def __call__(self, asked: Asked) -> Answer:
        """Return the answer; it depends on the seed and the question alone, not on the order of calls."""
        dice = random.Random(f"{self.seed}:{asked.digest}")
        if asked.role == "orchestrator":
            text = plan_text(asked, self.subtasks)
        else:
            text = _prose(dice, dice.randint(*self.words))
            if "<response" in asked.prompt:
                text = f"<response>\n{text}\n</response>"
        return Answer(text=text, thinking=_prose(dice, self.thinking) if self.thinking else "")


def plan_text(asked: Asked, number: int, *, duplicates: bool = False) -> str:
    """Return a plan of `number` subtasks as XML or JSON, whatever the prompt asks for.

    Asked to continue, it leaves out what the last message lists. With `duplicates` all subtasks are the same.
    """
    listed = set(re.findall(r"^\d+\. (angle [a-z]+):", asked.last, re.MULTILINE))
    names = [_name(0 if duplicates else index) for index in range(number)]
    tasks = [(name, f"Write about the {name.removeprefix('angle ')} side.") for name in names if name not in listed]
    analysis = f"Naïve readings differ; {len(tasks)} sides are worth a text."
    if asked.schema is not None:
        return json.dumps(_by_schema(asked.schema, analysis, tasks), ensure_ascii=False)
    if _asks_for_json(asked.prompt):
        entries = [{"type": name, "description": description} for name, description in tasks]
        return json.dumps({"analysis": analysis, "tasks": entries}, ensure_ascii=False)
    items = "".join(
        f"<task>\n<type>{name}</type>\n<description>{description}</description>\n</task>\n"
        for name, description in tasks
    )
    return f"<analysis>\n{analysis}\n</analysis>\n\n<tasks>\n{items}</tasks>"


def _asks_for_json(prompt: str) -> bool:
    return prompt.rfind('tasks"') > prompt.lower().rfind("<task")


def _by_schema(schema: dict[str, Any] | Any, analysis: str, tasks: list[tuple[str, str]]) -> dict[str, Any]:
    """Fill an object schema: its array takes the subtasks, its strings the analysis."""
    filled: dict[str, Any] = {}
    for name, value in schema.get("properties", {}).items():
        if value.get("type") == "array":
            fields = value.get("items", {}).get("properties", {})
            filled[name] = [_entry(fields, *task) for task in tasks]
        else:
            filled[name] = analysis
    return filled


def _entry(fields: dict[str, Any], name: str, description: str) -> dict[str, Any]:
    texts = {"type": name}
    return {field: shape.get("enum", [texts.get(field, description)])[0] for field, shape in fields.items()}


def _name(index: int) -> str:
    """Return a name of letters only: a digit would look like a fact."""
    letters = ""
    while True:
        letters = chr(ord("a") + index % 26) + letters
        index = index // 26 - 1
        if index < 0:
            return f"angle {letters}"


def _prose(dice: random.Random, length: int) -> str:
    """Return sentences of eight words, one of them not ASCII in the very first."""
    words = ["naïve", *dice.choices(WORDS, k=max(length - 1, 0))]
    sentences = [" ".join(words[i : i + 8]).capitalize() + "." for i in range(0, len(words), 8)]
    return " ".join(sentences)
