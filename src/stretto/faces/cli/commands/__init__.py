"""The commands, one module each; a module is loaded only when its command is used."""

import typer


def new_app(*, group: bool = False) -> typer.Typer:
    """Return an empty Typer app, set up as each command's module needs it."""
    # Rich help costs 70 ms at every start, and errors are reported in `cli/errors.py`.
    return typer.Typer(
        rich_markup_mode=None,
        add_completion=False,
        pretty_exceptions_enable=False,
        invoke_without_command=group,
    )
