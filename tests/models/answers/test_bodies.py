"""What comes with status 200 and is not what was asked for."""

import gzip
import json
import zlib

import pytest

from stretto.core.errors import ErrorKind, ModelError
from stretto.models import open_model
from tests.models.conftest import KEYS, Reply

pytestmark = pytest.mark.anyio

BOM = b"\xef\xbb\xbf"


async def _respond(server, protocol, make_request, streamed: bool):
    model = open_model(protocol.spec, base_url=protocol.url(server), keys=KEYS)
    return await model.respond(make_request(), [].append if streamed else None)


@pytest.mark.parametrize("kind", ["text/html", "text/event-stream"])
async def test_a_page_is_called_a_page(server, protocol, streamed, make_request, kind: str):
    """A web page with status 200 is told as such, with the address, whatever type it claims to have."""
    server.send(b"\n", b"<html>", b"<body>Sign in</body></html>", kind=kind)
    with pytest.raises(ModelError) as caught:
        await _respond(server, protocol, make_request, streamed)
    assert (caught.value.kind, caught.value.retryable) == ("protocol", True)
    assert "a web page instead of an answer" in caught.value.message
    assert f"check the base URL. The call went to {server.url}/" in caught.value.hint


ERRORS: list[tuple[object, ErrorKind]] = [
    ({"error": {"message": "Boom happened", "type": "server_error", "code": "x"}}, "server"),
    ({"type": "error", "error": {"type": "overloaded_error", "message": "Boom happened"}}, "overloaded"),
    ({"error": "Boom happened"}, "server"),
    ({"error": {"code": 429, "message": "Boom happened", "status": "RESOURCE_EXHAUSTED"}}, "rate_limit"),
    ({"error": {"message": "Boom happened: bad API key", "code": "invalid_api_key"}}, "authentication"),
    ({"error": {"message": "Boom happened", "code": "insufficient_quota"}}, "billing"),
    ({"code": 500, "message": "Boom happened", "success": False}, "server"),
    ({"detail": "Boom happened"}, "server"),
    ([{"error": {"code": 503, "message": "Boom happened", "status": "UNAVAILABLE"}}], "server"),
]


@pytest.mark.parametrize(("body", "kind"), ERRORS, ids=str)
async def test_an_error_with_status_200_is_that_error(
    server, protocols, streamed, make_request, body: object, kind: ErrorKind
):
    """The provider's own words are told, streamed and not, and its codes count as they do elsewhere."""
    server.say(body)
    with pytest.raises(ModelError) as caught:
        await _respond(server, protocols["gemini" if isinstance(body, list) else "anthropic"], make_request, streamed)
    assert caught.value.kind == kind
    assert "Boom happened" in caught.value.message
    assert "HTTP" not in caught.value.message


async def test_such_an_error_on_every_protocol(server, protocol, streamed, make_request):
    """The same words on each of them."""
    server.say({"error": {"message": "Boom happened", "type": "server_error", "code": "x"}})
    with pytest.raises(ModelError, match="Boom happened") as caught:
        await _respond(server, protocol, make_request, streamed)
    assert caught.value.kind == "server"


@pytest.mark.parametrize(("kind", "indent"), [("application/json", None), ("text/event-stream", 2)])
async def test_a_server_that_ignores_the_wish_for_a_stream_is_read(
    server, protocol, make_request, kind: str, indent: int | None
):
    """A whole answer to a call that wanted a stream counts, with its text and its usage, however it is written."""
    reply = protocol.whole("Hello 世界", protocol.stop)
    body = json.dumps(json.loads(reply.chunks[0]), indent=indent).encode()
    server.script = [
        protocol.whole("Hello 世界", protocol.stop),
        Reply([body[:9], body[9:]], 200, {"content-type": kind}),
    ]
    whole = await _respond(server, protocol, make_request, False)
    streamed = await _respond(server, protocol, make_request, True)
    assert (streamed.text, streamed.finish, streamed.usage) == (whole.text, whole.finish, whole.usage)


async def test_a_whole_answer_that_was_cut_stays_cut(server, protocol, make_request):
    """The end that a whole answer says is the end of the stream that is made of it."""
    server.script = [protocol.whole("Hello", protocol.length)]
    assert (await _respond(server, protocol, make_request, True)).finish == "length"


async def test_a_list_of_geminis_pieces(server, protocols, make_request):
    """Without events Gemini's stream is one JSON list."""
    gemini = protocols["gemini"]
    server.say([gemini.body("Hello ", None), gemini.body("you", "STOP")])
    assert (await _respond(server, gemini, make_request, True)).text == "Hello you"


@pytest.mark.parametrize("apart", [False, True])
async def test_a_byte_order_mark_is_nothing(server, protocol, streamed, make_request, apart: bool):
    """What some servers write in front of everything does not cost the answer, in one chunk or in its own pieces."""
    reply = protocol.reply(["Hello"], protocol.stop, streamed=streamed)
    reply.chunks[:1] = [BOM[:1], BOM[1:], reply.chunks[0]] if apart else [BOM + reply.chunks[0]]
    server.script = [reply]
    assert (await _respond(server, protocol, make_request, streamed)).text == "Hello"


@pytest.mark.parametrize(("encoding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_compressed_bodies_are_looked_at_too(server, protocol, streamed, make_request, encoding: str, compress):
    """An answer that comes compressed is read, and a page that does is a page."""
    reply = protocol.reply(["Hello"], protocol.stop, streamed=streamed)
    reply.chunks = [compress(b"".join(reply.chunks))]
    reply.headers["content-encoding"] = encoding
    page = Reply([compress(b"<html></html>")], 200, {"content-type": "text/html", "content-encoding": encoding})
    server.script = [reply, page]
    assert (await _respond(server, protocol, make_request, streamed)).text == "Hello"
    with pytest.raises(ModelError, match="a web page instead of an answer"):
        await _respond(server, protocol, make_request, streamed)


@pytest.mark.parametrize(
    "body", [b"null", b"3", b"[]", b"{}", b"upstream error", b'{"a": ', b"", b"\xff\xfe\x00", b'"x"']
)
async def test_what_cannot_be_read_is_told_in_words(server, protocol, streamed, make_request, body: bytes):
    """No name of a Python exception stands in for an explanation."""
    server.send(*([body] if body else []), kind="application/json")
    with pytest.raises(ModelError) as caught:
        await _respond(server, protocol, make_request, streamed)
    assert caught.value.retryable
    assert "Error" not in str(caught.value)
    assert "Expecting" not in str(caught.value)
