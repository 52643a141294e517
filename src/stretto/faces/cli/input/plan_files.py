"""Plan files: what `stretto plan -o` writes, people edit, and `stretto run --plan` reads."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from stretto.core.errors import InputError
from stretto.core.jsonable import json_text
from stretto.core.plan import Plan, PlanError
from stretto.core.text import replace_surrogates
from stretto.export import check_place, write_atomic

LARGEST = 20_000_000
"""Bytes; no plan is as long."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanFile:
    """A plan with what it was made for, so that it can be run without saying that again."""

    plan: Plan
    task: str = ""
    """Empty when the file does not say."""
    context: Mapping[str, str] = field(default_factory=dict[str, str])
    recipe: str = ""
    language: str = ""

    def to_dict(self) -> dict[str, object]:
        """Return the file's content, JSON-ready."""
        about = {"task": self.task, "context": dict(self.context), "recipe": self.recipe, "language": self.language}
        return {name: value for name, value in about.items() if value} | self.plan.to_dict()


def from_plan_file(file: PlanFile, given: Mapping[str, object]) -> dict[str, object]:
    """Return what a plan file says and no option does."""
    if given.get("subtasks") is not None or given.get("max_subtasks") is not None:
        raise InputError("--plan says already what is to be run.", hint="Leave out --subtasks and --max-subtasks.")
    said = {"recipe": file.recipe or None, "language": file.language or None}
    return {name: value for name, value in said.items() if given.get(name) is None}


def check_plan_path(path: Path) -> None:
    """Raise `InputError` when a plan could not be written there; nothing is changed."""
    if path.suffix.lower() != ".json":
        raise InputError(f"A plan is written as JSON, got the name {str(path)!r}.", hint="Use: -o plan.json")
    check_place(path)


def write_plan_file(file: PlanFile, path: Path) -> None:
    """Write the file whole or not at all; raises `StrettoError` when it cannot be written."""
    text = json_text(file.to_dict(), indent=2) + "\n"
    write_atomic(path, replace_surrogates(text).encode())


def read_plan_file(path: Path) -> PlanFile:
    """Read a plan file; raises `InputError` that names the file, the place and what is wrong there."""
    try:
        data = path.read_bytes() if path.stat().st_size <= LARGEST else None
    except OSError as error:
        raise InputError(f"Cannot read the plan {path}: {error.strerror}.") from error
    if data is None:
        raise InputError(f"The plan {path} is larger than {LARGEST // 1_000_000} MB.")
    return _understand(_parse(data, path), path)


def _parse(data: bytes, path: Path) -> Mapping[str, object]:
    try:
        content: object = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(f"The plan {path} is not UTF-8 text (byte {error.start}).") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InputError(f"The plan {path} is not JSON: {error.msg} in {where}.") from error
    except RecursionError as error:
        raise InputError(f"The plan {path} is nested too deeply.") from error
    if not isinstance(content, dict):
        raise InputError(f"The plan {path} must be a JSON object.", hint="stretto plan -o writes one.")
    return cast("Mapping[str, object]", content)


def _understand(content: Mapping[str, object], path: Path) -> PlanFile:
    texts = {name: content.get(name) or "" for name in ("task", "recipe", "language")}
    context: object = content.get("context") or {}
    for name, value in texts.items():
        if not isinstance(value, str):
            raise InputError(f'The plan {path}: "{name}" must be text, got {str(value)[:40]!r}.')
    if not isinstance(context, dict):
        raise InputError(f'The plan {path}: "context" must be names with values.')
    try:
        plan = Plan.from_dict(content)
    except PlanError as error:
        raise InputError(f"The plan {path}: {error.message}", hint=error.hint) from error
    return PlanFile(plan=plan, context=cast("dict[str, str]", context), **cast("dict[str, str]", texts))
