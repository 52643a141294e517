"""The one place that turns what went wrong into one line on stderr and an exit code."""

import os
import sys
from collections.abc import Callable
from typing import Any, cast

import typer

from stretto.core.errors import InputError, StrettoError
from stretto.faces.cli.process.exit_codes import ExitCode
from stretto.faces.cli.process.output_streams import StdoutError, open_streams
from stretto.faces.cli.process.text_encoding import use_utf8
from stretto.faces.shared.formatting import one_line

TRACEBACK_VARIABLE = "STRETTO_TRACEBACK"
"""Set to 1, it shows where an error came from."""


def guard(command: Callable[[], Any]) -> int:
    """Run `command` and return the exit code; whatever it raises is said in one line on stderr."""
    _open_streams()
    try:
        code = command()
        sys.stdout.flush()
        return code if isinstance(code, int) else ExitCode.COMPLETE
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except Exception as error:  # the last stop: everything is said, nothing is hidden
        if os.environ.get(TRACEBACK_VARIABLE) == "1":
            import traceback  # only here: it costs start-up time

            traceback.print_exception(error)
        return _print_error(_innermost(error))


def _print_error(error: BaseException) -> int:
    code, line = _exit_code_and_line(error)
    if line:
        from stretto.app.settings.keys import hide_keys  # only here: it costs start-up time

        print(f"error: {one_line(hide_keys(line))}", file=sys.stderr)
    return code


def _exit_code_and_line(error: BaseException) -> tuple[ExitCode, str]:
    match error:
        case typer.Abort() | KeyboardInterrupt():
            return ExitCode.INTERRUPTED, ""
        case StdoutError():
            # What is shown without a call can be shown again; who reads no further, as `head`, wants no word.
            again = "Give the command again with another output, such as > FILE."
            return ExitCode.ERROR, "" if error.reader_left else f"{error} {again}"
        case InputError():
            return ExitCode.USAGE, str(error)
        case StrettoError():
            return ExitCode.ERROR, str(error)
        case typer.TyperException():
            command = getattr(getattr(error, "ctx", None), "command_path", "stretto")
            message = error.format_message()
            if "unexpected extra argument" in message and command.endswith((" run", " plan")):
                message += ". A task of several words stands in quotes."
            return ExitCode.USAGE, f"{message}{'' if message.endswith(('.', '?')) else '.'} See: {command} --help"
        case OSError():
            return ExitCode.ERROR, str(error)
        case _:
            what = f"{type(error).__name__}: {error}".rstrip(": .")
            return ExitCode.ERROR, f"{what}. This is a bug in stretto; {TRACEBACK_VARIABLE}=1 shows where."


def _innermost(error: BaseException) -> BaseException:
    # A task group wraps what its tasks raised; the first is what ended the others.
    if not isinstance(error, BaseExceptionGroup):
        return error
    return _innermost(cast("BaseExceptionGroup[BaseException]", error).exceptions[0])


def _open_streams() -> None:
    open_streams()
    use_utf8()
    # A terminal that is not UTF-8 shows "?" for what it cannot; it must not end the run.
    if reconfigure := getattr(sys.stdout, "reconfigure", None):
        reconfigure(errors="replace")
