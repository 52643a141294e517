"""The stage on which faults are played: one loop and simulator for a module, limiters that know nothing for a test."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from anyio.lowlevel import RunVar

from stretto.engine.limits import registry
from stretto.models.calls import resending as sending
from tests.faults.clock import LeapingLoop
from tests.faults.stage import Recorder, Stage
from tests.simulator import Simulator


@pytest.fixture(scope="module")
def anyio_backend() -> tuple[str, dict[str, object]]:
    """Run on asyncio, in a loop that does not wait."""
    return "asyncio", {"loop_factory": LeapingLoop}


@pytest.fixture(scope="module")
async def stage(anyio_backend: object) -> AsyncIterator[Stage]:
    """A simulator with a model for each protocol."""
    answers = Recorder()
    async with Simulator(answers=answers, clock=asyncio.get_running_loop().time) as sim:
        yield Stage(sim, answers)


@pytest.fixture(autouse=True)
def quick_resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Say at once that a name under .invalid does not exist (RFC 6761); some networks take their time over it."""
    look_up = socket.getaddrinfo

    def answer(host: str | bytes | None, *args: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name and name.endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return look_up(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", answer)


@pytest.fixture(autouse=True)
def fresh_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test's provider did not take is sent to it in every other test."""
    monkeypatch.setattr(sending, "_forms", {})


@pytest.fixture(autouse=True)
def fresh_limiters(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test's provider refused slows down no other test."""
    monkeypatch.setattr(registry, "_shared", RunVar("limits_of_one_test"))
    monkeypatch.delenv("STRETTO_MODEL", raising=False)
