"""Finds recipes: the built-in ones, the user's own, and files by path."""

import re
from difflib import get_close_matches
from pathlib import Path

from stretto.core.errors import RecipeError
from stretto.recipes.files import parse_recipe, read_text
from stretto.recipes.recipe import Recipe, RecipeSummary

_BUILTIN = Path(__file__).parent / "builtin"
_TEMPLATE = Path(__file__).parent / "template.md"
_TEMPLATE_NAME = "my-recipe"
_NAME = re.compile(r"\w[\w-]{0,63}")

DEFAULT_RECIPE = "product-copy"

BUILT_IN = "built in"
"""The source of a recipe that comes with stretto."""


def load_recipe(name_or_path: str | Path, *, user_folder: Path | None = None) -> Recipe:
    """Return a recipe by name or by the path of a .md file; raises `RecipeError`.

    A recipe in `user_folder` comes before a built-in one of the same name: it is how a user adapts that one.
    """
    path, source, name = _find(name_or_path, user_folder)
    return parse_recipe(read_text(path), name=name, source=source)


def recipe_source_text(name_or_path: str | Path, *, user_folder: Path | None = None) -> str:
    """Return the text of the recipe's file, as it is; raises `RecipeError`."""
    return read_text(_find(name_or_path, user_folder)[0])


def list_recipes(*, user_folder: Path | None = None) -> tuple[RecipeSummary, ...]:
    """Return every recipe that can be named, the built-in ones first; a broken file says in its line what is wrong."""
    own = _files(user_folder)
    built_in = {name: path for name, path in _files(_BUILTIN).items() if name not in own}
    return tuple(
        [_summary(name, path, BUILT_IN) for name, path in built_in.items()]
        + [_summary(name, path, str(path)) for name, path in own.items()]
    )


def recipe_template(name: str) -> str:
    """Return the text of a new recipe file to start from; raises `RecipeError` for a name no file can have."""
    if not _NAME.fullmatch(name):
        raise RecipeError(f"{name!r} is no name for a recipe.", hint="Use letters, digits and hyphens.")
    return read_text(_TEMPLATE).replace(_TEMPLATE_NAME, name)


def _find(name_or_path: str | Path, user_folder: Path | None) -> tuple[Path, str, str]:
    """Return the file of a recipe, what to call its source, and its name unless the file says another."""
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or "/" in text or "\\" in text or text.lower().endswith(".md"):
        path = _expand(Path(text))
        return path, str(path), path.stem
    own = _files(user_folder)
    if text in own:
        return own[text], str(own[text]), text
    built_in = _files(_BUILTIN)
    if text in built_in:
        return built_in[text], BUILT_IN, text
    known = [*built_in, *(name for name in own if name not in built_in)]
    near = get_close_matches(text.lower(), known, n=1)
    raise RecipeError(
        f"Unknown recipe {text[:80]!r}. Known: {', '.join(known)}.",
        hint=f"Did you mean {near[0]!r}?" if near else "A recipe of your own is named by the path of its .md file.",
    )


def _expand(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:  # no such user: the path is then what it says
        return path


def _files(folder: Path | None) -> dict[str, Path]:
    return {path.stem: path for path in sorted(folder.glob("*.md"))} if folder else {}


def _summary(name: str, path: Path, source: str) -> RecipeSummary:
    try:
        description = parse_recipe(read_text(path), name=name, source=source).description
    except RecipeError as error:
        description = f"cannot be read: {error}"
    return RecipeSummary(name=name, description=description, source=source)
