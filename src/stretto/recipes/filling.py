"""Fills prompt templates: `{name}` by name only, `{{` and `}}` for literal braces. No I/O."""

import re
from collections.abc import Mapping

from stretto.core.errors import RecipeError

# `[^{}]` keeps the scan linear: an opening brace never looks past the next one.
_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")

_BRACES = "Write a literal brace twice: {{ or }}."


def fill(template: str, values: Mapping[str, str], *, where: str = "the template") -> str:
    """Return `template` with every `{name}` replaced by its value, exactly as given and never scanned again.

    Raises `RecipeError` for an unknown name (listing the known ones) and for a brace that belongs to no placeholder;
    `where` says in that error which template it is.
    """

    def put(token: re.Match[str]) -> str:
        name = _placeholder(token, where)
        if name is None:
            return token[0][0]
        if name not in values:
            raise unknown_placeholder(name, values, where)
        return values[name]

    return _TOKEN.sub(put, template)


def placeholders(template: str, *, where: str = "the template") -> frozenset[str]:
    """Return the names that `template` places; raises `RecipeError` for a brace that belongs to no placeholder."""
    names = (_placeholder(token, where) for token in _TOKEN.finditer(template))
    return frozenset(name for name in names if name is not None)


def unknown_placeholder(name: str, known: Mapping[str, str], where: str) -> RecipeError:
    """Return the error for a placeholder that has no value."""
    return RecipeError(
        f"Unknown placeholder {{{name}}} in {where}. Known: {', '.join(sorted(known))}.",
        hint=f"Give {name!r} in the context, or mend the name. {_BRACES}",
    )


def _placeholder(token: re.Match[str], where: str) -> str | None:
    """Return the name in a token, None for an escaped brace."""
    if token[0] in ("{{", "}}"):
        return None
    name = token[1]
    if name is None:
        raise RecipeError(f"A single {token[0]!r} in {where} belongs to no placeholder.", hint=_BRACES)
    if not name.isidentifier():
        shown = " ".join(token[0].split())
        shown = shown if len(shown) <= 40 else f"{shown[:38]}…}}"
        raise RecipeError(
            f"{shown} in {where} is no placeholder: one is a plain name, such as {{task}}, and nothing else.",
            hint=_BRACES,
        )
    return name
