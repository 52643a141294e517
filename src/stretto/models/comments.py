"""Leaves comments out of a stream of server-sent events, for Google's SDK, which reads them as data."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import cast

from httpx2 import AsyncByteStream, Response
from pydantic_ai.models import Model as PydanticModel


def drop_comments(model: PydanticModel) -> None:
    """Have this model's streams come without comments, as far as its HTTP client is pydantic-ai's own."""
    if model.system != "google":  # The other SDKs know what a comment is.
        return
    # A provider has no public name for the client that it made.
    client: object = getattr(model.provider, "_own_http_client", None)
    hooks: dict[str, list[object]] | None = getattr(client, "event_hooks", None)
    if hooks is not None and _without_comments not in hooks["response"]:
        hooks["response"].append(_without_comments)


async def _without_comments(response: Response) -> None:
    kind, encoding = response.headers.get("content-type", ""), response.headers.get("content-encoding", "")
    if kind.startswith("text/event-stream") and encoding in ("", "identity"):
        response.stream = _Sound(cast("AsyncByteStream", response.stream))


class _Sound(AsyncByteStream):
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
