"""Plays one answer to the client: in time, and broken where the script breaks it."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.simulator.connection import Wire
from tests.simulator.faults import (
    Cut,
    Effect,
    Hold,
    IgnoredStream,
    Malformed,
    Pause,
    Rewrite,
    Silence,
    StreamError,
)
from tests.simulator.http import Headers
from tests.simulator.log import End
from tests.simulator.protocols.base import Protocol, Reply
from tests.simulator.shaping import Shaper, inside_character
from tests.simulator.sse import Event, to_json
from tests.simulator.timing import Ticker, Timing
from tests.simulator.tokens import count_tokens, cut_pieces

_HALF_CHARACTER = "é".encode()[:1]

Interruption = StreamError | Cut | Silence | Hold


@dataclass(frozen=True, slots=True)
class Frame:
    """One event of a stream in time."""

    event: Event
    before: int
    """Tokens said before it."""
    after: int
    """Tokens said with it."""
    closing: bool = False


def frames(protocol: Protocol, reply: Reply, size: int) -> Iterator[Frame]:
    """Yield a stream's events, each with at most `size` tokens."""
    for event in protocol.opening(reply):
        yield Frame(event, 0, 0)
    said = 0
    for piece in cut_pieces(reply.answer.thinking, size):
        before, said = said, said + count_tokens(piece)
        for event in protocol.thinking(reply, piece):
            yield Frame(event, before, said)
    for index, piece in enumerate(cut_pieces(reply.answer.text, size)):
        before, said = said, said + count_tokens(piece)
        for event in protocol.text(reply, piece, index):
            yield Frame(event, before, said)
    for event in protocol.closing(reply):
        yield Frame(event, said, said, closing=True)


@dataclass(kw_only=True, slots=True)
class Player:
    """Plays one answer and says how it ended."""

    wire: Wire
    protocol: Protocol
    reply: Reply
    headers: Headers
    effects: Sequence[Effect]
    started: float
    """The loop's time at which the request was whole."""
    timing: Timing
    ticker: Ticker
    latch: Callable[[str], asyncio.Event]
    """Returns what a `Hold` waits for."""
    begin: Callable[[], None]
    """Called when the first byte is about to go out."""
    said: int = field(default=0, init=False)
    """Tokens handed to the network so far."""
    _pending: list[Interruption | Malformed] = field(init=False)
    _shaper: Shaper = field(init=False)
    _spoilt: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._pending = [effect for effect in self.effects if isinstance(effect, Interruption | Malformed)]
        self._shaper = Shaper(self.effects, self.protocol.ping())

    async def play(self) -> End:
        """Play the answer as the client asked for it."""
        for effect in self.effects:
            if isinstance(effect, Pause):
                await asyncio.sleep(effect.seconds)
        for effect in list(self._pending):
            if not isinstance(effect, Malformed) and effect.after_tokens is None:
                self._pending.remove(effect)
                if (end := await self._interrupt(effect, started=False)) is not None:
                    return end
        ignored = any(isinstance(effect, IgnoredStream) for effect in self.effects)
        return await (self._stream() if self.reply.asked.streamed and not ignored else self._whole())

    async def _stream(self) -> End:
        await self._wait(0)
        self.begin()
        await self.wire.start(200, self.headers)
        for frame in frames(self.protocol, self.reply, self.timing.event_tokens):
            if frame.after > frame.before:
                await self._wait(frame.after)
            data = self._shaper.encode(self._edited(frame.event))
            for effect in self._due(frame, data):
                if isinstance(effect, Malformed):
                    data, self._spoilt = frame.event.encode_malformed(), True
                elif (end := await self._interrupt(effect, started=True, data=data)) is not None:
                    return end
            self.said = frame.after
            await self._send(data, self.wire.chunk)
        await self.wire.finish()
        return "broken" if self._spoilt else "delivered"

    async def _whole(self) -> End:
        body = self._shaper.begin(to_json(self._rewritten(self.protocol.body(self.reply))).encode())
        await self._wait(self.reply.usage.output)
        self.begin()
        if not self._pending:
            await self.wire.head(200, self.headers, len(body))
            self.said = self.reply.usage.output
            await self._send(body, self.wire.raw)
            return "delivered"
        effect = self._pending[0]
        cut = len(body) // 2 if effect.after_tokens or isinstance(effect, Malformed) else 0
        if isinstance(effect, Cut) and effect.inside_character:
            cut = inside_character(body) or cut
        if isinstance(effect, Malformed) or (isinstance(effect, Cut) and effect.how == "clean"):
            await self.wire.send(200, self.headers, body[:cut])
            return "broken"
        await self.wire.head(200, self.headers, len(body))
        await self._send(body[:cut], self.wire.raw)
        if (end := await self._interrupt(effect, started=True)) is not None:
            return end
        self.said = self.reply.usage.output
        await self._send(body[cut:], self.wire.raw)
        return "delivered"

    def _edited(self, event: Event) -> Event:
        return event if isinstance(event.data, str) else replace(event, data=self._rewritten(event.data))

    def _rewritten(self, data: dict[str, Any]) -> dict[str, Any]:
        for effect in self.effects:
            if isinstance(effect, Rewrite):
                data = json.loads(json.dumps(data))  # The protocol may use it again.
                effect.edit(data)
        return data

    async def _wait(self, tokens: int) -> None:
        due = self.timing.due(tokens)
        if due > 0:
            await self.ticker.until(self.started + due)

    async def _send(self, data: bytes, send: Callable[[bytes], Awaitable[None]]) -> None:
        for piece in self._shaper.pieces(data):
            if self._shaper.interval:
                await asyncio.sleep(self._shaper.interval)
            await send(piece)

    def _due(self, frame: Frame, data: bytes) -> list[Interruption | Malformed]:
        """Take the effects whose place this is; what a short answer never reaches comes before its finish."""
        due = [effect for effect in self._pending if _falls(effect, frame, data)]
        self._pending = [effect for effect in self._pending if effect not in due]
        return due

    async def _interrupt(self, effect: Interruption, *, started: bool, data: bytes = b"") -> End | None:
        """Do what the effect says; None when the answer goes on."""
        match effect:
            case Hold():
                await self.latch(effect.name).wait()
                return None
            case Silence():
                # Ends when the client leaves or the simulator stops: both cancel this.
                while started and effect.ping_every and self.reply.asked.streamed:
                    await self.wire.chunk(self.protocol.ping())
                    await asyncio.sleep(effect.ping_every)
                await asyncio.Event().wait()
            case StreamError():
                asked = self.reply.asked
                event = self.protocol.error_event(effect.kind, request_id=self.reply.request_id, model=asked.model)
                await self.wire.chunk(event.encode())
                await self.wire.finish()
            case Cut():
                await self._cut(effect, started=started, data=data)
        return "broken"

    async def _cut(self, effect: Cut, *, started: bool, data: bytes) -> None:
        if effect.inside_character and data:
            end = inside_character(data)
            await self.wire.chunk(data[:end] if end else _HALF_CHARACTER)
        if effect.how == "reset":
            self.wire.reset()
        elif effect.how == "clean" and started:
            await self.wire.finish()
        else:
            self.wire.close()


def _falls(effect: Interruption | Malformed, frame: Frame, data: bytes) -> bool:
    says = frame.after > frame.before
    if isinstance(effect, Malformed):
        return says and frame.before >= effect.after_tokens
    if frame.closing:
        return True
    if isinstance(effect, Cut) and effect.inside_character and data.isascii():
        return False
    return frame.before >= (effect.after_tokens or 0)
