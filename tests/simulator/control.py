"""The simulator's own addresses: the call log, the script and the latches over HTTP. No I/O."""

import typing
from collections.abc import Mapping
from typing import Any

from tests.simulator.faults import Script
from tests.simulator.http import Request
from tests.simulator.log import CallLog
from tests.simulator.scripts import ScriptError, read_script

CONTROL = "/_"
"""What these addresses begin with; no provider has such a one."""


class Controlled(typing.Protocol):
    """The simulator, as seen from here."""

    @property
    def log(self) -> CallLog:
        """The call log."""
        ...

    def release(self, name: str) -> None:
        """Let held calls go on."""
        ...

    def play_script(self, script: Script) -> None:
        """Replace the script."""
        ...


def answer_control(simulator: Controlled, request: Request) -> tuple[int, Mapping[str, Any]]:
    """Return status and body: GET /_calls, POST /_script (JSON), POST /_release/NAME."""
    match request.method, request.path.split("/"):
        case "GET", ["", "_calls"]:
            return 200, simulator.log.summary()
        case "POST", ["", "_script"]:
            try:
                simulator.play_script(read_script(request.body.decode()))
            except ScriptError as error:
                return 400, {"error": str(error)}
            return 200, {}
        case "POST", ["", "_release", name]:
            simulator.release(name)
            return 200, {}
        case _:
            return 404, {"error": f"Nothing at {request.method} {request.path}."}
