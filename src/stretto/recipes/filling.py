"""Fills prompt templates: `{name}` by name only, `{{` and `}}` for literal braces. No I/O."""

import re
from collections.abc import Mapping
from functools import lru_cache

from stretto.core.errors import RecipeError

# `[^{}]` keeps the scan linear: an opening brace never looks past the next one.
_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")

_BRACES = "Write a literal brace twice: {{ or }}."


# Recipes have few templates, and a batch fills the same ones a hundred thousand times.
_KEPT = 128


def fill(template: str, values: Mapping[str, str], *, where: str = "the template") -> str:
    """Return `template` with every `{name}` replaced by its value, exactly as given and never scanned again.

    Raises `RecipeError` for an unknown name (listing the known ones) and for a brace that belongs to no placeholder;
    `where` says in that error which template it is.
    """
    texts, names = _parts(template, where)
    for name in names:
        if name not in values:
            raise unknown_placeholder(name, values, where)
    filled = [text + values[name] for text, name in zip(texts, names, strict=False)]
    return "".join(filled) + texts[-1]


@lru_cache(maxsize=_KEPT)
def placeholders(template: str, *, where: str = "the template") -> frozenset[str]:
    """Return the names that `template` places; raises `RecipeError` for a brace that belongs to no placeholder."""
    return frozenset(_parts(template, where)[1])


@lru_cache(maxsize=_KEPT)
def _parts(template: str, where: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the literal texts of a template and the names that stand between them: one fewer."""
    texts, names = [""], list[str]()
    position = 0
    for token in _TOKEN.finditer(template):
        texts[-1] += template[position : token.start()]
        position = token.end()
        name = _placeholder(token, where)
        if name is None:
            texts[-1] += token[0][0]
        else:
            names.append(name)
            texts.append("")
    texts[-1] += template[position:]
    return tuple(texts), tuple(names)


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
