"""Looks after the streams under Google's SDK: it reads comments as data, and leaves what is broken off open."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import cast

import anyio
from httpx2 import AsyncByteStream, Response
from pydantic_ai.models import Model as PydanticModel

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


def mind_streams(model: PydanticModel) -> None:
    """Have this model's streams looked after, as far as its HTTP client is pydantic-ai's own."""
    if model.system != "google":  # The other SDKs do it well.
        return
    # A provider has no public name for the client that it made.
    client: object = getattr(model.provider, "_own_http_client", None)
    hooks: dict[str, list[object]] | None = getattr(client, "event_hooks", None)
    if hooks is not None and _mind not in hooks["response"]:
        hooks["response"].append(_mind)


async def _mind(response: Response) -> None:
    kind, encoding = response.headers.get("content-type", ""), response.headers.get("content-encoding", "")
    if kind.startswith("text/event-stream") and encoding in ("", "identity"):
        response.stream = _WithoutComments(cast("AsyncByteStream", response.stream))
    if (responses := _under_way.get(None)) is not None:
        responses.append(response)


class _WithoutComments(AsyncByteStream):
    """A stream without the lines that begin with a colon, which gateways send to keep a connection open."""

    def __init__(self, stream: AsyncByteStream) -> None:
        self._stream = stream
        self._fresh = True
        """Whether the next byte begins a line."""
        self._comment = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._pieces()

    async def _pieces(self) -> AsyncGenerator[bytes]:
        async for piece in self._stream:
            if kept := self._keep(piece):
                yield kept

    def _keep(self, piece: bytes) -> bytes:
        kept: list[bytes] = []
        for line in piece.splitlines(keepends=True):
            if self._fresh:
                self._comment = line.startswith(b":")
            if not self._comment:
                kept.append(line)
            self._fresh = line.endswith((b"\n", b"\r"))
        return b"".join(kept)

    async def aclose(self) -> None:
        """Close the stream."""
        await self._stream.aclose()
