"""The markup that models are asked for: plans as XML or JSON, texts as a response. No I/O."""

import re
from collections.abc import Mapping

from stretto.core.plan import AnalysisPlace, PlanFormat


def plan_schema(*, tiers: bool = False, analysis: AnalysisPlace = "first") -> Mapping[str, object]:
    """Return the JSON schema of a plan, in the strict form that providers with structured output want."""
    entry: dict[str, object] = {"type": {"type": "string"}, "description": {"type": "string"}}
    if tiers:
        entry["tier"] = {"type": "string", "enum": ["fast", "strong"]}
    # Providers write the fields in the schema's order.
    parts: list[tuple[str, object]] = [
        ("analysis", {"type": "string"}),
        ("tasks", {"type": "array", "items": _closed(entry)}),
    ]
    return _closed(dict(parts if analysis == "first" else reversed(parts)))


def _closed(properties: Mapping[str, object]) -> dict[str, object]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


PLAN_SCHEMA = plan_schema()
"""The JSON schema of a plan without tiers."""

_XML_PLAN = """\
Answer with exactly this markup and nothing around it:

{parts}

One <task> for each subtask; no other tags, no lists in place of tags, no code fence."""

_XML_ANALYSIS = """\
<analysis>
What this case needs, and why these subtasks, in two to five sentences.
</analysis>"""

_XML_TASKS = """\
<tasks>
<task>
<type>short name of the first subtask</type>
<description>what its worker is to do</description>{tier}
</task>
<task>
<type>short name of the next one</type>
<description>what its worker is to do</description>{tier}
</task>
</tasks>"""

_JSON_PLAN = """\
Answer with one JSON object and nothing around it:

{PARTS}

One entry of "tasks" for each subtask; valid JSON, no comments, no code fence."""

_JSON_ANALYSIS = '"analysis": "What this case needs, and why these subtasks, in two to five sentences."'

_JSON_TASKS = """\
"tasks": [
  {"type": "short name of the first subtask", "description": "what its worker is to do"TIER},
  {"type": "short name of the next one", "description": "what its worker is to do"TIER}
 ]"""

# Not <task>: many templates put the task itself between such tags.
_TAGS_OF_A_PLAN = re.compile(r"<(?:tasks|subtasks?|type)\b", re.IGNORECASE)
_JSON_OF_A_PLAN = re.compile(r'"(?:sub)?tasks"', re.IGNORECASE)

_TIERS = """\
Say for each subtask which model it needs, {how}.
fast: work that follows its description closely and needs no long reasoning. strong: work that needs judgement, careful
reasoning or the best writing. When in doubt, fast."""

RESPONSE_MARKUP = """\
Put the finished text between <response> and </response>, and nothing outside of them:

<response>
…
</response>"""


def plan_markup(plan_format: PlanFormat, *, tiers: bool = False, analysis: AnalysisPlace = "first") -> str:
    """Return the instruction that describes a plan's markup."""
    if plan_format == "json":
        parts = _in_order(_JSON_ANALYSIS, _JSON_TASKS, analysis)
        markup = _JSON_PLAN.replace("PARTS", ",\n ".join(parts))
        return markup.replace("TIER", ', "tier": "fast"' if tiers else "")
    parts = _in_order(_XML_ANALYSIS, _XML_TASKS, analysis)
    markup = _XML_PLAN.replace("{parts}", "\n".join(parts))
    return markup.replace("{tier}", "\n<tier>fast</tier>" if tiers else "")


def _in_order(analysis: str, tasks: str, place: AnalysisPlace) -> tuple[str, str]:
    return (analysis, tasks) if place == "first" else (tasks, analysis)


def tier_instruction(plan_format: PlanFormat) -> str:
    """Return the instruction to name a model tier for each subtask."""
    how = '"tier": "fast" or "strong"' if plan_format == "json" else "<tier>fast</tier> or <tier>strong</tier>"
    return _TIERS.replace("{how}", how)


def describes_plan(template: str, plan_format: PlanFormat) -> bool:
    """Whether a template says by itself how a plan is to be marked up."""
    pattern = _JSON_OF_A_PLAN if plan_format == "json" else _TAGS_OF_A_PLAN
    return bool(pattern.search(template))


def describes_response(template: str) -> bool:
    """Whether a template says by itself how a text is to be marked up."""
    return "<response" in template.lower()
