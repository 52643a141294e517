"""Clients for the simulator's tests: the providers' own SDKs, and a raw socket with h11 as an independent reader."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import h11
from anthropic import AsyncAnthropic
from google import genai
from google.genai import types as google
from openai import AsyncOpenAI

from tests.simulator import Simulator
from tests.simulator.asked import PROTOCOL_NAMES, ProtocolName

PROTOCOLS = PROTOCOL_NAMES
MODELS: Mapping[ProtocolName, str] = {
    "anthropic": "claude-haiku-4-5",
    "chat": "gpt-5.2",
    "responses": "gpt-5.2",
    "gemini": "gemini-3-flash-preview",
}
WORKER = "Write the text. Put it between <response> and </response>."
ORCHESTRATOR = "Plan. Answer with <analysis></analysis><tasks><task><type></type></task></tasks>."
SYNTHESIS = "Make one text out of these."


@dataclass(frozen=True, kw_only=True)
class Said:
    """What an SDK made of an answer."""

    text: str
    finish: str | None
    input: int
    """The whole prompt, as the provider counts it in this field."""
    output: int
    cached: int = 0
    written: int = 0


async def ask(
    sim: Simulator, protocol: ProtocolName, prompt: str = WORKER, *, streamed: bool, max_tokens: int = 2000
) -> Said:
    """Ask through the provider's SDK, which raises its own errors."""
    match protocol:
        case "anthropic":
            return await _anthropic(sim, prompt, streamed, max_tokens)
        case "chat":
            return await _chat(sim, prompt, streamed, max_tokens)
        case "responses":
            return await _responses(sim, prompt, streamed, max_tokens)
        case "gemini":
            return await _gemini(sim, prompt, streamed, max_tokens)


async def _anthropic(sim: Simulator, prompt: str, streamed: bool, max_tokens: int) -> Said:
    messages: Any = [{"role": "user", "content": prompt}]
    async with AsyncAnthropic(api_key="key", base_url=sim.url, max_retries=0) as client:
        asked: dict[str, Any] = {"model": MODELS["anthropic"], "max_tokens": max_tokens, "messages": messages}
        if streamed:
            async with client.messages.stream(**asked) as stream:
                message = await stream.get_final_message()
        else:
            message = await client.messages.create(**asked)
    usage = message.usage
    return Said(
        text="".join(block.text for block in message.content if block.type == "text"),
        finish=message.stop_reason,
        input=usage.input_tokens,
        output=usage.output_tokens,
        cached=usage.cache_read_input_tokens or 0,
        written=usage.cache_creation_input_tokens or 0,
    )


async def _chat(sim: Simulator, prompt: str, streamed: bool, max_tokens: int) -> Said:
    asked: dict[str, Any] = {"model": MODELS["chat"], "messages": [{"role": "user", "content": prompt}]}
    asked["max_completion_tokens"] = max_tokens
    async with AsyncOpenAI(api_key="key", base_url=sim.openai_url, max_retries=0) as client:
        if not streamed:
            completion = await client.chat.completions.create(**asked)
            choice, usage = completion.choices[0], completion.usage
            text, finish = choice.message.content or choice.message.refusal or "", choice.finish_reason
        else:
            text, finish, usage = "", None, None
            options = {"include_usage": True}
            async for chunk in await client.chat.completions.create(**asked, stream=True, stream_options=options):
                usage = chunk.usage or usage
                for choice in chunk.choices:
                    text += choice.delta.content or choice.delta.refusal or ""
                    finish = choice.finish_reason or finish
    details = usage.prompt_tokens_details if usage else None
    return Said(
        text=text,
        finish=finish,
        input=usage.prompt_tokens if usage else 0,
        output=usage.completion_tokens if usage else 0,
        cached=(details.cached_tokens or 0) if details else 0,
    )


async def _responses(sim: Simulator, prompt: str, streamed: bool, max_tokens: int) -> Said:
    asked: dict[str, Any] = {"model": MODELS["responses"], "input": prompt, "max_output_tokens": max_tokens}
    async with AsyncOpenAI(api_key="key", base_url=sim.openai_url, max_retries=0) as client:
        if streamed:
            text, response = "", None
            async for event in await client.responses.create(**asked, stream=True):
                if event.type == "response.output_text.delta":
                    text += event.delta
                if event.type in ("response.completed", "response.incomplete", "response.failed"):
                    response = event.response
            assert response is not None
            assert text == response.output_text
        else:
            response = await client.responses.create(**asked)
    usage = response.usage
    details = response.incomplete_details
    return Said(
        text=response.output_text,
        finish=details.reason if details else response.status,
        input=usage.input_tokens if usage else 0,
        output=usage.output_tokens if usage else 0,
        cached=usage.input_tokens_details.cached_tokens if usage else 0,
    )


async def _gemini(sim: Simulator, prompt: str, streamed: bool, max_tokens: int) -> Said:
    client = genai.Client(api_key="key", http_options=google.HttpOptions(base_url=sim.url))
    asked: dict[str, Any] = {"model": MODELS["gemini"], "contents": prompt}
    asked["config"] = google.GenerateContentConfig(max_output_tokens=max_tokens)
    async with client.aio as models:
        if streamed:
            parts = [part async for part in await models.models.generate_content_stream(**asked)]
        else:
            parts = [await models.models.generate_content(**asked)]
    text, finish = "", None
    for part in parts:
        for candidate in part.candidates or ():
            text += "".join(piece.text or "" for piece in (candidate.content and candidate.content.parts) or ())
            finish = candidate.finish_reason.value if candidate.finish_reason else finish
        if part.prompt_feedback and part.prompt_feedback.block_reason:
            finish = part.prompt_feedback.block_reason.value
    usage = parts[-1].usage_metadata
    return Said(
        text=text,
        finish=finish,
        input=(usage.prompt_token_count or 0) if usage else 0,
        output=((usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)) if usage else 0,
        cached=(usage.cached_content_token_count or 0) if usage else 0,
    )


@dataclass
class Exchange:
    """What came over a raw socket."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict[str, str])
    chunks: list[bytes] = field(default_factory=list[bytes])
    """The body as it was cut on the wire."""
    ended: str = ""
    """complete: the answer was whole by HTTP's rules; eof or reset: the connection ended before."""

    @property
    def body(self) -> bytes:
        """The whole body."""
        return b"".join(self.chunks)

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def request_for(
    protocol: ProtocolName, prompt: str = WORKER, *, streamed: bool, body: Mapping[str, Any] | None = None
) -> tuple[str, dict[str, str], dict[str, Any]]:
    """Return path, headers and body of a valid request; `body` replaces and adds fields."""
    model = MODELS[protocol]
    turn = {"role": "user", "content": prompt}
    bearer = {"authorization": "Bearer key"}
    stream = {"stream": True} if streamed else {}
    match protocol:
        case "anthropic":
            headers = {"x-api-key": "key", "anthropic-version": "2023-06-01"}
            asked = {"model": model, "max_tokens": 2000, "messages": [turn], **stream}
            return "/v1/messages", headers, {**asked, **(body or {})}
        case "chat":
            return "/v1/chat/completions", bearer, {"model": model, "messages": [turn], **stream, **(body or {})}
        case "responses":
            return "/v1/responses", bearer, {"model": model, "input": prompt, **stream, **(body or {})}
        case "gemini":
            method = "streamGenerateContent?alt=sse" if streamed else "generateContent"
            asked = {"contents": [{"role": "user", "parts": [{"text": prompt}]}], **(body or {})}
            return f"/v1beta/models/{model}:{method}", {"x-goog-api-key": "key"}, asked


class RawClient:
    """One connection, read with h11, so that the framing is checked by somebody else's reader."""

    def __init__(self, sim: Simulator) -> None:
        self._port = sim.port
        self._http = h11.Connection(h11.CLIENT)
        self.exchange = Exchange()

    async def __aenter__(self) -> "RawClient":
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Leave."""
        self._writer.close()

    async def send(self, path: str, headers: Mapping[str, str], body: Any, *, method: str = "POST") -> None:
        """Send a request; a body of bytes is sent as it is."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        fields = [("host", "localhost"), ("content-length", str(len(data))), *headers.items()]
        for event in (h11.Request(method=method, target=path, headers=fields), h11.Data(data), h11.EndOfMessage()):
            self._writer.write(self._http.send(event) or b"")
        await self._writer.drain()

    async def read(self, *, chunks: int | None = None) -> Exchange:
        """Read the answer to its end, or until so many chunks are here."""
        exchange = self.exchange
        while chunks is None or len(exchange.chunks) < chunks:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                try:
                    data = await self._reader.read(65536)
                except ConnectionResetError:
                    exchange.ended = "reset"
                    return exchange
                try:
                    self._http.receive_data(data)
                    if not data:
                        self._http.next_event()
                except h11.RemoteProtocolError:
                    exchange.ended = "eof"
                    return exchange
                if not data:
                    exchange.ended = "eof"
                    return exchange
            elif isinstance(event, h11.Response):
                exchange.status = event.status_code
                exchange.headers = {name.decode(): value.decode() for name, value in event.headers}
            elif isinstance(event, h11.Data):
                exchange.chunks.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                exchange.ended = "complete"
                return exchange
        return exchange


async def exchange(
    sim: Simulator,
    protocol: ProtocolName,
    prompt: str = WORKER,
    *,
    streamed: bool,
    body: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Exchange:
    """Make one call over a connection of its own and read what comes."""
    path, own, asked = request_for(protocol, prompt, streamed=streamed, body=body)
    async with RawClient(sim) as client:
        await client.send(path, own if headers is None else headers, asked)
        return await client.read()


async def control(sim: Simulator, method: str, path: str, body: bytes = b"") -> Exchange:
    """Call one of the simulator's own addresses."""
    async with RawClient(sim) as client:
        await client.send(path, {}, body, method=method)
        return await client.read()


def events(exchange: Exchange) -> list[Any]:
    """Return the JSON of a stream's events, read as the SSE standard says."""
    found: list[Any] = []
    for block in exchange.body.decode().split("\n\n"):
        lines = [line.removeprefix("data:").removeprefix(" ") for line in block.split("\n") if line.startswith("data:")]
        if lines and lines != ["[DONE]"]:
            found.append(json.loads("\n".join(lines)))
    return found
