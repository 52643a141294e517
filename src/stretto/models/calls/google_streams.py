"""Looks after what servers send; Google's SDK reads few forms of a stream, and leaves what is broken off open."""

import json
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import cast

import anyio
from httpx2 import AsyncByteStream, Response
from pydantic_ai.models import Model as PydanticModel

from stretto.models.answers.bodies import check_body

_OTHER_FIELDS = (b":", b"event:", b"id:", b"retry:")
# U+0085, U+2028 and U+2029, which JSON may hold as they are.
_SEPARATOR = re.compile(rb"\xc2\x85|\xe2\x80[\xa8\xa9]")

_under_way: ContextVar[list[Response]] = ContextVar("stretto_streams_under_way")


@asynccontextmanager
async def closing_streams() -> AsyncGenerator[None]:
    """Close the streams that were opened inside, also when the call is cancelled: who leaves one open pays for it."""
    responses: list[Response] = []
    token = _under_way.set(responses)
    try:
        yield
    finally:
        _under_way.reset(token)
        with anyio.CancelScope(shield=True):
            for response in responses:
                await response.aclose()


def install_stream_hooks(model: PydanticModel) -> None:
    """Have what this model's server sends looked after, as far as its HTTP client is pydantic-ai's own."""
    # A provider has no public name for the client that it made.
    client: object = getattr(model.provider, "_own_http_client", None)
    hooks: dict[str, list[object]] | None = getattr(client, "event_hooks", None)
    hook = _on_google_response if model.system == "google" else _on_response
    if hooks is not None and hook not in hooks["response"]:
        hooks["response"].append(hook)


async def _on_response(response: Response) -> None:
    check_body(response, streamed=_under_way.get(None) is not None)


async def _on_google_response(response: Response) -> None:
    await _on_response(response)
    kind, encoding = response.headers.get("content-type", ""), response.headers.get("content-encoding", "")
    if kind.startswith("text/event-stream") and encoding in ("", "identity"):
        response.stream = _PlainEvents(cast("AsyncByteStream", response.stream))
    if (responses := _under_way.get(None)) is not None:
        responses.append(response)


class _PlainEvents(AsyncByteStream):
    """A stream of events as Google's SDK expects it: lines that begin with "data: ", and empty ones.

    What else the standard allows, and gateways send, it would take for the body of an error: comments that keep a
    connection open, other fields, no space behind the colon. It also ends a line at characters that end none in JSON.
    """

    def __init__(self, stream: AsyncByteStream) -> None:
        self._stream = stream
        self._line: list[bytes] = []
        """Pieces of a line whose end has not come."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._lines()

    async def _lines(self) -> AsyncGenerator[bytes]:
        async for piece in self._stream:
            head, end, rest = piece.rpartition(b"\n")
            if end:
                yield b"".join(map(_plain, (b"".join(self._line) + head + end).splitlines(keepends=True)))
                self._line.clear()
            self._line.append(rest)
        yield _plain(b"".join(self._line))

    async def aclose(self) -> None:
        """Close the stream."""
        await self._stream.aclose()


def _plain(line: bytes) -> bytes:
    if line.startswith(b"data:"):
        data = b"data: " + line[5:].removeprefix(b" ")
        return _SEPARATOR.sub(lambda found: json.dumps(found[0].decode())[1:-1].encode(), data)
    return b"" if line.startswith(_OTHER_FIELDS) else line
