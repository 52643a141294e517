"""The call log: every call that arrived, how it ended, and whether a finished one was made again."""

import asyncio
import io
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from tests.simulator.asked import Role

End = Literal["open", "delivered", "refused", "broken", "abandoned"]


@dataclass(frozen=True, kw_only=True, slots=True)
class CallRecord:
    """One call."""

    number: int
    """Counts from 1 in order of arrival."""
    request_id: str
    protocol: str
    at: float
    """Seconds since the simulator began."""
    model: str = ""
    role: Role | Literal[""] = ""
    """Empty for a call that did not pass validation."""
    streamed: bool = False
    digest: str = ""
    """The same for calls that ask the same model the same thing."""
    input_tokens: int = 0
    """All of the prompt, cached or not."""
    cached_tokens: int = 0
    written_tokens: int = 0
    """Tokens written to the cache."""
    output_tokens: int = 0
    """Tokens handed to the network, thinking included."""
    status: int = 0
    """HTTP status; 0 when none was sent."""
    fault: str = ""
    """What the script did to it, or "bucket" for the rate limit; empty for nothing."""
    end: End = "open"
    """delivered: a whole answer was handed to the network; refused: an error status; broken: by a fault;
    abandoned: the client left before the end."""
    ended_at: float | None = None
    body: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    """The request; not in the file."""

    @property
    def delivered(self) -> bool:
        """Whether a whole, unspoilt answer went out."""
        return self.end == "delivered"

    def as_json(self) -> dict[str, Any]:
        """Return the record without the request's body."""
        return asdict(replace(self, body={}))


class CallLog:
    """All calls, and whoever waits for some."""

    def __init__(self, clock: Callable[[], float], path: Path | None = None) -> None:
        self._clock = clock
        self._records: list[CallRecord] = []
        self._waiting: list[tuple[Callable[[Sequence[CallRecord]], object], asyncio.Future[None]]] = []
        self._file: io.TextIOBase | None = path.open("a", encoding="utf-8") if path else None
        self._open = 0
        self.peak = 0
        """Most calls at once."""

    @property
    def records(self) -> tuple[CallRecord, ...]:
        """Every call, in order of arrival."""
        return tuple(self._records)

    @property
    def open(self) -> int:
        """Calls under way."""
        return self._open

    def arrive(self, *, request_id: str, protocol: str) -> CallRecord:
        """Note a call before anything is known of it."""
        record = CallRecord(number=len(self._records) + 1, request_id=request_id, protocol=protocol, at=self._clock())
        self._records.append(record)
        self._open += 1
        self.peak = max(self.peak, self._open)
        return record

    def note(self, number: int, **changes: Any) -> None:
        """Note what became known of a call."""
        self._records[number - 1] = replace(self._records[number - 1], **changes)
        self._changed(number)

    def end(self, number: int, end: End) -> None:
        """Note how a call ended."""
        self._open -= 1
        self.note(number, end=end, ended_at=self._clock())

    def repeated(self) -> tuple[str, ...]:
        """Return the digests of calls that were made again although they had been delivered unspoilt before."""
        finished: set[str] = set()
        repeated: dict[str, None] = {}
        # Deliveries and arrivals in the order in which they happened.
        moments = [(record.at, 1, record) for record in self._records]
        moments += [(r.ended_at or 0.0, 0, r) for r in self._records if r.delivered and not r.fault]
        for _, arrival, record in sorted(moments, key=lambda moment: moment[:2]):
            if not arrival:
                finished.add(record.digest)
            elif record.digest in finished:
                repeated[record.digest] = None
        return tuple(repeated)

    async def until(self, condition: Callable[[Sequence[CallRecord]], object]) -> None:
        """Return once the condition holds for the records."""
        if condition(self._records):
            return
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((condition, future))
        await future

    def summary(self) -> dict[str, Any]:
        """Return the log as JSON."""
        return {
            "calls": [record.as_json() for record in self._records],
            "ends": Counter(record.end for record in self._records),
            "open": self._open,
            "peak": self.peak,
            "repeated": self.repeated(),
        }

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()

    def _changed(self, number: int) -> None:
        record = self._records[number - 1]
        if self._file:
            self._file.write(json.dumps(record.as_json()) + "\n")
            self._file.flush()
        if self._waiting:
            still: list[tuple[Callable[[Sequence[CallRecord]], object], asyncio.Future[None]]] = []
            for condition, future in self._waiting:
                if future.done() or condition(self._records):
                    _ = future.done() or future.set_result(None)
                else:
                    still.append((condition, future))
            self._waiting = still
