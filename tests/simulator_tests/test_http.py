"""The HTTP layer reads requests in any cuts and refuses what is none."""

import asyncio
import json

import pytest

from tests.simulator import Simulator, Timing
from tests.simulator.http import BadRequest, RequestReader, encode_head
from tests.simulator_tests.clients import request_for

pytestmark = pytest.mark.anyio

REQUEST = b"POST /v1/x?y=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody"


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_requests_are_read_in_any_cuts(size: int) -> None:
    """Two requests in one stream of bytes are read whole, however they are cut."""
    reader, stream = RequestReader(), REQUEST + REQUEST.replace(b"body", b"next")
    found = [r for i in range(0, len(stream), size) for r in reader.feed(stream[i : i + size])]
    assert [request.body for request in found] == [b"body", b"next"]
    assert (found[0].method, found[0].path, found[0].query) == ("POST", "/v1/x", "y=1")
    assert found[0].headers == {"host": "a", "content-length": "4"}


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01", 400),
        (b"GET /\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nbad line\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n name: x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"G" * 70000, 431),
    ],
)
def test_what_is_no_request_is_refused(data: bytes, status: int) -> None:
    """Each kind of bad request has its status."""
    with pytest.raises(BadRequest) as caught:
        RequestReader().feed(data)
    assert caught.value.status == status


def test_statuses_have_reasons() -> None:
    """Known statuses, Anthropic's own, and others are written."""
    for status, line in ((200, b"200 OK"), (529, b"529 Overloaded"), (599, b"599 Unknown")):
        assert encode_head(status, []) == b"HTTP/1.1 " + line + b"\r\n\r\n"


async def test_one_connection_carries_many_calls() -> None:
    """A connection is kept for further calls, and calls sent at once are answered in order."""
    path, headers, body = request_for("chat", streamed=False)
    data = json.dumps(body).encode()
    lines = [f"POST {path} HTTP/1.1", f"content-length: {len(data)}", *(f"{k}: {v}" for k, v in headers.items())]
    request = "\r\n".join([*lines, "", ""]).encode() + data
    async with Simulator() as sim:
        reader, writer = await asyncio.open_connection("127.0.0.1", sim.port)
        writer.write(request * 3)
        await sim.until(lambda calls: sum(call.end == "delivered" for call in calls) == 3)
        writer.write(b"\x00")
        answers = (await reader.read()).decode()
        assert answers.count("HTTP/1.1 200 OK") == 3
        assert answers.count("HTTP/1.1 400 Bad Request") == 1
        writer.close()


async def test_a_client_that_does_not_read_holds_only_itself_up() -> None:
    """A stream that its client does not read waits, others are served meanwhile, and then all of it comes."""
    path, headers, body = request_for("chat", "Plan <tasks>", streamed=True, body={"max_completion_tokens": 10**7})
    data = json.dumps(body).encode()
    lines = [f"POST {path} HTTP/1.1", f"content-length: {len(data)}", *(f"{k}: {v}" for k, v in headers.items())]
    long = "word " * 4_000_000
    async with Simulator(answers=lambda _: long, timing=Timing(event_tokens=100_000)) as sim:
        reader, writer = await asyncio.open_connection("127.0.0.1", sim.port, limit=1024)
        writer.write("\r\n".join([*lines, "", ""]).encode() + data)
        await sim.until(lambda calls: calls and calls[0].status == 200)
        other, write_other = await asyncio.open_connection("127.0.0.1", sim.port)
        write_other.write(b"GET /_calls HTTP/1.1\r\n\r\n")
        assert b'"end":"open"' in await other.readuntil(b'"repeated"')
        write_other.close()
        read = 0
        while sim.calls[0].end == "open":
            read += len(await reader.read(1 << 20))
        assert sim.calls[0].end == "delivered"
        assert sim.calls[0].output_tokens == len(long) // 4
        assert read > len(long) // 2
        writer.close()
