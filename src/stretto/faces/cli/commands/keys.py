"""The commands that store and list API keys; a key is never shown."""

import sys
from typing import Annotated

import typer

from stretto.core.errors import InputError
from stretto.faces.cli.commands import new_app

app = new_app(group=True)


@app.callback()
def keys(context: typer.Context) -> None:
    """Store and list the providers' API keys."""
    if context.invoked_subcommand is None:
        list_()


# Extra arguments are let in to be refused here: Typer would repeat them, and one may be the key.
@app.command("set", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def set_(
    context: typer.Context,
    provider: Annotated[
        str, typer.Argument(help="anthropic, openai, google, openrouter, or a variable such as GROQ_API_KEY.")
    ],
) -> None:
    """Store a key: typed at a hidden prompt, or read from stdin."""
    from stretto.app.settings.keys import set_key, variable_of  # not at the top: help needs none of it

    if context.args:
        raise InputError(
            "A key in the command would stay in your shell's history.",
            hint="Leave it out: it is asked for, or read from stdin.",
        )
    variable = variable_of(provider)
    file = set_key(provider, _ask(variable))
    typer.echo(f"{variable} is stored in {file}.", err=True)


@app.command("list")
def list_() -> None:
    """List which keys are there and where they come from."""
    from stretto.app.settings.keys import list_keys

    entries = list_keys()
    width = max((len(entry.variable) for entry in entries), default=0)
    for entry in entries:
        typer.echo(f"{entry.variable:<{width}}  {entry.source}")
    if not entries:
        typer.echo("No key is set. Store one with: stretto keys set PROVIDER", err=True)


@app.command()
def path() -> None:
    """Show where keys are stored."""
    from stretto.app.settings.keys import key_file

    typer.echo(str(key_file()))


def _ask(variable: str) -> str:
    if not sys.stdin.isatty():
        # A key is ASCII; what is not will be refused, whatever the locale.
        return sys.stdin.buffer.readline().decode("ascii", "replace")
    answer: str = typer.prompt(f"{variable} (hidden)", hide_input=True, err=True)
    return answer
