"""Looks at how a body begins: a page or an error in place of an answer, a whole answer in place of a stream."""

import json
import re
import zlib
from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

from httpx2 import AsyncByteStream, Response
from pydantic_ai import exceptions as failures

from stretto.models.answers.unstreamed import to_events
from stretto.models.failures.failure_body import looks_like_page, message_in

_BOM = b"\xef\xbb\xbf"
# Of these an answer has at least one, and an error none; a Response says itself what is wrong with it.
_OF_AN_ANSWER = ("choices", "candidates", "content", "output", "usageMetadata", "promptFeedback")
_STATUS = re.compile(r"[45][0-9]{2}")
# The status under which the providers send an error of this type or code, where it is not a word for itself.
_STATUSES = {
    **dict.fromkeys(("invalid_request_error", "invalid_argument"), 400),
    **dict.fromkeys(("authentication_error", "invalid_api_key", "unauthenticated"), 401),
    **dict.fromkeys(("permission_error", "permission_denied"), 403),
    **dict.fromkeys(("not_found_error", "model_not_found", "not_found"), 404),
    **dict.fromkeys(("rate_limit_error", "rate_limit_exceeded", "resource_exhausted"), 429),
}


class PageInstead(Exception):
    """A web page came with status 200 in place of an answer."""


class Redirected(Exception):
    """The server names another address in place of an answer."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


class ErrorInstead(Exception):
    """An error came with status 200 in place of an answer."""

    def __init__(self, body: Mapping[str, object]) -> None:
        message = message_in(body)
        super().__init__(message)
        self._said: object = body.get("error") or body

    def to_error(self, model: str) -> failures.ModelAPIError:
        """Return what pydantic-ai would make of it if it had come with its status."""
        inner: object = self._said
        message = cast("Mapping[str, object]", inner if isinstance(inner, Mapping) else {"message": inner})
        codes = [str(message.get(name) or "").lower() for name in ("code", "status", "type")]
        status = next((int(code) for code in codes if _STATUS.fullmatch(code)), None)
        status = status or next((_STATUSES[code] for code in codes if code in _STATUSES), None)
        if status is None:
            return failures.ModelAPIError(model, str(self), body=message, in_stream=True)
        return failures.ModelHTTPError(status, model, body=message, in_stream=True)


def check_body(response: Response, *, streamed: bool) -> None:
    """Have a response's body looked at as it is read; raises `Redirected`."""
    if 300 <= response.status_code < 400:
        raise Redirected(response.status_code)
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if not response.is_success or encoding not in ("", "identity", "gzip", "deflate"):
        return
    source = cast("AsyncByteStream", response.stream)
    if encoding in ("gzip", "deflate"):
        # It is decoded here, so httpx has nothing left to decode.
        del response.headers["content-encoding"]
        source = _Inflated(source)
    response.stream = _CheckedBody(source, streamed=streamed)


class _Inflated(AsyncByteStream):
    def __init__(self, stream: AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        inflating = zlib.decompressobj(wbits=47)  # gzip's form or zlib's, whichever comes.
        async for piece in self._stream:
            yield inflating.decompress(piece)
        yield inflating.flush()

    async def aclose(self) -> None:
        await self._stream.aclose()


class _CheckedBody(AsyncByteStream):
    """A body as its protocol wants it, or an exception that says what it is instead."""

    def __init__(self, stream: AsyncByteStream, *, streamed: bool) -> None:
        self._stream = stream
        self._streamed = streamed

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = aiter(self._stream)
        beginning = await _beginning(pieces)
        if looks_like_page(beginning[:1_000].decode(errors="replace")):
            raise PageInstead
        if self._streamed and not beginning.lstrip().startswith((b"{", b"[")):
            yield beginning
            async for piece in pieces:
                yield piece
            return
        body = beginning + b"".join([piece async for piece in pieces])
        yield _whole(body, streamed=self._streamed)

    async def aclose(self) -> None:
        """Close the stream."""
        await self._stream.aclose()


async def _beginning(pieces: AsyncIterator[bytes]) -> bytes:
    """Return the body up to its first piece with something in it, without a byte order mark."""
    beginning = b""
    async for piece in pieces:
        beginning += piece
        if not _BOM.startswith(beginning) and beginning.removeprefix(_BOM).strip():
            break
    return beginning.removeprefix(_BOM)


def _whole(body: bytes, *, streamed: bool) -> bytes:
    """Return a body that came in one piece as it was asked for; raises `ErrorInstead`."""
    try:
        parsed: object = json.loads(body)
    except ValueError:  # What is wrong with it is for its reader to say.
        return body
    answers = cast("list[object]", parsed if isinstance(parsed, list) else [parsed])
    for answer in answers:
        if isinstance(answer, Mapping) and _is_error(fields := cast("Mapping[str, object]", answer)):
            raise ErrorInstead(fields)
    if not streamed:
        return body
    events = [event for answer in answers if isinstance(answer, dict) for event in to_events(cast("Any", answer))]
    return b"".join(events) or body


def _is_error(body: Mapping[str, object]) -> bool:
    if any(name in body for name in _OF_AN_ANSWER):
        return False
    return bool(body.get("error") or message_in(body))
