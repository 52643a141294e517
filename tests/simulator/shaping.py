"""Cuts an answer's bytes as faults want them cut; the content stays the same. No I/O."""

import itertools
from collections.abc import Sequence

from tests.simulator.faults import ByteOrderMark, Drip, Effect, Noise, SplitCharacters
from tests.simulator.sse import Event

_COMMENT = b": OPENROUTER PROCESSING\n\n"


class Shaper:
    """Turns events into bytes, and bytes into the pieces that are sent one by one."""

    def __init__(self, effects: Sequence[Effect], ping: bytes) -> None:
        self._noise = next((effect for effect in effects if isinstance(effect, Noise)), None)
        self._split = any(isinstance(effect, SplitCharacters) for effect in effects)
        drip = next((effect for effect in effects if isinstance(effect, Drip)), None)
        self._size = drip.size if drip else 0
        self.interval = drip.interval if drip else 0.0
        """Seconds to wait before each piece."""
        self._ping = ping
        self._mark = b"\xef\xbb\xbf" if any(isinstance(effect, ByteOrderMark) for effect in effects) else b""

    def begin(self, data: bytes) -> bytes:
        """Return the first bytes of a body with what stands before them."""
        mark, self._mark = self._mark, b""
        return mark + data

    def encode(self, event: Event) -> bytes:
        """Return an event's bytes with the noise around it."""
        return self.begin(self._with_noise(event))

    def _with_noise(self, event: Event) -> bytes:
        noise = self._noise
        if noise is None:
            return event.encode()
        data = event.encode_on_lines() if noise.on_lines else event.encode()
        if noise.loose:
            data = b"id: 1\nretry: 9\n" + b"".join(
                line.replace(b": ", b":", 1) for line in data.splitlines(keepends=True)
            )
        return b"".join((_COMMENT if noise.comments else b"", self._ping if noise.pings else b"", data))

    def pieces(self, data: bytes) -> list[bytes]:
        """Cut bytes into the pieces that are sent one by one."""
        if self._split:
            return _split_characters(data)
        if self._size:
            return [data[i : i + self._size] for i in range(0, len(data), self._size)]
        return [data]


def inside_character(data: bytes) -> int | None:
    """Return a place between the bytes of the first character that has several; None where there is none."""
    return next((index + 1 for index, byte in enumerate(data) if byte >= 0xC0), None)


def _split_characters(data: bytes) -> list[bytes]:
    borders = [0, *(index + 1 for index, byte in enumerate(data) if byte >= 0xC0), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(borders)]
