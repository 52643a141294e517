"""Reads a whole answer as a plan, in whichever form it came: the one truth about it. No I/O."""

from collections.abc import Iterator
from dataclasses import replace

from stretto.core.errors import PlanError, PlanFault
from stretto.core.plan import HARD_CEILING, Plan, Subtask
from stretto.core.text import replace_surrogates, strip_control
from stretto.parsing.blocks import Found
from stretto.parsing.entities import unescape, without_cdata_marks
from stretto.parsing.fields import Fault
from stretto.parsing.json_find import read_json, string_with
from stretto.parsing.lists import read_lists
from stretto.parsing.markup import read_markup
from stretto.parsing.thinking import without_thinking


def clean(text: str) -> str:
    """Return a text as it is read: no control characters, line breaks as line feeds, no byte order mark."""
    return strip_control(replace_surrogates(text)).replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")


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
    found = _find(clean(raw))
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


def _find(text: str) -> Found:
    markup = read_markup(text)
    if markup.begun:
        return _json_around(text, markup) or markup
    for other in _unwrapped(text):
        found = read_markup(other)
        if found.begun:
            return found
    found = read_json(text)
    if not found.begun and not found.fault:
        found = read_lists(without_thinking(text))
    if not found.begun and markup.fault:
        found = markup
    return found if found.analysis else replace(found, analysis=markup.analysis)


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


def _unwrapped(text: str) -> Iterator[str]:
    """Give the text as it is when what was wrapped around all of its markup is taken off."""
    if "<![cdata[" in text.lower():
        yield without_cdata_marks(text)
    if "&lt;" in text or "&#60;" in text:
        yield unescape(text)
    if "\\u003c" in text.lower():
        yield text.replace("\\u003c", "<").replace("\\u003C", "<").replace("\\u003e", ">").replace("\\u003E", ">")


def _error(message: str, fault: PlanFault, raw: str, found: Found) -> PlanError:
    subtasks: tuple[Subtask, ...] = found.subtasks[:HARD_CEILING]
    return PlanError(message, fault=fault, raw=raw, subtasks=subtasks, analysis=found.analysis)
