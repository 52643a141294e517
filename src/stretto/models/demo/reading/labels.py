"""Finds task, subtask and facts in prompts of a stranger's making: lines such as `Style: …`. No I/O."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_LABEL = re.compile(r"[ \t]*(?:[-*#>]+[ \t]*)?\**([A-Za-z\u4e00-\u9fff][\w \-/]{0,40}?)\**[ \t]*[:：]\**[ \t]*(.*)")
_TASK = re.compile(
    r"(?:(?:original|user|the|your) )?(?:task|request|brief|topic)|任务|原始任务|需求|题目|主题", re.IGNORECASE
)
_TYPE = re.compile(
    r"(?:(?:task|subtask|your|the) )?(?:type|style|approach|angle|lens|treatment|voice)|(?:任务|"
    r"子任务)?(?:类型|风格|方式|角度)",
    re.IGNORECASE,
)
_DESCRIPTION = re.compile(
    r"(?:(?:task|subtask|your|the) )?(?:guidelines?|description|instructions?|assignment)|(?:任务|"
    r"子任务)?(?:描述|说明|指引|指南|要求)",
    re.IGNORECASE,
)
# Where a prompt turns from its material to how the answer is to look.
_FORMAT = re.compile(
    r"[ \t]*(?:<[/!?]?[a-z]|```|[{\[]\s*$|(?:please )?(?:return|respond|answer|reply|output|format|put|"
    r"use)\b|your (?:answer|response)"
    r"|rules?\b|note\b|important\b|请(?:按|以|用|返回|输出|回答)|返回|输出)",
    re.IGNORECASE,
)
_LONGEST = 4_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Labels:
    """What the labelled lines of a prompt say; empty where there is no such line."""

    task: str = ""
    type: str = ""
    description: str = ""
    context: Mapping[str, str]


def find_labels(text: str) -> Labels:
    """Return what labelled lines say; a value runs on to the next label or to the format that is asked for."""
    values: dict[str, str] = {}
    context: dict[str, str] = {}
    into, name = values, ""
    for line in text.splitlines():
        label = _LABEL.fullmatch(line[:_LONGEST])
        slot = _slot(label[1]) if label else ""
        if _FORMAT.match(line) and not slot:
            name = ""
        elif label and (slot or "task" in values):
            into, name = (values, slot) if slot else (context, label[1].strip())
            if name in into:
                name = ""
            else:
                into[name] = label[2]
        elif name and len(into[name]) < _LONGEST:
            into[name] += "\n" + line[:_LONGEST]
    kept = {key: value.strip() for key, value in context.items() if value.strip()}
    return Labels(**{key: value.strip() for key, value in values.items()}, context=kept)


def _slot(label: str) -> str:
    for slot, pattern in (("task", _TASK), ("type", _TYPE), ("description", _DESCRIPTION)):
        if pattern.fullmatch(label.strip()):
            return slot
    return ""


def plain_question(text: str) -> str:
    """Return a prompt without the lines about its answer's format: what a stranger asks."""
    lines = text[: 4 * _LONGEST].strip().splitlines()
    kept: list[str] = []
    for line in lines:
        if kept and _FORMAT.match(line):
            break
        if not _FORMAT.match(line):
            kept.append(line.strip())
    return "\n".join(kept).strip()[:_LONGEST]
