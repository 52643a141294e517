"""The frame of the command line: help, version, exit codes, one line for every error."""

import os
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from stretto import __version__
from stretto.core.errors import InputError, ModelError, StrettoError
from stretto.faces.cli.app import COMMANDS, MODULES
from stretto.faces.cli.errors import guard

COMMAND = Path(sys.executable).with_name("stretto")
HEAVY = ("pydantic_ai", "rich", "yaml", "platformdirs", "markdown_it", "nh3", "anyio", "stretto.app", "stretto.engine")


def _raise(error: BaseException) -> Callable[[], int]:
    def run() -> int:
        raise error

    return run


def test_the_installed_command_lists_every_command():
    """`stretto --help` names every command with its line, and ends with 0."""
    ended = subprocess.run([COMMAND, "--help"], capture_output=True, text=True, check=True)
    assert all(f"  {name} " in ended.stdout for name in COMMANDS)
    assert ended.stderr == ""


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"], ["keys", "set", "-h"]])
def test_help_imports_nothing_heavy(arguments):
    """Help and version come without any library that a run needs."""
    # Typer itself loads pydantic as soon as a command is named.
    heavy = {"pydantic"}.union(HEAVY) if arguments[0].startswith("-") else HEAVY
    script = (
        "import sys; from stretto.faces.cli import main; code = main(sys.argv[1:]);"
        f"print([name for name in {sorted(heavy)} if name in sys.modules], file=sys.stderr); sys.exit(code)"
    )
    ended = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "[]\n")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_listed_line_is_the_commands_own(name):
    """What the list says of a command is the first line of its own help."""
    help_text = get_command(import_module(f"stretto.faces.cli.commands.{MODULES.get(name, name)}").app).help
    assert help_text
    assert help_text.splitlines()[0] == COMMANDS[name]


def test_version(stretto):
    """`--version` says which one it is."""
    assert stretto("--version").out == f"stretto {__version__}\n"


def test_without_a_command_help_goes_to_stderr(stretto):
    """Nothing typed is a usage error that shows the help."""
    ended = stretto()
    assert (ended.code, ended.out) == (2, "")
    assert "Commands:" in ended.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["recipse"], "error: No such command 'recipse'. Did you mean 'recipes', 'resume'? See: stretto --help\n"),
        (["--nonsense"], "error: No such option: --nonsense. See: stretto --help\n"),
        (
            ["run", "write", "a", "text"],
            "error: Got unexpected extra argument(s) (a text). A task of several words stands in quotes. "
            "See: stretto run --help\n",
        ),
        (["recipes", "show"], "error: Missing argument 'name'. See: stretto recipes show --help\n"),
    ],
)
def test_a_usage_error_is_one_line(stretto, arguments, message):
    """What was typed wrong is said in one line, with where to read on, and ends with 2."""
    ended = stretto(*arguments)
    assert (ended.code, ended.out, ended.err) == (2, "", message)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("Bad value.", hint="Use another."), 2),
        (ModelError("The provider is down.", kind="server"), 1),
        (StrettoError("Cannot write out.md."), 1),
        (OSError(28, "No space left on device"), 1),
    ],
)
def test_an_error_is_one_line_and_its_exit_code(capsys, error, code):
    """What the user gave wrong ends with 2, what failed ends with 1; both are said in one line."""
    assert guard(_raise(error)) == code
    message = capsys.readouterr().err
    assert message == f"error: {error}\n"


def test_an_error_from_a_task_group_is_said_as_itself(capsys):
    """An error that a task group wrapped reads as if it had not."""
    group = ExceptionGroup("unhandled", [ExceptionGroup("again", [InputError("Bad value.")])])
    assert guard(_raise(group)) == 2
    assert capsys.readouterr().err == "error: Bad value.\n"


def test_control_characters_from_outside_are_not_shown(capsys):
    """An error's text cannot drive the terminal or pretend to be a second line."""
    guard(_raise(StrettoError("No \x1b[31mred\x07\x9b text\nerror: not ours\r\nend")))
    assert capsys.readouterr().err == "error: No red text error: not ours end\n"


def test_a_key_in_an_error_is_not_shown(capsys, monkeypatch):
    """An error that repeats a key is shown without it."""
    monkeypatch.setenv("GROQ_API_KEY", "secret-0123456789")
    guard(_raise(ValueError("Illegal header value b'Bearer secret-0123456789'")))
    message = capsys.readouterr().err
    assert "0123456789" not in message
    assert message.startswith("error: ValueError: Illegal header value")


def test_a_bug_says_that_it_is_one(capsys, monkeypatch):
    """An unexpected exception is one line that says how to get the traceback, and the traceback comes when asked."""
    assert guard(_raise(KeyError("x"))) == 1
    message = capsys.readouterr().err
    assert message == "error: KeyError: 'x'. This is a bug in stretto; STRETTO_TRACEBACK=1 shows where.\n"
    monkeypatch.setenv("STRETTO_TRACEBACK", "1")
    guard(_raise(KeyError("x")))
    assert "Traceback (most recent call last)" in capsys.readouterr().err


@pytest.mark.parametrize("error", [KeyboardInterrupt(), typer.Abort()])
def test_an_interrupt_ends_with_130(capsys, error):
    """Ctrl-C ends with 130 and without an error."""
    assert guard(_raise(error)) == 130
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("given", "code"), [(None, 0), (3, 3), (0, 0)])
def test_a_command_returns_its_exit_code(given, code):
    """A command that returns a number ends with it, any other with 0."""
    assert guard(lambda: given) == code


def test_a_reader_that_leaves_ends_it_quietly():
    """A closed pipe, as behind `head`, brings no complaint on stderr."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as pipe:
        ended = subprocess.run(
            [COMMAND, "recipes", "show", "product-copy"], stdout=pipe, stderr=subprocess.PIPE, check=False
        )
    assert (ended.returncode, ended.stderr) == (1, b"")


def test_a_terminal_without_utf_8_still_shows_the_rest():
    """Text that the terminal's encoding lacks becomes a question mark, and the command goes on."""
    environ = os.environ | {"PYTHONIOENCODING": "ascii"}
    script = "import sys; from stretto.faces.cli.errors import guard; sys.exit(guard(lambda: print('茶 tea')))"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, env=environ, check=False)
    assert (ended.returncode, ended.stdout) == (0, b"? tea\n")


@pytest.mark.parametrize(("closed", "code"), [("<&-", 2), (">&-", 1), ("2>&-", 0)])
def test_closed_streams_are_no_bug(closed, code):
    """Started without stdin, stdout or stderr, as services may be, a command does its work or says what it lacks."""
    task = "-" if closed == "<&-" else "x"
    ended = subprocess.run(
        ["sh", "-c", f'"$0" run {task} --model demo:delay=0 {closed}', COMMAND], capture_output=True, check=False
    )
    assert ended.returncode == code
    assert b"bug" not in ended.stderr
    assert (b"The task from stdin is empty." in ended.stderr) is (code == 2)


@pytest.mark.parametrize(("switch", "shown"), [((), False), (("-W", "default"), True)])
def test_a_librarys_warning_is_not_shown_to_whoever_runs_the_command(switch: tuple[str, ...], shown: bool):
    """A warning with a path of some package in it is for programmers, who ask Python for it."""
    script = "import warnings; from stretto.faces.cli import main; main(); warnings.warn('odd')"
    ended = subprocess.run([sys.executable, *switch, "-c", script, "--version"], capture_output=True, check=False)
    assert (b"odd" in ended.stderr) is shown
