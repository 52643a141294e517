"""Which commands there are; the module of one is loaded only when it is asked for."""

import os
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from stretto._version import __version__
from stretto.faces.cli.process.exit_codes import ExitCode
from stretto.faces.cli.process.terminals import LOG_VARIABLE

COMMANDS = {
    "demo": "Show the main job on a built-in brief, without key or network.",
    "run": "Plan a task, write every variant, show what came of it.",
    "plan": "Write the plan only, then say what running it would cost.",
    "runs": "List the runs in the journal.",
    "show": "Show a run: what was asked, what came of it, what it cost.",
    "resume": "Go on with a run; what is finished is not paid again.",
    "retry": "Try a run's failed subtasks again; what is there stays.",
    "rerun": "Have one subtask of a run written again.",
    "export": "Write a run's results into a file; no call is made.",
    "delete": "Remove a run from the journal.",
    "prune": "Remove old runs from the journal.",
    "batch": "Run every row of a table; the same command goes on where it stopped.",
    "worker": "Run rows of batches that wait in a queue, beside other workers.",
    "recipes": "List, show and create recipes.",
    "models": "Show which models would be used, and why.",
    "keys": "Store and list the providers' API keys.",
}
"""One line for each command, as `stretto --help` shows it."""

MODULES = {
    "runs": "runs.list",
    **{name: f"runs.{name}" for name in ("show", "resume", "retry", "rerun", "export", "delete", "prune")},
    "batch": "batches.run",
    "worker": "batches.worker",
}
"""Where in `commands` a command is, if not in the module of its name."""

SUBCOMMANDS = {"batch": {"status": "batches.status", "collect": "batches.collect", "cancel": "batches.cancel"}}
"""Words after a command that make another one of it, with their modules."""


class LazyGroup(TyperGroup):
    """Lists commands by their one line; imports a command's module when it is run."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name, line in COMMANDS.items():
            self.add_command(TyperCommand(name, help=line, rich_markup_mode=None))

    # Any: Typer has no public name for these types.
    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the real command in place of the line that stands for it."""
        name, _, rest = super().resolve_command(ctx, args)
        if rest and (module := SUBCOMMANDS.get(name or "", {}).get(rest[0])):
            return f"{name} {rest[0]}", _load(module), rest[1:]
        return name, _load(MODULES.get(name or "", name or "")), rest


def _load(module: str) -> Any:
    return get_command(import_module(f"stretto.faces.cli.commands.{module}").app)


def build() -> Any:
    """Return the whole command line."""
    app = typer.Typer(
        cls=LazyGroup,
        rich_markup_mode=None,
        add_completion=False,
        pretty_exceptions_enable=False,
        invoke_without_command=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    return get_command(app)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"stretto {__version__}")
        raise typer.Exit


def _root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """One task in, a plan decided at run time, every variant back."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(ExitCode.USAGE)
    if LOG_VARIABLE in os.environ:
        from stretto.app.observers.json_log import log_as_told  # not at the top: hardly anybody asks for the log

        log_as_told()
