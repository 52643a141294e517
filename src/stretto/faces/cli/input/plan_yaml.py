"""A plan as YAML that people edit: instructions on top, one block for each subtask, errors by line."""

from collections.abc import Iterator
from textwrap import wrap
from typing import Any, cast, get_args

import yaml

from stretto.core.errors import InputError
from stretto.core.plan import HARD_CEILING, Plan, Subtask, Tier
from stretto.core.text import for_file, replace_surrogates
from stretto.core.usage import Quote
from stretto.faces.shared.formatting import count, flat
from stretto.faces.shared.run_wording import quote_line

_FIELDS = ("id", "type", "description", "tier")

_INSTRUCTIONS = """
Save and close this file, and what it then says is run.

  remove a subtask    delete its block, from "- id:" to the line before the next one
  change a subtask    edit its type or its description
  change the order    move its block
  add a subtask       write a block without an id:
                          - type: Short name
                            description: |-
                              What the worker is to do.
  run nothing         empty this file

Lines that begin with # are not part of the plan.
"""


class _Text(str):
    """Text that is written as a block, so that nobody has to escape anything in it."""


class _Dumper(yaml.SafeDumper):
    """Writes `_Text` as a block."""


def _as_block(_dumper: yaml.SafeDumper, text: _Text) -> yaml.ScalarNode:
    return yaml.ScalarNode("tag:yaml.org,2002:str", str(text), style="|")


_Dumper.add_representer(_Text, _as_block)


def write_plan_text(plan: Plan, quote: Quote, *, task: str) -> str:
    """Return the plan as text for an editor."""
    head = [f"Task: {flat(task)}", f"{count(len(plan.subtasks), 'subtask')}. Running them: {quote_line(quote)}"]
    head += _INSTRUCTIONS.splitlines()
    if plan.analysis.strip():
        head += ["The analysis it rests on:", *for_file(plan.analysis).strip().splitlines(), ""]
    comments = [
        line
        for text in head
        for line in (wrap(text, 96, break_long_words=False) if text[:1] != " " else [text]) or [""]
    ]
    content = {"subtasks": [_entry(subtask) for subtask in plan.subtasks]}
    body = yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10_000)
    # An empty line between two blocks makes them easy to see and to take out.
    blocks = body.replace("\n- ", "\n\n- ")
    return "".join(f"# {line}".rstrip() + "\n" for line in comments) + "\n" + blocks


def _entry(subtask: Subtask) -> dict[str, object]:
    entry: dict[str, object] = {"id": subtask.id, "type": subtask.type, "description": _Text(subtask.description)}
    return entry | ({"tier": subtask.tier} if subtask.tier else {})


def read_plan_text(text: str, plan: Plan) -> Plan | None:
    """Return the plan as edited, None when nothing is left of the text; raises `InputError` that names the line."""
    try:
        root: Any = yaml.compose(replace_surrogates(text), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"Line {mark.line + 1}: " if mark else ""
        raise InputError(f"{where}{error.problem or error.context or 'this is not YAML'}.") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise InputError(f"This is not YAML: {flat(str(error))}.") from error
    if root is None:
        return None
    subtasks = list(_subtasks(root, {subtask.id: subtask for subtask in plan.subtasks if subtask.id}))
    if not subtasks:
        raise InputError("No subtask is left.", hint="Empty the file to run nothing.")
    if len(subtasks) > HARD_CEILING:
        raise InputError(f"The plan has {len(subtasks)} subtasks; the ceiling is {HARD_CEILING}.")
    return Plan(analysis=plan.analysis, subtasks=tuple(subtasks))


def _subtasks(root: yaml.Node, known: dict[str, Subtask]) -> Iterator[Subtask]:
    for key, blocks in _fields(root, "The plan", ("subtasks",)).items():
        if not isinstance(blocks, yaml.SequenceNode):
            if _text(blocks, key):
                raise _fault(blocks, 'After "subtasks:" come blocks that begin with "- "')
            continue
        for block in blocks.value:
            yield _subtask(block, known)


def _subtask(block: yaml.Node, known: dict[str, Subtask]) -> Subtask:
    texts = {name: _text(node, name) for name, node in _fields(block, "A subtask", _FIELDS).items()}
    if not texts.get("description"):
        raise _fault(block, "This subtask has no description")
    tier = texts.get("tier", "")
    if tier and tier not in get_args(Tier):
        raise _fault(block, f'"tier" must be fast or strong, got {tier!r}')
    # An id that is not in the plan, or is there a second time, is a copied block: a new subtask.
    old = known.pop(texts.get("id", ""), None)
    return Subtask(
        id=old.id if old else "",
        type=texts.get("type") or "default",
        description=texts["description"],
        tier=cast("Tier | None", tier or None),
    )


def _fields(node: yaml.Node, what: str, names: tuple[str, ...]) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        raise _fault(node, f"{what} is written as {names[0] if len(names) == 1 else 'type'}: ..., got {_shown(node)}")
    fields: dict[str, yaml.Node] = {}
    for key, value in node.value:
        name = _text(key, "a name")
        if name not in names:
            raise _fault(key, f"unknown name {name!r}; known: {', '.join(names)}")
        if name in fields:
            raise _fault(key, f"{name!r} is there twice in one block; each subtask begins with a dash")
        fields[name] = value
    return fields


def _text(node: yaml.Node, name: str) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise _fault(node, f"{name!r} must be text")
    return "" if node.tag.endswith(":null") else str(node.value).strip()


def _shown(node: yaml.Node) -> str:
    return repr(flat(str(node.value))[:40]) if isinstance(node, yaml.ScalarNode) else "a list"


def _fault(node: yaml.Node, message: str) -> InputError:
    return InputError(f"Line {node.start_mark.line + 1}: {message}.")
