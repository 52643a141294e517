"""Writes the plan: a reading of the brief and the angles that fit it, in the markup asked for. No I/O."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from stretto.models.demo.library import Genre, frames
from stretto.models.demo.reading.briefs import Brief
from stretto.models.demo.reading.counting import wanted_count
from stretto.models.demo.reading.prompts import Reading
from stretto.models.demo.writing.angle_choice import Choice, rank
from stretto.models.demo.writing.template import fill, fill_line
from stretto.models.demo.writing.wording import kind_values, make_values, once

_OUTER = re.compile(r"<(tasks|subtasks|plan)>", re.IGNORECASE)
_INNER = re.compile(r"<(task|subtask)>", re.IGNORECASE)
_JSON_KEY = re.compile(r'"(tasks|subtasks)"\s*:')
_SUBTASK_END = re.compile(r"</(?:sub)?task>|^    \}", re.MULTILINE)
_ANALYSIS = re.compile(r'<analysis>|"analysis"', re.IGNORECASE)
_GAPS = ("audience", "price", "features")


@dataclass(frozen=True, kw_only=True, slots=True)
class Markup:
    """How the plan is to be written."""

    json: bool
    outer: str
    """The list's tag or key."""
    inner: str
    """A subtask's tag."""
    analysis: bool
    analysis_last: bool
    """Whether it is to stand behind the subtasks."""
    tiers: bool


def find_markup(reading: Reading) -> Markup:
    """Return the markup that the prompt, or what was said since, asks for."""
    if reading.schema is not None:
        properties = cast("Mapping[str, object]", reading.schema.get("properties", {}))
        outer = next((key for key in ("tasks", "subtasks") if key in properties), "tasks")
        tiers = '"tier"' in json.dumps(reading.schema)
        return Markup(
            json=True,
            outer=outer,
            inner="task",
            analysis="analysis" in properties,
            analysis_last=[*properties][:1] == [outer],
            tiers=tiers,
        )
    told = "\n".join((reading.instructions, *reading.message))
    outer, key = _OUTER.search(told), _JSON_KEY.search(told)
    inner = _INNER.search(told, outer.end()) if outer else None
    return Markup(
        json=key is not None and outer is None,
        outer=outer[1].lower() if outer else key[1] if key else "tasks",
        inner=inner[1].lower() if inner else "task",
        analysis=True,
        analysis_last=_comes_first(outer or key, _ANALYSIS.search(told)),
        tiers="<tier>" in told or '"tier"' in told,
    )


def _comes_first(tasks: re.Match[str] | None, analysis: re.Match[str] | None) -> bool:
    return tasks is not None and analysis is not None and tasks.start() < analysis.start()


def write_plan(reading: Reading, brief: Brief, genre: Genre) -> str:
    """Return the whole plan; of a plan that was cut, only what had not been assigned yet."""
    choices = rank(brief, genre, wanted_count(reading.instructions, facts=len(brief.features) + len(brief.others)))
    markup = find_markup(reading)
    if reading.kind == "continue":
        return _render([choice for choice in choices if not _assigned(choice, reading.assigned)], brief, "", markup)
    return _render(choices, brief, _analysis(brief, choices), markup)


def middle(plan: str) -> int:
    """Return a place in the middle of the plan's second subtask, or right behind the only one."""
    ends = [match.end() for match in _SUBTASK_END.finditer(plan)]
    return (ends[0] + ends[1]) // 2 if len(ends) > 1 else ends[0]


def _assigned(choice: Choice, assigned: str) -> bool:
    return any(choice.name in line.partition(":")[0] for line in assigned.splitlines()) or (
        f" {choice.name}: " in assigned and choice.take == 1
    )


def _analysis(brief: Brief, choices: Sequence[Choice]) -> str:
    words = frames(brief.language)
    values = make_values(brief)
    gaps = [words["gap"][slot] for slot in _GAPS if slot not in values] if brief.product else []
    values |= {
        "request": fill_line(words["request"], values),
        "reasons": words["small"]["space"].join(_reasons(choices, values)),
    }
    if gaps:
        values["gaps"] = words["small"]["comma"].join(gaps)
    blocks = fill(words["analysis"], values)
    if brief.foreign:
        blocks.append(fill_line(words["foreign"], {"language": brief.foreign}))
    return once("\n\n".join(blocks), list(values.values()))


def _reasons(choices: Sequence[Choice], values: Mapping[str, str]) -> list[str]:
    """Return why each angle was chosen; a word of the brief is a reason once."""
    reasons: list[str] = []
    used: set[str] = set()
    for choice in choices:
        if choice.take == 1:
            shown = choice.evidence and choice.evidence.lower() not in used
            reasons.append(fill_line(choice.angle.why, {**values, "evidence": choice.evidence} if shown else values))
            used.add(choice.evidence.lower())
    return reasons


def describe(choice: Choice, brief: Brief) -> str:
    """Return what a worker is told to do for an angle of this brief."""
    values = {**make_values(brief), **kind_values(brief)}
    return once(fill_line(choice.angle.plan, values), list(values.values()), keep_first=False)


def _render(choices: Sequence[Choice], brief: Brief, analysis: str, markup: Markup) -> str:
    entries = [
        {"type": choice.name, "description": describe(choice, brief)}
        | ({"tier": choice.angle.tier} if markup.tiers else {})
        for choice in choices
    ]
    if markup.json:
        parts: list[tuple[str, object]] = [("analysis", analysis)] if markup.analysis else []
        parts.insert(0 if markup.analysis_last else 1, (markup.outer, entries))
        return json.dumps(dict(parts), ensure_ascii=False, indent=2)
    lines = [f"<{markup.outer}>"]
    for entry in entries:
        fields = "\n".join(f"<{name}>{text}</{name}>" for name, text in entry.items())
        lines.append(f"<{markup.inner}>\n{fields}\n</{markup.inner}>")
    lines.append(f"</{markup.outer}>")
    lines.insert(len(lines) if markup.analysis_last else 0, f"<analysis>\n{analysis}\n</analysis>")
    return "\n".join(lines)
