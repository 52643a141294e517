"""The worker of compose.yaml, started as it is written there; the database's image and the install are stood in for."""

import os
import re
import shlex
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import anyio
import pytest
import yaml

from tests.batch.queue.conftest import QueueHarness

pytestmark = pytest.mark.anyio

FILE = Path(__file__).parents[3] / "compose.yaml"
_VARIABLE = re.compile(r"\$\$|\$\{(\w+):([-?])([^}]*)\}")
_MAIN = "from stretto.faces.cli import main; main()"


def fill(text: str, environ: Mapping[str, str]) -> str:
    """Fill the variables of a compose file in, as its reader does."""

    def value(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        if not environ.get(found[1]) and found[2] == "?":
            raise LookupError(f"{found[1]}: {found[3]}")
        return environ.get(found[1]) or found[3]

    return _VARIABLE.sub(value, text)


def worker(environ: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """Return the command of the worker's service and its environment."""
    service = yaml.safe_load(FILE.read_text())["services"]["worker"]
    given = {name: fill(value, environ) for name, value in service["environment"].items()}
    return shlex.split(fill(service["command"], environ)), given


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """Give a folder with a `pip` that has everything already, and with the `stretto` of these tests."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "pip").write_text("#!/bin/sh\n")
    (folder / "stretto").write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{_MAIN}" "$@"\n')
    for tool in folder.iterdir():
        tool.chmod(0o755)
    return folder


def test_no_password_is_no_default():
    """A database that others may reach has the password that somebody chose."""
    with pytest.raises(LookupError, match="POSTGRES_PASSWORD: choose one"):
        worker({})


async def test_the_worker_works_and_drains(harness: QueueHarness, tools: Path):
    """The service's own command takes rows from the queue, and SIGTERM, which stopping a container sends, ends it."""
    harness.write(["mug", "pot", "pan"])
    batch_id = await harness.submit()
    command, environ = worker({"STRETTO_QUEUE": harness.url, "POSTGRES_PASSWORD": "any", "OPENAI_API_KEY": "any"})
    environ = os.environ | environ | {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    async with await anyio.open_process(command, env=environ, cwd=harness.folder, stdout=None, stderr=None) as process:
        try:
            batch = await harness.ended(batch_id)
            process.terminate()
            assert await process.wait() == 0
        finally:
            with suppress(ProcessLookupError):
                process.kill()
    assert (batch.state, batch.statuses) == ("open", {"complete": 3})
