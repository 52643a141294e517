"""Writes what `--help` says into docs/cli.md, between its markers: python docs/generate_cli.py [--check]."""

import os
import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).with_name("cli.md")
_MARKED = re.compile(r"(?P<begin><!-- help: (?P<command>[a-z ]+) -->\n).*?(?P<end><!-- end -->)", re.DOTALL)
_STRETTO = "import sys; from stretto.faces.cli import main; sys.exit(main(sys.argv[1:]))"


def help_of(command: str) -> str:
    """Return what a command says with `--help`, in 80 columns."""
    arguments = [*command.split()[1:], "--help"]
    environment = os.environ | {"COLUMNS": "80", "NO_COLOR": "1", "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-c", _STRETTO, *arguments], capture_output=True, check=True, env=environment, encoding="utf-8"
    )
    return done.stdout.strip()


def generate(page: str) -> str:
    """Return the page with every marked place filled anew."""

    def fill(place: re.Match[str]) -> str:
        return f"{place['begin']}```text\n{help_of(place['command'])}\n```\n{place['end']}"

    return _MARKED.sub(fill, page)


def main() -> int:
    """Write the page, or say whether it has to be written."""
    before = PAGE.read_text(encoding="utf-8")
    after = generate(before)
    if before == after:
        return 0
    if "--check" in sys.argv:
        print("docs/cli.md is not what --help says. Run: python docs/generate_cli.py", file=sys.stderr)
        return 1
    PAGE.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
