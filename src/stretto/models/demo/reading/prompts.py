"""Reads a request as a model would: what is asked, about what, and in which markup. No I/O."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from stretto.core.models import ModelRequest
from stretto.models.demo.reading.labels import find_labels, plain_question

Kind = Literal["plan", "continue", "repair", "work", "merge", "compare"]

_OPENING = re.compile(r"^\[([^\[\]\n]+) ([0-9a-f]{8})\]\n", re.MULTILINE)
_CLOSING = re.compile(r"^\[/([^\[\]\n]+) ([0-9a-f]{8})\]$", re.MULTILINE)
_RESULT = re.compile(r"result \d+: ?(.*)")
_COMPARE = re.compile(r"\b(?:compar|recommend)|对比|比较|推荐", re.IGNORECASE)
_MERGE = re.compile(
    r"\b(?:merg|combin|one (?:finished|coherent|single) |one (?:text|piece))|合并|整合|合成", re.IGNORECASE
)
# As much of a long prompt's two ends as is read outside of its blocks.
_END = 30_000
_REPAIR = re.compile(
    r"cannot be read|could not be read|unreadable|whole plan again|not a (?:valid )?plan", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What a request says."""

    kind: Kind
    task: str
    """The user's task; the whole prompt when nothing marks it."""
    context: Mapping[str, str]
    type: str = ""
    """The subtask's type; empty when there is no subtask."""
    description: str = ""
    results: tuple[tuple[str, str], ...] = ()
    """Type and text of each result to bring together."""
    missing: str = ""
    """What there is no result for, as the prompt lists it."""
    assigned: str = ""
    """What a cut plan had assigned already, as the prompt lists it."""
    instructions: str
    """Everything that is not the user's material."""
    message: tuple[str, ...] = ()
    """What was said since, oldest first."""
    marked: bool
    """Whether the prompt says which part of it is the task; False for a bare question."""
    foreign: bool
    """Whether the prompt is not of our own making: its task stands in no block."""
    schema: Mapping[str, object] | None = None


def read_request(request: ModelRequest) -> Reading:
    """Return what `request` says, in time linear in its length."""
    blocks, outside = split_blocks("\n".join((request.system, request.prefix + request.prompt)))
    instructions = _finish_info(outside)
    message = tuple(_finish_info(turn.reply) for turn in request.turns)
    last_blocks, last_words = split_blocks(message[-1]) if message else ({}, "")
    labels = find_labels(instructions)
    context = {name[8:].strip(): text for name, text in blocks.items() if name.startswith("context:")}
    task = blocks.get("task") or labels.task
    return Reading(
        kind=_kind(request, instructions, last_words, continued="assigned" in last_blocks),
        task=task or plain_question(instructions),
        marked=bool(task),
        foreign="task" not in blocks,
        context=context or ({} if "task" in blocks else labels.context),
        type=blocks.get("subtask type") or labels.type,
        description=blocks.get("subtask description") or labels.description,
        results=tuple((match[1], text) for name, text in blocks.items() if (match := _RESULT.fullmatch(name))),
        missing=blocks.get("missing", ""),
        assigned=last_blocks.get("assigned", ""),
        instructions=instructions,
        message=message,
        schema=request.schema,
    )


def _kind(request: ModelRequest, instructions: str, message: str, *, continued: bool) -> Kind:
    if request.role == "synthesis":
        return "compare" if len(_COMPARE.findall(instructions)) > len(_MERGE.findall(instructions)) else "merge"
    # A foreign prompt comes under any role; what it asks for tells. A worker's own markup outweighs a quoted plan's.
    wants_plan = "<tasks>" in instructions and "<response>" not in instructions
    if request.role != "orchestrator" and not wants_plan:
        return "work"
    if continued:
        return "continue"
    return "repair" if _REPAIR.search(message) else "plan"


def _finish_info(text: str) -> str:
    return text if len(text) <= 2 * _END else f"{text[:_END]}\n{text[-_END:]}"


def split_blocks(prompt: str) -> tuple[dict[str, str], str]:
    """Return the blocks of `prompt` by name, and what stands outside of them.

    As `read_blocks` of the core, and in linear time for any text: marks that never close cost nothing.
    """
    closings: dict[tuple[str, str], list[int]] = {}
    for closing in _CLOSING.finditer(prompt):
        closings.setdefault((closing[1], closing[2]), []).append(closing.start())
    for starts in closings.values():
        starts.reverse()
    blocks: dict[str, str] = {}
    outside: list[str] = []
    position = 0
    for opening in _OPENING.finditer(prompt):
        starts = closings.get((opening[1], opening[2]), [])
        if opening.start() < position:
            continue
        while starts and starts[-1] < opening.end():
            starts.pop()
        if not starts:
            continue
        outside.append(prompt[position : opening.start()])
        blocks.setdefault(opening[1], prompt[opening.end() : starts[-1] - 1])
        position = starts[-1] + len(opening[0]) + 1
    outside.append(prompt[position:])
    return blocks, "".join(outside)
