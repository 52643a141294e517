"""Measures how many streams the simulator carries: `python -m tests.simulator.bench --streams 1000`."""

import argparse
import asyncio
import itertools
import json
import os
import resource
import time
from dataclasses import dataclass, field

from tests.simulator.hosting import SimulatorProcess

EVENT_TOKENS = 40
TOKENS_PER_SECOND = 80.0
GAP = EVENT_TOKENS / TOKENS_PER_SECOND


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """What was measured."""

    streams: int
    finished: int
    """Streams that ended with [DONE]."""
    events_per_second: float
    """While all streams run."""
    ideal: float
    """Events a second that the timing asks for while all streams run."""
    late_median: float
    """Seconds by which the gap between two events missed its length."""
    late_99: float
    server_cpu: float
    """Cores that the simulator used."""
    client_cpu: float

    def __str__(self) -> str:
        return (
            f"{self.finished} of {self.streams} streams finished; "
            f"{self.events_per_second:.0f} events/s of {self.ideal:.0f}; "
            f"gaps off by {self.late_median * 1000:.1f} ms (median), {self.late_99 * 1000:.1f} ms (99%); "
            f"CPU: server {self.server_cpu:.2f} cores, client {self.client_cpu:.2f} cores"
        )


@dataclass(slots=True)
class _Stream(asyncio.Protocol):
    """A client that notes when events come."""

    request: bytes
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    times: list[float] = field(default_factory=list[float])
    whole: bool = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        if b'"delta":{"content"' in data:
            self.times.append(time.perf_counter())
        if b"[DONE]" in data:
            self.whole = True
            self.ended.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended.set()


def measure(streams: int, seconds: float) -> Figures:
    """Run so many streams of about so many seconds against a simulator in a process of its own."""
    # A word is about one and a half tokens by the simulator's rule.
    words = str(int(seconds * TOKENS_PER_SECOND / 1.6))
    options = ["--words", words, words, "--event-tokens", str(EVENT_TOKENS), "--first-token", "1"]
    with SimulatorProcess(*options, "--tokens-per-second", str(TOKENS_PER_SECOND)) as sim:
        host, port = sim.url.removeprefix("http://").split(":")
        before, began = _cpu(), time.perf_counter()
        clients = asyncio.run(_run(host, int(port), streams))
        took, client = time.perf_counter() - began, _cpu() - before
        server = _cpu_of(sim.process.pid)
    gaps = sorted(
        abs(later - earlier - GAP)
        for stream in clients
        # The last piece is shorter than the others.
        for earlier, later in itertools.pairwise(stream.times[:-1])
    )
    rates = [(len(stream.times) - 2) / (stream.times[-2] - stream.times[0]) for stream in clients]
    return Figures(
        streams=streams,
        finished=sum(stream.whole for stream in clients),
        events_per_second=sum(rates),
        ideal=streams / GAP,
        late_median=gaps[len(gaps) // 2],
        late_99=gaps[len(gaps) * 99 // 100],
        server_cpu=server / took,
        client_cpu=client / took,
    )


async def _run(host: str, port: int, streams: int) -> list[_Stream]:
    loop = asyncio.get_running_loop()
    clients = [_Stream(_request(number)) for number in range(streams)]
    transports = [(await loop.create_connection(lambda client=client: client, host, port))[0] for client in clients]
    await asyncio.gather(*(client.ended.wait() for client in clients))
    for transport in transports:
        transport.close()
    return clients


def _request(number: int) -> bytes:
    message = {"role": "user", "content": f"Text {number}, as <response>"}
    body = json.dumps({"model": "gpt-5", "stream": True, "messages": [message]}).encode()
    head = "POST /v1/chat/completions HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer key\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _cpu_of(pid: int) -> float:
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulator.bench")
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    print(measure(options.streams, options.seconds))


if __name__ == "__main__":
    main()
