"""The provider itself: each call is validated, limited, answered, broken if the script says so, and logged."""

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from email.utils import formatdate

from tests.simulator.answers import Answer
from tests.simulator.asked import Asked, ProtocolName
from tests.simulator.bucket import Limits, Meter
from tests.simulator.cache import PromptCache, anthropic_minimum
from tests.simulator.connection import Wire
from tests.simulator.faults import (
    Effect,
    Error,
    Html,
    HttpDate,
    Moment,
    Raw,
    Say,
    Script,
    ScriptReader,
    SecondChoice,
    StreamError,
)
from tests.simulator.http import Request
from tests.simulator.log import CallLog, CallRecord, End
from tests.simulator.playing import Player
from tests.simulator.protocols import PROTOCOLS
from tests.simulator.protocols.base import Protocol, Rejected, Reply, Usage
from tests.simulator.settings import Settings
from tests.simulator.sse import to_json
from tests.simulator.timing import Ticker
from tests.simulator.tokens import count_tokens

_PAGE = b"<!DOCTYPE html>\n<html><head><title>%b</title></head><body><h1>%b</h1></body></html>\n"


class Provider:
    """What lives as long as the simulator: the log, the script's counters, the rate limits, the caches."""

    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        self.settings = settings
        self._clock = clock
        began = clock()
        self.log = CallLog(lambda: clock() - began, settings.log_file)
        self._script = ScriptReader(settings.script)
        self._meters: dict[tuple[str, str], Meter] = {}
        self._caches = {name: PromptCache(clock, self._cache_minimum(name)) for name in PROTOCOLS}
        self._ticker = Ticker()
        self._latches: dict[str, asyncio.Event] = {}

    def play_script(self, script: Script) -> None:
        """Replace the script; its counting begins anew."""
        self._script = ScriptReader(script)

    def latch(self, name: str) -> asyncio.Event:
        """Return what every `Hold` of this name waits for."""
        return self._latches.setdefault(name, asyncio.Event())

    async def serve(self, protocol: Protocol, request: Request, wire: Wire) -> None:
        """Answer one call."""
        request_id = f"req_{len(self.log.records) + 1:012d}"
        record = self.log.arrive(request_id=request_id, protocol=protocol.name)
        try:
            end = await self._answer(_Call(self, protocol, record, wire), request)
        except BaseException:
            # The client left, the simulator stops, or a bug: in none of these was it answered.
            self.log.end(record.number, "abandoned")
            raise
        self.log.end(record.number, end)

    async def _answer(self, call: "_Call", request: Request) -> End:
        try:
            asked = self._admit(call, call.protocol.read(request, self.settings.key))
        except Rejected as rejected:
            return await call.refuse(rejected)
        call.asked = asked
        if (bucket := self.settings.bucket) is not None:
            limits = self._meters.setdefault((asked.protocol, asked.model), Meter(bucket, self._clock)).take()
            call.limits = limits if bucket.headers else None
            if limits.wait:
                self.log.note(call.record.number, fault="bucket")
                wait = str(math.ceil(limits.wait)) if bucket.retry_after else None
                return await call.refuse(Rejected("rate_limit"), retry_after=wait)
        fault = self._script.choose(asked)
        if fault is not None:
            self.log.note(call.record.number, fault=fault.label)
        effects = fault.effects if fault else ()
        for effect in effects:
            match effect:
                case Error():
                    return await call.refuse(
                        Rejected(effect.kind, effect.message, status=effect.status), effect.retry_after
                    )
                case StreamError() if not asked.streamed:
                    return await call.refuse(Rejected(effect.kind))
                case Raw():
                    return await call.other(effect)
                case Html():
                    return await call.page(effect.status, b"Welcome")
                case _:
                    pass
        return await self._play(call, asked, effects)

    def _admit(self, call: "_Call", asked: Asked) -> Asked:
        """Number the call and tell its role; raises `Rejected` for what no provider of this kind would take."""
        asked = replace(asked, number=call.record.number)
        asked = replace(asked, role=self.settings.roles(asked))
        self.log.note(
            asked.number,
            model=asked.model,
            role=asked.role,
            streamed=asked.streamed,
            digest=asked.digest,
            input_tokens=asked.input_tokens,
            body=asked.body,
        )
        if self.settings.models is not None and asked.model not in self.settings.models:
            call.asked = asked
            raise Rejected("not_found")
        if asked.input_tokens > self.settings.context_window:
            raise Rejected("context_window")
        return asked

    async def _play(self, call: "_Call", asked: Asked, effects: Sequence[Effect]) -> End:
        said = next((effect.answer for effect in effects if isinstance(effect, Say)), self.settings.answers)
        answer = said if isinstance(said, Answer) else said(asked)
        answer = (Answer(text=answer) if isinstance(answer, str) else answer).limited(asked.max_tokens)
        cache = self._caches[asked.protocol]
        cached = cache.look_up(asked)
        usage = Usage(
            input=asked.input_tokens,
            cached=cached.read,
            written=cached.written,
            written_1h=cached.written_1h,
            text=count_tokens(answer.text),
            thinking=count_tokens(answer.thinking),
        )
        number = call.record.number
        self.log.note(number, cached_tokens=cached.read, written_tokens=cached.written)

        def begin() -> None:
            cache.begin(cached)
            self.log.note(number, status=200)

        player = Player(
            wire=call.wire,
            protocol=call.protocol,
            reply=Reply(
                asked=asked,
                answer=answer,
                usage=usage,
                request_id=call.record.request_id,
                created=int(time.time()),
                second_choice=any(isinstance(effect, SecondChoice) for effect in effects),
            ),
            headers=call.headers("text/event-stream; charset=utf-8" if asked.streamed else "application/json"),
            effects=effects,
            started=call.started,
            timing=self.settings.timing,
            ticker=self._ticker,
            latch=self.latch,
            begin=begin,
        )
        try:
            return await player.play()
        finally:
            self.log.note(number, output_tokens=player.said)

    def _cache_minimum(self, protocol: ProtocolName) -> Callable[[str], int]:
        if (least := self.settings.cache_minimum) is not None:
            return lambda model: least
        return anthropic_minimum if protocol == "anthropic" else lambda model: 1024


class _Call:
    """One call on its way, and its refusals."""

    def __init__(self, provider: Provider, protocol: Protocol, record: CallRecord, wire: Wire) -> None:
        self._provider = provider
        self.protocol = protocol
        self.record = record
        self.wire = wire
        self.asked: Asked | None = None
        self.limits: Limits | None = None
        self.started = asyncio.get_running_loop().time()

    def headers(self, content_type: str) -> list[tuple[str, str]]:
        """Return the headers of every answer."""
        own = self.protocol.headers(request_id=self.record.request_id, limits=self.limits)
        return [("date", formatdate(usegmt=True)), ("content-type", content_type), *own]

    async def refuse(self, rejected: Rejected, retry_after: str | HttpDate | None = None) -> End:
        """Answer with an error."""
        if rejected.kind == "bad_gateway":
            # A gateway in front of the provider says so, in its own words.
            return await self.page(rejected.status or 502, b"502 Bad Gateway")
        model = self.asked.model if self.asked else ""
        wait = retry_after if isinstance(retry_after, str) else None
        status, body = self.protocol.error(rejected, request_id=self.record.request_id, model=model, wait=wait)
        headers = self.headers("application/json")
        if isinstance(retry_after, HttpDate):
            headers.append(("retry-after", formatdate(time.time() + retry_after.seconds, usegmt=True)))
        elif retry_after is not None and self.protocol.waits_in_header:
            headers.append(("retry-after", retry_after))
        self._provider.log.note(self.record.number, status=status)
        await self.wire.send(status, headers, to_json(body).encode())
        return "refused"

    async def other(self, raw: Raw) -> End:
        """Answer with what somebody else says."""
        own = [
            (name, str(round((time.time() + value.seconds) * 1000)) if isinstance(value, Moment) else value)
            for name, value in raw.headers
        ]
        self._provider.log.note(self.record.number, status=raw.status)
        await self.wire.send(raw.status, [("content-type", raw.kind), *own], raw.body.encode())
        return "refused"

    async def page(self, status: int, title: bytes) -> End:
        """Answer with a page."""
        self._provider.log.note(self.record.number, status=status)
        await self.wire.send(status, self.headers("text/html; charset=utf-8"), _PAGE % (title, title))
        return "refused" if status >= 400 else "broken"
