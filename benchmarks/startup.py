"""Measures a start: `--help`, `import stretto`, the first line of `stretto demo`, beside a bare Python."""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

STRETTO = str(Path(sys.executable).with_name("stretto"))
COMMANDS = {
    "python -c pass": (sys.executable, "-c", "pass"),
    'python -c "import stretto"': (sys.executable, "-c", "import stretto"),
    "stretto --help": (STRETTO, "--help"),
    "stretto demo, first line": (STRETTO, "demo", "--no-journal"),
}


def measure_startup(turns: int) -> dict[str, Any]:
    """Return seconds to the end, or to the first line of `demo`, by command; the commands in turn."""
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(turns + 1):
        for name, command in COMMANDS.items():
            took = _first_line(command) if "first line" in name else _whole(command)
            if turn:  # The first round compiles and fills the disk's cache.
                seconds[name].append(took)
    return seconds


def _whole(command: Sequence[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


def _first_line(command: Sequence[str]) -> float:
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        process.stderr.readline()
        took = time.perf_counter() - began
        process.kill()
        process.communicate()
    return took
