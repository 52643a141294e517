"""A scripted provider on a real socket, and the protocols it can speak."""

# ruff: noqa: D101, D102 - what the protocols' methods return is said once, by their base class.

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

import pytest

from stretto.core.models import ModelRequest

Json = dict[str, object]

KEYS = {
    "ANTHROPIC_API_KEY": "sk-ant-0123456789",
    "OPENAI_API_KEY": "sk-0123456789",
    "GOOGLE_API_KEY": "AIza0123456789",
    "OPENROUTER_API_KEY": "sk-or-0123456789",
}


@dataclass
class Reply:
    """What the server sends for one request."""

    chunks: list[bytes]
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    end: Literal["clean", "abort", "stall"] = "clean"
    """abort: the connection is closed in the middle of the body; stall: nothing more comes."""


@dataclass
class Received:
    """What a client sent."""

    path: str
    headers: dict[str, str]
    body: Json
    connection: int


class Server:
    """Answers each request with the next reply of its script."""

    def __init__(self) -> None:
        self.script: list[Reply] = []
        self.requests: list[Received] = []
        self.waiting = asyncio.Event()
        """Set when a reply has stalled."""
        self.left = asyncio.Event()
        """Set when a client has closed a connection."""
        self.url = ""
        self._connections = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer requests on one connection until it ends."""
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        self._connections += 1
        number = self._connections
        try:
            while await self._answer(reader, writer, number):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            self.left.set()
        except asyncio.CancelledError:
            pass
        finally:
            writer.close()
            self._tasks.discard(task)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.requests.append(Received(first.split()[1], headers, json.loads(body or b"{}"), number))
        reply = self.script.pop(0)
        extra = "".join(f"{name}: {value}\r\n" for name, value in reply.headers.items())
        writer.write(f"HTTP/1.1 {reply.status} Answer\r\n{extra}transfer-encoding: chunked\r\n\r\n".encode())
        for chunk in reply.chunks:
            writer.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        await writer.drain()
        if reply.end == "abort":
            return False
        if reply.end == "stall":
            self.waiting.set()
            # Nothing is sent any more; the end of what the client sends is its leaving.
            await reader.readexactly(1)
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True

    def say(self, body: object, status: int = 200, **headers: str) -> None:
        """Add a reply of one JSON body to the script."""
        self.script.append(whole(body, status, **headers))

    def send(self, *chunks: bytes, status: int = 200, kind: str = "text/event-stream") -> None:
        """Add a reply of these bytes to the script."""
        self.script.append(Reply(list(chunks), status, {"content-type": kind}))

    def stream(self, *events: object, named: bool = False) -> None:
        """Add a reply of server-sent events to the script."""
        self.script.append(sse(events, named=named))

    async def close(self) -> None:
        """End every connection."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A server on this machine."""
    server = Server()
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    yield server
    listener.close()
    await server.close()
    await listener.wait_closed()


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key and no address of whoever runs the tests."""
    for name in (
        *("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN", "OPENAI_API_KEY", "OPENAI_BASE_URL"),
        *("GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL", "OPENROUTER_API_KEY", "GROQ_API_KEY"),
        *("OLLAMA_BASE_URL", "OLLAMA_API_KEY", "STRETTO_MODEL"),
    ):
        monkeypatch.delenv(name, raising=False)


def make_request(prompt: str = "Write it.", **fields: object) -> ModelRequest:
    """Return a request with patience enough for a slow machine."""
    values: dict[str, object] = {"role": "worker", "max_output_tokens": 500, "timeout": 20.0, "gap_timeout": 20.0}
    return ModelRequest(prompt=prompt, **(values | fields))  # type: ignore[arg-type]


@pytest.fixture(name="make_request")
def make_request_fixture() -> Callable[..., ModelRequest]:
    """Return the maker of requests."""
    return make_request


def whole(body: object, status: int = 200, **headers: str) -> Reply:
    """Return a reply of one JSON body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply([json.dumps(body).encode()], status, {"content-type": "application/json", **named})


def sse(events: Iterable[object], *, named: bool = False, done: bool = False) -> Reply:
    """Return a reply of server-sent events."""
    chunks: list[bytes] = []
    for event in events:
        data = event if isinstance(event, str) else json.dumps(event)
        name = f"event: {event['type']}\n" if named and isinstance(event, dict) else ""
        chunks.append(f"{name}data: {data}\n\n".encode())
    if done:
        chunks.append(b"data: [DONE]\n\n")
    return Reply(chunks, 200, {"content-type": "text/event-stream"})


class Protocol:
    """How one provider says things. `finish=None`: the end is not said."""

    spec: str
    path = ""
    stop: str
    length: str
    refusal: str
    reports_cache = True

    def url(self, server: Server) -> str:
        """Return the base URL that a user would give."""
        return server.url + self.path

    def whole(self, text: str, finish: str | None) -> Reply:
        """Return an answer in one piece."""
        raise NotImplementedError

    def stream(self, pieces: list[str], finish: str | None) -> Reply:
        """Return an answer in pieces."""
        raise NotImplementedError

    def error(self, message: str, code: str) -> object:
        """Return the body of an error."""
        raise NotImplementedError

    def reply(self, pieces: list[str], finish: str | None, *, streamed: bool) -> Reply:
        """Return an answer in pieces or in one."""
        return self.stream(pieces, finish) if streamed else self.whole("".join(pieces), finish)


class Anthropic(Protocol):
    spec = "anthropic:claude-haiku-4-5"
    stop, length, refusal = "end_turn", "max_tokens", "refusal"
    usage: Json = {  # noqa: RUF012
        "input_tokens": 100,
        "cache_read_input_tokens": 2000,
        "cache_creation_input_tokens": 30,
        "output_tokens": 40,
    }

    def message(self, content: list[Json], stop: str | None) -> Json:
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "claude-haiku-4-5-20251001",
            "content": content,
            "stop_reason": stop,
            "stop_sequence": None,
            "usage": self.usage,
        }

    def whole(self, text: str, finish: str | None) -> Reply:
        thought = {"type": "thinking", "thinking": "hm", "signature": "s"}
        return whole(self.message([thought, {"type": "text", "text": text}] if text else [thought], finish))

    def events(self, pieces: list[str], finish: str | None) -> list[Json]:
        def delta(index: int, value: Json) -> Json:
            return {"type": "content_block_delta", "index": index, "delta": value}

        events: list[Json] = [{"type": "message_start", "message": self.message([], None)}]
        thought = {"type": "thinking", "thinking": "", "signature": ""}
        events += [{"type": "content_block_start", "index": 0, "content_block": thought}]
        events += [delta(0, {"type": "thinking_delta", "thinking": "hm"}), {"type": "content_block_stop", "index": 0}]
        events += [{"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}}]
        events += [delta(1, {"type": "text_delta", "text": piece}) for piece in pieces]
        if finish is None:
            return events
        return [
            *events,
            {"type": "content_block_stop", "index": 1},
            {
                "type": "message_delta",
                "delta": {"stop_reason": finish, "stop_sequence": None},
                "usage": {"output_tokens": 40},
            },
            {"type": "message_stop"},
        ]

    def stream(self, pieces: list[str], finish: str | None) -> Reply:
        return sse(self.events(pieces, finish), named=True)

    def error(self, message: str, code: str) -> object:
        return {"type": "error", "error": {"type": code, "message": message}}


class Chat(Protocol):
    spec = "openai-chat:gpt-4.1-mini"
    path = "/v1"
    stop, length, refusal = "stop", "length", "content_filter"
    usage: Json = {  # noqa: RUF012
        "prompt_tokens": 2130,
        "completion_tokens": 40,
        "total_tokens": 2170,
        "prompt_tokens_details": {"cached_tokens": 2000},
    }

    def chunk(self, delta: Json, finish: str | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return {
            "id": "c1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "gpt-4.1-mini",
            "choices": [choice],
        }

    def whole(self, text: str, finish: str | None) -> Reply:
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": finish}
        return whole(
            {
                "id": "c1",
                "object": "chat.completion",
                "created": 1,
                "model": "gpt-4.1-mini",
                "choices": [choice],
                "usage": self.usage,
            }
        )

    def stream(self, pieces: list[str], finish: str | None) -> Reply:
        events = [self.chunk({"role": "assistant", "content": ""}), *(self.chunk({"content": p}) for p in pieces)]
        if finish is None:
            return sse(events)
        return sse([*events, self.chunk({}, finish), {**self.chunk({}), "choices": [], "usage": self.usage}], done=True)

    def error(self, message: str, code: str) -> object:
        return {"error": {"message": message, "type": code, "code": code, "param": None}}


class OpenRouter(Chat):
    spec = "openrouter:anthropic/claude-haiku-4.5"
    path = "/api/v1"

    def chunk(self, delta: Json, finish: str | None = None) -> Json:
        made = super().chunk(delta, finish)
        return {**made, "provider": "Anthropic", "model": "anthropic/claude-haiku-4.5"}

    def whole(self, text: str, finish: str | None) -> Reply:
        body = json.loads(super().whole(text, finish).chunks[0])
        body |= {"provider": "Anthropic", "model": "anthropic/claude-haiku-4.5"}
        body["choices"][0]["native_finish_reason"] = finish
        return whole(body)

    def stream(self, pieces: list[str], finish: str | None) -> Reply:
        reply = super().stream(pieces, finish)
        reply.chunks.insert(0, b": OPENROUTER PROCESSING\n\n")
        return reply


class Responses(Protocol):
    spec = "openai:gpt-4.1-mini"
    path = "/v1"
    stop, length, refusal = "completed", "max_output_tokens", "content_filter"
    usage: Json = {  # noqa: RUF012
        "input_tokens": 2130,
        "output_tokens": 40,
        "total_tokens": 2170,
        "input_tokens_details": {"cached_tokens": 2000},
        "output_tokens_details": {"reasoning_tokens": 0},
    }

    def response(self, text: str | None, finish: str | None) -> Json:
        status = {None: "in_progress", "completed": "completed"}.get(finish, "incomplete")
        part = {"type": "output_text", "text": text, "annotations": []}
        item = {"id": "m1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
        return {
            "id": "r1",
            "object": "response",
            "created_at": 1,
            "model": "gpt-4.1-mini",
            "status": status,
            "error": None,
            "incomplete_details": {"reason": finish} if status == "incomplete" else None,
            "output": [item] if text is not None else [],
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "usage": self.usage if finish else None,
        }

    def whole(self, text: str, finish: str | None) -> Reply:
        return whole(self.response(text, finish))

    def stream(self, pieces: list[str], finish: str | None) -> Reply:
        where = {"item_id": "m1", "output_index": 0, "content_index": 0}
        item = {"id": "m1", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
        part = {"type": "output_text", "text": "", "annotations": []}
        events: list[Json] = [
            {"type": "response.created", "response": self.response(None, None)},
            {"type": "response.output_item.added", "output_index": 0, "item": item},
            {"type": "response.content_part.added", **where, "part": part},
            *({"type": "response.output_text.delta", **where, "delta": p, "logprobs": []} for p in pieces),
        ]
        if finish:
            kind = "response.completed" if finish == "completed" else "response.incomplete"
            events.append({"type": kind, "response": self.response("".join(pieces), finish)})
        return sse([event | {"sequence_number": n} for n, event in enumerate(events)], named=True)

    def error(self, message: str, code: str) -> object:
        return {"error": {"message": message, "type": code, "code": code, "param": None}}


class Gemini(Protocol):
    spec = "google:gemini-3-flash-preview"
    stop, length, refusal = "STOP", "MAX_TOKENS", "SAFETY"
    usage: Json = {  # noqa: RUF012
        "promptTokenCount": 2130,
        "candidatesTokenCount": 40,
        "totalTokenCount": 2170,
        "cachedContentTokenCount": 2000,
    }

    def body(self, text: str, finish: str | None) -> Json:
        candidate: Json = {"content": {"role": "model", "parts": [{"text": text}] if text else []}, "index": 0}
        if finish:
            candidate["finishReason"] = finish
        return {"candidates": [candidate], "usageMetadata": self.usage, "modelVersion": "gemini-3-flash-preview"}

    def whole(self, text: str, finish: str | None) -> Reply:
        return whole(self.body(text, finish))

    def stream(self, pieces: list[str], finish: str | None) -> Reply:
        events = [self.body(piece, None) for piece in pieces]
        return sse([*events, self.body("", finish)] if finish else events)

    def error(self, message: str, code: str) -> object:
        return {"error": {"code": 0, "message": message, "status": code}}


PROTOCOLS: dict[str, Protocol] = {
    "anthropic": Anthropic(),
    "chat": Chat(),
    "openrouter": OpenRouter(),
    "responses": Responses(),
    "gemini": Gemini(),
}


@pytest.fixture(params=list(PROTOCOLS))
def protocol(request: pytest.FixtureRequest) -> Protocol:
    """Each of the protocols in turn."""
    return PROTOCOLS[request.param]


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def streamed(request: pytest.FixtureRequest) -> bool:
    """Both ways to ask."""
    return request.param


@pytest.fixture
def protocols() -> dict[str, Protocol]:
    """All protocols by name."""
    return PROTOCOLS
