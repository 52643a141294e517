"""Lets a person edit a plan in their editor, as YAML with instructions, before anything of it is run."""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from stretto.core.errors import InputError
from stretto.core.plan import Plan
from stretto.core.usage import Quote
from stretto.faces.cli.input.plan_yaml import read_plan_text, write_plan_text
from stretto.faces.cli.process.signals import ignored, raised
from stretto.faces.shared.formatting import count
from stretto.faces.shared.run_wording import quote_line

_EDITORS = ("sensible-editor", "editor", "nano", "vim", "vi", "notepad")
"""Tried in this order where nobody named one."""
_OTHER_WAY = "Or use: stretto plan ... -o plan.json, edit that file, then: stretto run --plan plan.json"


def find_editor(environ: Mapping[str, str] | None = None) -> list[str]:
    """Return the command of the user's editor; raises `InputError` when a plan cannot be edited here."""
    environ = os.environ if environ is None else environ
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise InputError("--review needs a terminal.", hint=_OTHER_WAY)
    path = environ.get("PATH")
    named = next((name for name in ("VISUAL", "EDITOR") if environ.get(name, "").strip()), None)
    if named is None:
        found = next((editor for editor in _EDITORS if shutil.which(editor, path=path)), None)
        if found is None:
            raise InputError("--review needs an editor: set EDITOR, such as EDITOR=nano.", hint=_OTHER_WAY)
        return [found]
    given = environ[named].strip()
    if shutil.which(given, path=path):  # A path may have a space in it.
        return [given]
    try:
        command = shlex.split(given)
    except ValueError:
        command = []
    if not command or shutil.which(command[0], path=path) is None:
        raise InputError(f"The editor {environ[named]!r} in {named} is not there.", hint=_OTHER_WAY)
    return command


def review_plan(plan: Plan, quote: Quote, *, task: str, editor: list[str]) -> Plan | None:
    """Return the plan as edited; None when the person wants nothing run."""
    # In a folder of its own, for its owner alone: some editors put more files beside it.
    with tempfile.TemporaryDirectory(prefix="stretto-") as folder:
        file = Path(folder) / "plan.yaml"
        file.write_text(write_plan_text(plan, quote, task=task), encoding="utf-8")
        print(f"plan: {count(len(plan.subtasks), 'subtask')}. Running them: {quote_line(quote)}", file=sys.stderr)
        while True:
            if not _open(editor, file):
                return None
            try:
                edited = read_plan_text(file.read_text(encoding="utf-8-sig"), plan)
            except (InputError, OSError, UnicodeDecodeError) as error:
                not_text = isinstance(error, UnicodeDecodeError)
                print(f"error: {'The file is not UTF-8 text.' if not_text else error}", file=sys.stderr)
                if not _again():
                    return None
                continue
            if edited is not None:
                print(f"running: {changes(plan, edited)}", file=sys.stderr)
            return edited


def changes(before: Plan, after: Plan) -> str:
    """Return in a few words what a person made of a plan."""
    old = {subtask.id: subtask for subtask in before.subtasks}
    kept = [subtask for subtask in after.subtasks if subtask.id in old]
    numbers = {
        "removed": len(before.subtasks) - len(kept),
        "added": len(after.subtasks) - len(kept),
        "changed": sum(subtask != old[subtask.id] for subtask in kept),
    }
    said = ", ".join(f"{number} {what}" for what, number in numbers.items() if number)
    return f"{count(len(after.subtasks), 'subtask')}{f' ({said})' if said else ''}"


def _open(editor: list[str], file: Path) -> bool:
    with ignored():
        # Our stdout may be a pipe; stderr is known to be a terminal.
        done = subprocess.run([*editor, str(file)], stdout=sys.stderr.fileno(), check=False)
    if done.returncode:
        print(f"error: The editor ended with code {done.returncode}.", file=sys.stderr)
    return done.returncode == 0


def _again() -> bool:
    try:
        with raised():
            print("Edit it again? [Y/n] ", end="", file=sys.stderr, flush=True)
            answer = sys.stdin.readline()
    except KeyboardInterrupt:
        return False
    return answer.strip().lower() in ("", "y", "yes") and answer != ""
