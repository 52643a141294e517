"""The page about the command line says what the command line says."""

import subprocess
import sys
from pathlib import Path

from stretto.faces.cli.app import COMMANDS

DOCS = Path(__file__).parents[3] / "docs"


def test_help_in_the_docs_is_what_help_says():
    """Every help text in docs/cli.md is the real one; the script that writes it says how to mend it."""
    done = subprocess.run(
        [sys.executable, DOCS / "generate_cli.py", "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_every_command_is_in_the_docs():
    """No command is left out of the page."""
    page = (DOCS / "cli.md").read_text(encoding="utf-8")
    assert all(f"<!-- help: stretto {name} -->\n```text\nUsage: stretto {name}" in page for name in COMMANDS)
