"""The command line: `main` is what the installed command `stretto` calls."""

import sys
import warnings
from collections.abc import Sequence

from stretto.faces.cli.app import build
from stretto.faces.cli.errors import guard


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, the process's own when `arguments` is None; returns the exit code."""
    if arguments is None and not sys.warnoptions:
        # A library's warning, with a path in it, says nothing to whoever runs the command; python -W shows it.
        warnings.simplefilter("ignore")
    given = sys.argv[1:] if arguments is None else list(arguments)
    command = build()
    return guard(lambda: command.main(given, prog_name="stretto", standalone_mode=False))
