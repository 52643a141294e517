"""Finds out what can be drawn on. Rich is loaded only where there is a terminal."""

import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console


LOG_VARIABLE = "STRETTO_LOG"
"""Set, it has the log written to stderr: see `stretto.app.observers.json_log`."""


def live_console() -> "Console | None":
    """Return stderr as a console when frames can be drawn on it over and over."""
    if os.environ.get(LOG_VARIABLE):
        return None  # the log's lines and a frame would write over each other
    console = _console(sys.stderr)
    # Rich has the last word: it knows old Windows consoles.
    return None if console is None or console.legacy_windows else console


def results_console() -> "Console | None":
    """Return stdout as a console when a person reads it."""
    return _console(sys.stdout)


def _console(stream: TextIO) -> "Console | None":
    if not stream.isatty() or os.environ.get("TERM", "") in ("", "dumb", "unknown"):
        return None
    from rich.console import Console

    # Nothing that comes from models or users is markup, an emoji code or worth guessing colours for.
    return Console(file=stream, markup=False, emoji=False, highlight=False)
