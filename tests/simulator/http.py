"""HTTP/1.1 as bytes: requests read as they arrive, heads and chunks written. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

MAX_HEAD = 64 * 1024
MAX_BODY = 32 * 1024 * 1024

Headers = Iterable[tuple[str, str]]


class BadRequest(Exception):
    """Bytes that are no HTTP request we can answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """One request."""

    method: str
    path: str
    """Without the query."""
    query: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


class RequestReader:
    """Takes bytes as they come, gives whole requests."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._head: tuple[str, str, dict[str, str]] | None = None
        self._wanted = 0

    def feed(self, data: bytes) -> list[Request]:
        """Return the requests that are whole now; raises `BadRequest`."""
        self._buffer += data
        requests: list[Request] = []
        while (request := self._next()) is not None:
            requests.append(request)
        return requests

    def _next(self) -> Request | None:
        if self._head is None and not self._read_head():
            return None
        assert self._head is not None
        if len(self._buffer) < self._wanted:
            return None
        method, target, headers = self._head
        body = bytes(self._buffer[: self._wanted])
        del self._buffer[: self._wanted]
        self._head = None
        path, _, query = target.partition("?")
        return Request(method, path, query, headers, body)

    def _read_head(self) -> bool:
        if self._buffer and not 65 <= self._buffer[0] <= 90:
            # A TLS handshake, most likely: answered at once, it fails at once.
            raise BadRequest(400, "This is not HTTP.")
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > MAX_HEAD:
                raise BadRequest(431, "The request's head is too long.")
            return False
        first, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
        del self._buffer[: end + 4]
        parts = first.split(" ")
        if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
            raise BadRequest(400, "The request line is malformed.")
        headers: dict[str, str] = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon or name != name.strip():
                raise BadRequest(400, "A header line is malformed.")
            headers[name.lower()] = value.strip()
        length = headers.get("content-length", "0")
        if "transfer-encoding" in headers or not length.isdigit():
            raise BadRequest(411, "The body's length must be said in Content-Length.")
        if int(length) > MAX_BODY:
            raise BadRequest(413, "The request's body is too large.")
        self._head, self._wanted = (parts[0], parts[1], headers), int(length)
        return True


def encode_head(status: int, headers: Headers) -> bytes:
    """Return a response's status line and headers."""
    try:
        reason = HTTPStatus(status).phrase
    except ValueError:
        reason = "Overloaded" if status == 529 else "Unknown"
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def encode_chunk(data: bytes) -> bytes:
    """Return `data` as one chunk of the chunked encoding."""
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"
