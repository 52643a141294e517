"""Network namespaces of a test: a provider and a database at the hub, and workers that can be cut off."""

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.simulator import SimulatorThread

HUB = "10.213.77.1"
"""The hub's address; nothing outside of the namespaces has a way there."""
_CLONE_NEWNET = 0x40000000


class Network:
    """Network namespaces, each joined to the hub by a pair of interfaces."""

    def __init__(self, tag: str) -> None:
        self.hub = f"{tag}-hub"
        self._tag = tag

    def inside(self, worker: int) -> tuple[str, ...]:
        """Return the command that runs another one where a worker is."""
        return ("ip", "netns", "exec", f"{self._tag}-{worker}")

    def cut(self, worker: int, *, off: bool) -> None:
        """Take the worker's cable out, or put it in again."""
        _run("ip", "-n", self.hub, "link", "set", f"w{worker}", "down" if off else "up")


@contextmanager
def network(workers: int) -> Iterator[Network]:
    """Yield a network with so many places for workers; skips the test where none can be made."""
    net = Network(f"stretto{os.getpid()}")
    with ExitStack() as stack:
        try:
            for name in (net.hub, *(f"stretto{os.getpid()}-{n}" for n in range(workers))):
                _run("ip", "netns", "add", name)
                stack.callback(_run, "ip", "netns", "del", name)
                _run("ip", "-n", name, "link", "set", "lo", "up")
            _run("ip", "-n", net.hub, "link", "add", "bridge", "type", "bridge")
            _run("ip", "-n", net.hub, "addr", "add", f"{HUB}/24", "dev", "bridge")
            _run("ip", "-n", net.hub, "link", "set", "bridge", "up")
            for n in range(workers):
                name = f"stretto{os.getpid()}-{n}"
                _run(
                    "ip", "-n", net.hub, "link", "add", f"w{n}", "type", "veth", "peer", "name", "cable", "netns", name
                )
                _run("ip", "-n", net.hub, "link", "set", f"w{n}", "master", "bridge")
                _run("ip", "-n", net.hub, "link", "set", f"w{n}", "up")
                _run("ip", "-n", name, "addr", "add", f"10.213.77.{n + 2}/24", "dev", "cable")
                _run("ip", "-n", name, "link", "set", "cable", "up")
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"No network namespaces can be made here, so this is not tested: {error}")
        yield net


class HubSimulator(SimulatorThread):
    """A simulator whose thread lives in the hub's namespace, while the test talks to it as ever."""

    def __init__(self, net: Network, **changes: Any) -> None:
        super().__init__(host=HUB, **changes)
        self._net = net

    async def _run(self) -> None:
        enter(self._net.hub)  # of this thread alone
        await super()._run()


def enter(namespace: str) -> None:
    """Move the calling thread into a namespace."""
    with Path(f"/run/netns/{namespace}").open() as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")


@contextmanager
def listening(server: Any, net: Network) -> Iterator[str]:
    """Have a Postgres listen at the hub, besides at its socket, while the block runs; yield its address there."""
    data = Path(server.pgdata)
    with (data / "pg_hba.conf").open("a") as rules:
        rules.write("host all all 10.213.77.0/24 trust\n")
    server.stop()
    socket = server.get_postmaster_info().socket_dir
    user = ("setpriv", f"--reuid={server.system_user}", "--clear-groups") if server.system_user else ()
    control = (str(server.bin_path / "pg_ctl"), "-w", "-D", str(data))
    start = ("-l", str(server.log), "-o", f"-h {HUB} -p 5432 -k {socket}", "start")
    _run("ip", "netns", "exec", net.hub, *user, *control, *start)
    try:
        yield f"postgresql://postgres@{HUB}:5432/postgres"
    finally:
        _run(*user, *control, "-m", "immediate", "stop")


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
