"""The names under which models write the parts of a plan. No I/O."""

import re
from functools import lru_cache
from typing import Literal

from stretto.parsing.reasoning.marks import THINKING

Kind = Literal["wrapper", "task", "approach", "item", "type", "description", "tier", "meta", "analysis", "think"]
"""What a tag is for. approach: a task where none is open, else a type; meta: known and not needed."""

WRAPPERS = frozenset(
    {
        *("tasks", "subtasks", "sub_tasks", "plan", "task_list", "tasklist", "subtask_list", "approaches"),
        *("任务列表", "子任务列表", "计划", "方案"),
    }
)
TASKS = frozenset({"task", "subtask", "sub_task", "任务", "子任务"})
TYPES = ("type", "task_type", "tasktype", "name", "title", "style", "approach", "kind", "label", "category")
"""The first one that is there is the type."""
TYPE_NAMES = frozenset((*TYPES, "类型", "名称", "风格", "任务类型"))
OTHER_TYPES = ("role", "tone", "angle", "lens", "perspective", "variant", "task")
"""Read as the type only where none of the above is there."""
DESCRIPTIONS = frozenset(
    {
        *("description", "desc", "task_description", "taskdescription", "details", "detail"),
        *("instructions", "instruction", "guidelines", "guideline", "描述", "说明", "任务描述"),
    }
)
"""All that are there are the description."""
OTHER_DESCRIPTIONS = (
    "content",
    "prompt",
    "text",
    "body",
    "brief",
    "goal",
    "objective",
    "task",
    "summary",
    "内容",
    "提示词",
    "目标",
)
"""Read as the description only where none of the above is there."""
SHORT = range(1, 81)
"""How long such a type may be: what is longer says what to do."""
TIERS = ("tier", "effort", "route", "model")
META = frozenset({"id", "number", "index", "order", "priority", "rationale", "reason", "notes", "note", "weight"})
ANALYSES = frozenset({"analysis", "分析"})

_THINKING = frozenset(THINKING)
_NUMBER = re.compile(r"_?\d+$")
_SPLIT = re.compile(r"[\s_\-]+")


@lru_cache(maxsize=4096)
def normal(name: str) -> str:
    """Return a tag's or a key's name without prefix and case, words joined by an underscore."""
    return _SPLIT.sub("_", name.strip().rpartition(":")[2].lower())


@lru_cache(maxsize=4096)
def kind_of(name: str) -> Kind | None:
    """Return what a tag of this name is for; None when a plan has no such tag."""
    name = normal(name)
    exact: tuple[tuple[Kind, frozenset[str]], ...] = (
        ("wrapper", WRAPPERS),
        ("task", TASKS),
        ("approach", frozenset({"approach"})),
        ("item", frozenset({"item"})),
        ("type", TYPE_NAMES),
        ("description", DESCRIPTIONS),
        ("tier", frozenset(TIERS)),
        ("meta", META),
        ("analysis", ANALYSES),
        ("think", _THINKING),
    )
    for kind, names in exact:
        if name in names:
            return kind
    plain = _NUMBER.sub("", name)
    if plain in TASKS:
        return "task"
    if plain in ("type", "description"):
        return "type" if plain == "type" else "description"
    return "description" if _misspelt(name, "description") else None


def is_name(name: str) -> bool:
    """Whether a plan has tags of this name."""
    return kind_of(name) is not None


def _misspelt(name: str, meant: str) -> bool:
    """Whether `name` is `meant` with one letter lost, added, changed, or two swapped, or two lost."""
    if not len(meant) - 2 <= len(name) <= len(meant) + 1 or name[:1] != meant[:1]:
        return False
    head = next((i for i, (a, b) in enumerate(zip(name, meant, strict=False)) if a != b), min(len(name), len(meant)))
    tail = next((i for i, (a, b) in enumerate(zip(name[::-1], meant[::-1], strict=False)) if a != b), len(name))
    return head + tail >= len(meant) - 2
