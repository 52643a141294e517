"""Starts what benchmarks need beside them: the simulated provider with a workload, and measured child processes."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.contenders import ROOT
from benchmarks.workload import Workload


@contextmanager
def provider(workload: Workload, *, speed: str = "") -> Iterator[str]:
    """Run the simulated provider in a process of its own; gives its address."""
    command = [sys.executable, "-m", "benchmarks.provider", "--subtasks", str(workload.subtasks)]
    command += ["--lengths", workload.lengths, "--seed", str(workload.seed), "--speed", speed or str(workload.speed)]
    command += ["--hanging", str(workload.hanging)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def child(module: str, *arguments: str) -> dict[str, Any]:
    """Run one of these modules in a process of its own and return the JSON that it prints in its last line."""
    command = [sys.executable, "-m", module, *arguments]
    ran = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(ran.stdout.splitlines()[-1])
