"""One client's connection: reads its requests, hands each to the application, and writes what faults need written."""

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Awaitable, Callable

from tests.simulator.http import LAST_CHUNK, BadRequest, Headers, Request, RequestReader, encode_chunk, encode_head

Application = Callable[[Request, "Wire"], Awaitable[None]]


class Wire:
    """The way back to the client, byte by byte."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._writable = asyncio.Event()
        self._writable.set()
        # Nothing stays behind in the process: once `flush` returns, the kernel has every byte.
        transport.set_write_buffer_limits(high=0)

    def pause(self) -> None:
        """The kernel takes no more."""
        self._writable.clear()

    def resume(self) -> None:
        """The kernel has taken everything."""
        self._writable.set()

    async def flush(self) -> None:
        """Return when the kernel has every byte."""
        await self._writable.wait()

    async def start(self, status: int, headers: Headers) -> None:
        """Begin a chunked answer."""
        self._transport.write(encode_head(status, [*headers, ("transfer-encoding", "chunked")]))
        await self.flush()

    async def chunk(self, data: bytes) -> None:
        """Send one chunk."""
        self._transport.write(encode_chunk(data))
        await self.flush()

    async def finish(self) -> None:
        """End a chunked answer as the protocol wants it."""
        self._transport.write(LAST_CHUNK)
        await self.flush()

    async def head(self, status: int, headers: Headers, length: int) -> None:
        """Begin an answer whose length is known."""
        self._transport.write(encode_head(status, [*headers, ("content-length", str(length))]))
        await self.flush()

    async def raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._transport.write(data)
        await self.flush()

    async def send(self, status: int, headers: Headers, body: bytes) -> None:
        """Send a whole answer."""
        self._transport.write(encode_head(status, [*headers, ("content-length", str(len(body)))]) + body)
        await self.flush()

    def close(self) -> None:
        """End the connection in order, wherever the answer stands."""
        self._transport.close()

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        sock = self._transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()


class Connection(asyncio.Protocol):
    """Serves the requests of one connection one after the other; a client that leaves cancels what it asked for."""

    def __init__(self, application: Application, connections: set["Connection"]) -> None:
        self._application = application
        self._connections = connections
        self._reader = RequestReader()
        self._requests: deque[Request] = deque()
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is here."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._wire = Wire(transport)
        self._connections.add(self)
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        """Read, and serve what is whole."""
        try:
            self._requests.extend(self._reader.feed(data))
        except BadRequest as error:
            self._transport.write(encode_head(error.status, [("content-length", "0"), ("connection", "close")]))
            self._transport.close()
            return
        if self._requests and self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._serve())

    async def _serve(self) -> None:
        try:
            while self._requests and not self._transport.is_closing():
                await self._application(self._requests.popleft(), self._wire)
        except Exception:
            # A bug of ours must not leave the client waiting.
            self._transport.abort()
            raise
        finally:
            self._task = None

    def pause_writing(self) -> None:
        """The kernel's buffer is full."""
        self._wire.pause()

    def resume_writing(self) -> None:
        """The kernel's buffer is empty."""
        self._wire.resume()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone: cancel what it asked for."""
        self._connections.discard(self)
        if self._task is not None:
            self._task.cancel()

    async def stop(self) -> None:
        """Drop the connection and wait for what it was doing."""
        task = self._task
        self._transport.abort()
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
