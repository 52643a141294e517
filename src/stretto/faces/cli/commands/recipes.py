"""The commands that list, show and create recipes."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from stretto.core.errors import InputError, StrettoError
from stretto.core.text import for_terminal
from stretto.faces.cli.commands import new_app
from stretto.faces.shared.formatting import one_line

app = new_app(group=True)


@app.callback()
def recipes(context: typer.Context) -> None:
    """List, show and create recipes."""
    if context.invoked_subcommand is None:
        list_()


@app.command("list")
def list_() -> None:
    """List every recipe that can be named."""
    from stretto.app.settings.folders import recipes_folder  # not at the top: help needs none of it
    from stretto.recipes import list_recipes

    summaries = list_recipes(user_folder=recipes_folder())
    width = max(len(summary.name) for summary in summaries)
    for summary in summaries:
        typer.echo(f"{summary.name:<{width}}  {one_line(summary.description)}")


@app.command()
def show(name: Annotated[str, typer.Argument(help="Name of a recipe, or the path of one.")]) -> None:
    """Show a recipe as it is written."""
    from stretto.app.settings.folders import recipes_folder
    from stretto.recipes import recipe_source_text

    text = for_terminal(recipe_source_text(name, user_folder=recipes_folder()))
    typer.echo(text, nl=not text.endswith("\n"))


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="What to call it.")],
    path: Annotated[
        Path | None, typer.Option(help="A folder or a .md file to write it to; without it, your folder of recipes.")
    ] = None,
) -> None:
    """Create a recipe to start from; an existing file is never overwritten."""
    from stretto.app.settings.folders import recipes_folder
    from stretto.recipes import list_recipes, recipe_template

    text = recipe_template(name)
    folder = recipes_folder()
    hidden = path is None and any(name == built_in.name for built_in in list_recipes())
    if path is None:
        _make(folder)
    file = path if path is not None and path.suffix == ".md" else (path or folder) / f"{name}.md"
    _write_new(file, text)
    print(f"Edit it, then run: stretto run --recipe {name if path is None else file} TASK", file=sys.stderr)
    if hidden:
        print(f"note: it takes the place of the built-in recipe {name}, in every run that names it", file=sys.stderr)
    typer.echo(str(file))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StrettoError(f"Cannot make the folder {folder}: {error.strerror}.") from error


def _write_new(file: Path, text: str) -> None:
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise InputError(f"{file} is there already.", hint="Choose another name.") from error
    except OSError as error:
        raise InputError(f"Cannot write {file}: {error.strerror}.", hint="Choose another --path.") from error
