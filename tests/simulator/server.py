"""Puts the provider on a socket of this machine, in the running event loop."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Self

from tests.simulator.connection import Connection, Wire
from tests.simulator.control import CONTROL, answer_control
from tests.simulator.faults import Script
from tests.simulator.http import Request
from tests.simulator.log import CallLog, CallRecord
from tests.simulator.protocols import route
from tests.simulator.provider import Provider
from tests.simulator.settings import Settings
from tests.simulator.sse import to_json

_JSON = [("content-type", "application/json")]


class Simulator:
    """A simulated provider: `async with Simulator(script=…) as sim: sim.url`."""

    def __init__(
        self, settings: Settings | None = None, *, clock: Callable[[], float] = time.monotonic, **changes: Any
    ) -> None:
        """Take settings, or what differs from the defaults; `clock` drives the rate limits and caches."""
        self.settings = replace(settings or Settings(), **changes)
        self._provider = Provider(self.settings, clock)
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self._serve, self._connections),
            self.settings.host,
            self.settings.port,
            backlog=2048,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await asyncio.gather(*(connection.stop() for connection in list(self._connections)))
        await self._server.wait_closed()
        self.log.close()

    @property
    def port(self) -> int:
        """The port it listens at."""
        assert self._server is not None, "The simulator is not running. Open it with `async with`."
        return self._server.sockets[0].getsockname()[1]

    @property
    def url(self) -> str:
        """The address without a path: what Anthropic's and Google's SDKs take."""
        return f"http://{self.settings.host}:{self.port}"

    @property
    def openai_url(self) -> str:
        """The address that OpenAI's SDK takes."""
        return f"{self.url}/v1"

    @property
    def tls_url(self) -> str:
        """An address at which every TLS handshake fails."""
        return f"https://{self.settings.host}:{self.port}"

    @property
    def log(self) -> CallLog:
        """The call log."""
        return self._provider.log

    @property
    def calls(self) -> tuple[CallRecord, ...]:
        """Every call, in order of arrival."""
        return self.log.records

    async def until(self, condition: Callable[[Sequence[CallRecord]], object]) -> None:
        """Return once the condition holds for the calls."""
        await self.log.until(condition)

    def release(self, name: str) -> None:
        """Let go every call that a `Hold` of this name holds, and those that it would."""
        self._provider.latch(name).set()

    def play_script(self, script: Script) -> None:
        """Replace the script; its counting begins anew."""
        self._provider.play_script(script)

    async def _serve(self, request: Request, wire: Wire) -> None:
        if request.path.startswith(CONTROL):
            status, answer = answer_control(self, request)
            await wire.send(status, _JSON, to_json(answer).encode())
            return
        protocol = route(request)
        if protocol is None:
            message = f"Invalid URL ({request.method} {request.path})"
            body = {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}
            await wire.send(404, _JSON, to_json(body).encode())
            return
        await self._provider.serve(protocol, request, wire)
