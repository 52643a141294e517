"""What a command says to the shell when it ends."""

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended."""

    COMPLETE = 0
    ERROR = 1
    """The run failed, or its result could not be written."""
    USAGE = 2
    """What was typed or given cannot be used; nothing was run."""
    PARTIAL = 3
    """There are results, and something is missing."""
    INTERRUPTED = 130
    """By Ctrl-C."""
    HUNG_UP = 129
    """By SIGHUP: the terminal was closed."""
    TERMINATED = 143
    """By SIGTERM."""
