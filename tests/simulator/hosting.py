"""Hosts a simulator outside the caller's event loop: in a thread, or in a process of its own."""

import asyncio
import json
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

from tests.simulator.faults import Script
from tests.simulator.log import CallLog, CallRecord
from tests.simulator.server import Simulator
from tests.simulator.settings import Settings

_T = TypeVar("_T")
_ROOT = Path(__file__).parents[2]


class SimulatorThread:
    """A simulator for tests without an event loop: `with SimulatorThread(script=…) as sim: sim.url`."""

    def __init__(self, settings: Settings | None = None, **changes: Any) -> None:
        self._simulator = Simulator(settings, **changes)
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="simulator", daemon=True)
        self._failure: BaseException | None = None

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            async with self._simulator as simulator:
                self.url, self.openai_url, self.tls_url = simulator.url, simulator.openai_url, simulator.tls_url
                self._started.set()
                await self._stop.wait()
        except OSError as error:
            self._failure = error
            self._started.set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait()
        if self._failure:
            raise self._failure
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    @property
    def calls(self) -> tuple[CallRecord, ...]:
        """Every call, in order of arrival; an answer that was read has its end."""
        return self._read(lambda log: log.records)

    def repeated(self) -> tuple[str, ...]:
        """Return the digests of calls that were made again although they had been delivered unspoilt before."""
        return self._read(CallLog.repeated)

    def summary(self) -> dict[str, Any]:
        """Return the call log, as GET /_calls gives it."""
        return self._read(CallLog.summary)

    def _read(self, read: Callable[[CallLog], _T]) -> _T:
        if not self._thread.is_alive():
            return read(self._simulator.log)

        async def settled() -> _T:
            # An answer's last byte leaves before its end is noted; by the next turns of the loop it is.
            for _ in range(3):
                await asyncio.sleep(0)
            return read(self._simulator.log)

        return asyncio.run_coroutine_threadsafe(settled(), self._loop).result()

    def release(self, name: str) -> None:
        """Let go every call that a `Hold` of this name holds."""
        self._loop.call_soon_threadsafe(self._simulator.release, name)

    def play_script(self, script: Script) -> None:
        """Replace the script; its counting begins anew."""
        self._loop.call_soon_threadsafe(self._simulator.play_script, script)

    def until(self, condition: Any) -> None:
        """Return once the condition holds for the calls."""
        asyncio.run_coroutine_threadsafe(self._simulator.until(condition), self._loop).result()


class SimulatorProcess:
    """A simulator in a process of its own: `with SimulatorProcess("--seed", "7") as sim: sim.url`."""

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.simulator", *self._arguments]
        self.process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        # Its first line is the address; none comes from a process that could not start.
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            self.process.communicate()
            raise RuntimeError(f"The simulator did not start; it ended with {self.process.returncode}.")
        self.openai_url = f"{self.url}/v1"
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.communicate()

    def summary(self) -> dict[str, Any]:
        """Return the call log, as GET /_calls gives it."""
        with urllib.request.urlopen(f"{self.url}/_calls") as answer:
            return json.load(answer)

    def release(self, name: str) -> None:
        """Let go every call that a `Hold` of this name holds."""
        self._post(f"/_release/{name}", b"")

    def play_script(self, faults: Sequence[dict[str, Any]]) -> None:
        """Replace the script by one in the form of `scripts.read_script`."""
        self._post("/_script", json.dumps(faults).encode())

    def _post(self, path: str, body: bytes) -> None:
        request = urllib.request.Request(f"{self.url}{path}", data=body, method="POST")
        with urllib.request.urlopen(request):
            pass
