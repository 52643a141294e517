"""Reads a recipe file: YAML front matter, then one `#` section for each prompt."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import cast, get_args

from stretto.core.errors import RecipeError
from stretto.core.models import Role
from stretto.core.plan import AnalysisPlace, PlanFormat
from stretto.recipes.defaults import (
    DEFAULT_CHECKS,
    DEFAULT_COMPARE,
    DEFAULT_MAX_SUBTASKS,
    DEFAULT_MERGE,
    DEFAULT_OUTPUT_TOKENS,
    DEFAULT_SHARED,
)
from stretto.recipes.recipe import Recipe

MAX_BYTES = 1_000_000
"""A larger file is no recipe; reading it as YAML would take very long."""

_SECTIONS = ("Shared", "Orchestrator", "Worker", "Merge", "Compare")
_HEADING = re.compile(r"# +(\S.*)")
_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_RANGE = re.compile(r"(\d{1,4})\s*(?:-|–|to)\s*(\d{1,4})", re.ASCII)


def read_text(path: Path) -> str:
    """Return the text of a recipe file; raises `RecipeError` when there is none to read."""
    try:
        if path.is_dir():
            raise RecipeError(f"Recipe {str(path)!r} is a directory.", hint="Name a .md file in it.")
        with path.open("rb") as file:  # a device has no end
            raw = file.read(MAX_BYTES + 1)
    except RecipeError:
        raise
    except FileNotFoundError:
        raise RecipeError(f"Recipe file {str(path)!r} does not exist.") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise RecipeError(f"Recipe file {str(path)!r} cannot be read: {reason}.") from None
    if len(raw) > MAX_BYTES:
        raise RecipeError(f"Recipe file {str(path)!r} is no recipe: it has more than {MAX_BYTES:,} bytes.")
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise RecipeError(
            f"Recipe file {str(path)!r} is not UTF-8 text (byte {error.start}).", hint="Save it as UTF-8."
        ) from None


def parse_recipe(text: str, *, name: str, source: str) -> Recipe:
    """Return the recipe that a file's text describes; raises `RecipeError` that says what is wrong and where."""
    header, body = _split(text, source)
    fields = _Fields(header, source)
    sections = _sections(body, source)
    max_subtasks = fields.number("max_subtasks")
    subtasks = fields.range("subtasks")
    most = max_subtasks or max(DEFAULT_MAX_SUBTASKS, subtasks[1] if subtasks else 1)
    return Recipe(
        name=fields.text("name") or name,
        description=fields.text("description") or "",
        orchestrator=sections["Orchestrator"],
        worker=sections["Worker"],
        synthesis_merge=sections.get("Merge", DEFAULT_MERGE),
        synthesis_compare=sections.get("Compare", DEFAULT_COMPARE),
        shared=sections.get("Shared", DEFAULT_SHARED),
        subtasks=subtasks or (1, most),
        max_subtasks=most,
        plan_format=fields.plan_format("plan_format"),
        analysis=fields.place("analysis"),
        checks=fields.names("checks"),
        max_output_tokens=fields.tokens("max_output_tokens"),
        language=fields.text("language"),
        source=source,
    )


def _split(text: str, source: str) -> tuple[Mapping[str, object], str]:
    lines = text.split("\n")
    end = next((i for i, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), 0)
    if lines[0].rstrip() != "---" or not end:
        raise RecipeError(
            f"Recipe {source!r} has no front matter.",
            hint="It opens with a line ---, then the settings as YAML, then another line ---.",
        )
    return _load_yaml("\n".join(lines[1:end]), source), "\n".join(lines[end + 1 :])


def _load_yaml(text: str, source: str) -> Mapping[str, object]:
    # PyYAML takes longer to import than the rest of the command line's start-up.
    import yaml

    try:
        data: object = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 2}" if mark else ""
        problem = " ".join(str(getattr(error, "problem", None) or error).split())
        raise RecipeError(f"The front matter of recipe {source!r} is not YAML{place}: {problem}.") from None
    settings: Mapping[object, object] | None = {} if data is None else _as_mapping(data)
    if settings is None:
        raise RecipeError(f"The front matter of recipe {source!r} must be settings such as `description: …`.")
    return {str(key): value for key, value in settings.items()}


def _as_mapping(value: object) -> Mapping[object, object] | None:
    return cast("Mapping[object, object]", value) if isinstance(value, Mapping) else None


def _as_list(value: object) -> list[object] | None:
    return cast("list[object]", value) if isinstance(value, list) else None


def _sections(body: str, source: str) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    current: list[str] = []
    fenced = False
    for line in body.split("\n"):
        fenced ^= bool(_FENCE.match(line))
        heading = None if fenced else _HEADING.fullmatch(line.rstrip())
        if heading is None:
            if line.strip() and not found:
                raise RecipeError(f"Recipe {source!r} has text before its first section: {line.strip()[:40]!r}.")
            current.append(line)
            continue
        name = _section_name(heading[1], source)
        if name in found:
            raise RecipeError(f"Recipe {source!r} has two sections # {name}.")
        current = found[name] = []
    for name in ("Orchestrator", "Worker"):
        if name not in found:
            raise RecipeError(f"Recipe {source!r} has no section # {name}.", hint="Each prompt has its own.")
    return {name: "\n".join(lines).strip() for name, lines in found.items()}


def _section_name(heading: str, source: str) -> str:
    for name in _SECTIONS:
        if heading.lower() == name.lower():
            return name
    raise RecipeError(
        f"Recipe {source!r} has an unknown section # {' '.join(heading.split())[:40]}. Known: {', '.join(_SECTIONS)}.",
        hint="Write headings inside a prompt with ##.",
    )


class _Fields:
    """The settings of the front matter, each read as the type it must have."""

    _KNOWN = (
        *("name", "description", "subtasks", "max_subtasks", "plan_format", "analysis"),
        *("checks", "max_output_tokens", "language"),
    )

    def __init__(self, fields: Mapping[str, object], source: str) -> None:
        self._fields = fields
        self._source = source
        for key in fields:
            if key not in self._KNOWN:
                near = get_close_matches(key, self._KNOWN, n=1)
                raise RecipeError(
                    f"Recipe {source!r} has an unknown setting {key!r}. Known: {', '.join(self._KNOWN)}.",
                    hint=f"Did you mean {near[0]!r}?" if near else "",
                )

    def text(self, key: str) -> str | None:
        value = self._fields.get(key)
        if value is None or isinstance(value, str):
            return " ".join(value.split()) or None if value else None
        raise self._wrong(key, "text", value)

    def number(self, key: str) -> int | None:
        value = self._fields.get(key)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
            return value
        raise self._wrong(key, "a whole number of 1 or more", value)

    def range(self, key: str) -> tuple[int, int] | None:
        value = self._fields.get(key)
        if isinstance(value, str) and (match := _RANGE.fullmatch(value.strip())):
            return int(match[1]), int(match[2])
        if value is None or isinstance(value, int):
            number = self.number(key)
            return (number, number) if number else None
        raise self._wrong(key, "a number or a range such as 2-4", value)

    def plan_format(self, key: str) -> PlanFormat:
        value = self._fields.get(key, "xml")
        if isinstance(value, str) and value in ("xml", "json"):
            return value
        raise self._wrong(key, "xml or json", value)

    def place(self, key: str) -> AnalysisPlace:
        value = self._fields.get(key, "first")
        if isinstance(value, str) and value in ("first", "last"):
            return value
        raise self._wrong(key, "first or last", value)

    def names(self, key: str) -> tuple[str, ...]:
        value = self._fields.get(key)
        if value is None:
            return () if key in self._fields else DEFAULT_CHECKS
        items = _as_list(value)
        names = tuple(item for item in items or () if isinstance(item, str))
        if items is None or len(names) < len(items):
            raise self._wrong(key, "a list of names", value)
        return names

    def tokens(self, key: str) -> Mapping[Role, int]:
        value = self._fields.get(key)
        if value is None:
            return dict(DEFAULT_OUTPUT_TOKENS)
        given = _as_mapping(value)
        roles: tuple[Role, ...] = get_args(Role)
        wanted = "numbers by role (orchestrator, worker, synthesis)"
        if given is None or not given.keys() <= set(roles):
            raise self._wrong(key, wanted, value)
        limits = dict(DEFAULT_OUTPUT_TOKENS)
        for role in roles:
            limit = given.get(role, limits[role])
            if not isinstance(limit, int) or isinstance(limit, bool):
                raise self._wrong(key, wanted, value)
            limits[role] = limit
        return limits

    def _wrong(self, key: str, wanted: str, value: object) -> RecipeError:
        shown = " ".join(repr(value).split())
        return RecipeError(f"{key} of recipe {self._source!r} must be {wanted}, got {shown[:60]}.")
