"""Reads a whole answer as a plan, in whichever form it came: the one truth about it. No I/O."""

import re
from dataclasses import replace

from stretto.core.plan import HARD_CEILING, Plan, PlanError, PlanFault, Subtask
from stretto.core.text import replace_surrogates, strip_control
from stretto.parsing.fields import Fault
from stretto.parsing.invisible_characters import INVISIBLE, visible_marks
from stretto.parsing.json.finding import read_json, string_with
from stretto.parsing.lists.reader import read_lists
from stretto.parsing.markup.blocks import Found
from stretto.parsing.markup.reader import read_markup
from stretto.parsing.reasoning.splitting import visible_answer
from stretto.parsing.reasoning.thinking import without_thinking
from stretto.parsing.unwrap import (
    html_as_markdown,
    opened_analysis,
    rewritten_json,
    rewritten_markup,
    with_single_brackets,
    without_analysis,
)

_UNSEEN = re.compile(rf"\A[{INVISIBLE}]+")
_BEGUN = re.compile(r"[<＜]\s*(?:sub[_-]?)?tasks?\b|[{\[]\s*[\"'{]", re.IGNORECASE)


def clean(text: str) -> str:
    """Return a text as it is read: no control characters, nothing unseen in its markup, line breaks as line feeds."""
    text = strip_control(replace_surrogates(text)).replace("\r\n", "\n").replace("\r", "\n")
    return visible_marks(_UNSEEN.sub("", text))


def parse_plan(text: str) -> Plan:
    """Read a plan in XML-like markup, JSON or a Markdown list and give its subtasks the ids "s1", "s2", …

    Raises `PlanError`, which keeps the text and what could be read of it, when the text is not a whole plan.
    """
    plan = read_whole(text)
    return replace(
        plan, subtasks=tuple(replace(subtask, id=f"s{number}") for number, subtask in enumerate(plan.subtasks, 1))
    )


def read_whole(raw: str) -> Plan:
    """Return the plan, its subtasks without ids; raises `PlanError`."""
    found = _find_in_answer(clean(raw))
    fault = found.fault or next((entry for entry in found.entries if isinstance(entry, Fault)), None)
    if len(found.entries) > HARD_CEILING:
        fault = Fault(
            message=f"The plan has {len(found.entries)} subtasks; the ceiling is {HARD_CEILING}.", fault="too_many"
        )
    if not fault and not found.entries:
        fault = Fault(message="The answer holds no subtask.", fault="empty")
    if fault:
        raise _error(fault.message, fault.fault, raw, found)
    return Plan(subtasks=tuple(entry for entry in found.entries if isinstance(entry, Subtask)), analysis=found.analysis)


def _find_in_answer(text: str) -> Found:
    """Read what was said as the answer; where the first mark of a model stands inside a plan, it is its text."""
    answer = visible_answer(text)
    found = _find(answer.text)
    whole = found.entries and not found.fault
    if answer.first < 0 or (whole and answer.final) or not _BEGUN.search(text, 0, answer.first):
        return found
    other = _find(text)
    return other if other.entries and not other.fault else found


def _find(text: str) -> Found:
    text = with_single_brackets(text)
    markup = read_markup(text)
    if markup.begun:
        return _json_around(text, markup) or markup
    for other in rewritten_markup(text):
        found = read_markup(other)
        if found.begun:
            return found
    found = _found_in_json(text)
    if not found.begun and not found.fault:
        found = _in_analysis(text, markup) or _found_in_lists(text)
    if not found.begun and markup.fault:
        found = markup
    return found if found.analysis else replace(found, analysis=markup.analysis)


def _found_in_json(text: str) -> Found:
    found = read_json(text)
    if not found.entries or found.fault:
        for other in rewritten_json(text):
            again = read_json(other)
            if again.entries and not again.fault:
                return again
    return found


def _in_analysis(text: str, markup: Found) -> Found | None:
    """Return the plan that stands in the analysis, where there is none outside; a whole one, no mere example."""
    before = re.split(r"<tasks\b", markup.analysis, maxsplit=1, flags=re.IGNORECASE)
    if len(before) < 2 or "</tasks>" not in before[1].lower():
        return None
    return replace(read_markup(opened_analysis(text)), analysis=before[0].strip())


def _found_in_lists(text: str) -> Found:
    text = without_analysis(without_thinking(text))
    found = read_lists(text)
    html = None if found.begun else html_as_markdown(text)
    return found if html is None else read_lists(html)


def _json_around(text: str, markup: Found) -> Found | None:
    """Return what JSON holds when the markup is only text inside it."""
    if not any(bracket in text[: markup.start] for bracket in '{["'):
        return None
    found = read_json(text)
    around = found.begun and found.start <= markup.start < found.end
    if around and (found.entries or found.fault):
        return found
    inner = string_with(text, "<task")
    if not inner:
        return found if around else None
    inside = read_markup(inner)
    return inside if inside.analysis else replace(inside, analysis=found.analysis)


def _error(message: str, fault: PlanFault, raw: str, found: Found) -> PlanError:
    subtasks: tuple[Subtask, ...] = found.subtasks[:HARD_CEILING]
    return PlanError(message, fault=fault, raw=raw, subtasks=subtasks, analysis=found.analysis)
