"""What every protocol gives: requests read, answers and errors written, headers. No I/O."""

import json
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from tests.simulator.answers import Answer
from tests.simulator.asked import Asked, ProtocolName
from tests.simulator.bucket import Limits
from tests.simulator.faults import ErrorKind
from tests.simulator.http import Request
from tests.simulator.sse import Event


class Rejected(Exception):
    """A request that the provider refuses."""

    def __init__(
        self,
        kind: ErrorKind,
        message: str = "",
        *,
        param: str | None = None,
        code: str | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.kind: ErrorKind = kind
        self.message = message
        """In place of the provider's usual words."""
        self.param = param
        self.code = code
        """In place of the provider's usual code."""
        self.status = status
        """In place of the provider's usual status."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """What a call costs in tokens."""

    input: int
    """All of the prompt."""
    cached: int = 0
    written: int = 0
    written_1h: int = 0
    text: int = 0
    thinking: int = 0

    @property
    def output(self) -> int:
        """Thinking included."""
        return self.text + self.thinking


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """Everything that an answer's bytes are made from."""

    asked: Asked
    answer: Answer
    usage: Usage
    request_id: str
    created: int
    """Unix time."""
    second_choice: bool = False
    """Whether another answer comes with it, where the protocol has choices."""

    def identifier(self, prefix: str) -> str:
        """Return an id of a provider's form, the same for the same call."""
        return f"{prefix}{self.request_id.removeprefix('req_')}"


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorForm:
    """How a provider words one kind of error."""

    status: int
    type: str
    message: str
    code: str | None = None
    param: str | None = None
    details: Sequence[Mapping[str, Any]] = field(default=())


_NEAREST: Mapping[ErrorKind, ErrorKind] = {
    "key_limit": "spend_limit",
    "in_flight": "rate_limit",
    "flagged": "bad_request",
}
"""What stands for an error that only OpenRouter has."""


def form_of(errors: Mapping[ErrorKind, ErrorForm], kind: ErrorKind) -> ErrorForm:
    """Return how a provider words an error, or the nearest that it knows."""
    return errors[kind if kind in errors else _NEAREST[kind]]


class Protocol(typing.Protocol):
    """One provider's way of speaking."""

    @property
    def name(self) -> ProtocolName:
        """How the script and the log name it."""
        ...

    @property
    def waits_in_header(self) -> bool:
        """Whether a wait is said in the Retry-After header, and not in the body."""
        ...

    def serves(self, request: Request) -> bool:
        """Whether the request's address is this protocol's."""
        ...

    def read(self, request: Request, key: str | None) -> Asked:
        """Validate a request; raises `Rejected`. `key` is the only key let in."""
        ...

    def body(self, reply: Reply) -> dict[str, Any]:
        """Return the whole answer of an unstreamed call."""
        ...

    def opening(self, reply: Reply) -> list[Event]:
        """Return the events before the first token."""
        ...

    def thinking(self, reply: Reply, piece: str) -> list[Event]:
        """Return the events for a piece of thinking; none where thinking is not shown."""
        ...

    def text(self, reply: Reply, piece: str, index: int) -> list[Event]:
        """Return the events for the piece number `index` of the text."""
        ...

    def closing(self, reply: Reply) -> list[Event]:
        """Return the events after the last token, the finish event among them."""
        ...

    def error(
        self, rejected: Rejected, *, request_id: str, model: str, wait: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Return status and body of an error; `wait` is the Retry-After it comes with."""
        ...

    def error_event(self, kind: ErrorKind, *, request_id: str, model: str) -> Event:
        """Return the event that reports an error inside a stream."""
        ...

    def ping(self) -> bytes:
        """Return what this provider sends to keep a connection alive."""
        ...

    def headers(self, *, request_id: str, limits: Limits | None) -> list[tuple[str, str]]:
        """Return the headers of every answer."""
        ...


def read_json(request: Request) -> Any:
    """Return the body as JSON; raises ValueError."""
    return json.loads(request.body.decode())


def bearer(request: Request) -> str:
    """Return the key of an Authorization header; empty for none."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def dig(body: Any, *names: str) -> Any:
    """Return what stands at nested fields; None where one of them is missing or null."""
    for name in names:
        if not isinstance(body, dict):
            return None
        body = cast("dict[str, Any]", body).get(name)
    return body


def content_text(content: Any) -> str:
    """Return the text of a content field: a string, or parts that have one."""
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content or () if isinstance(part.get("text"), str))
