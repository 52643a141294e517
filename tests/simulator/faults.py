"""What can go wrong with a call, and the script that says with which. Frozen values. No I/O."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.simulator.answers import Answer
from tests.simulator.asked import Asked, ProtocolName, Role

ErrorKind = Literal[
    "bad_request",
    "unsupported_parameter",
    "context_window",
    "authentication",
    "payment",
    "permission",
    "not_found",
    "timeout",
    "conflict",
    "too_large",
    "rate_limit",
    "slow_down",
    "quota",  # no credit left
    "spend_limit",
    "key_limit",  # of one key, not of the account
    "in_flight",  # the calls under way may cost all that is left
    "flagged",  # moderation turned the input away
    "server",
    "bad_gateway",
    "unavailable",
    "gateway_timeout",
    "overloaded",
]
"""Errors by what they mean; each protocol has its own status, body and code for one."""


@dataclass(frozen=True, slots=True)
class HttpDate:
    """A Retry-After that names a moment, `seconds` from the answer."""

    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Error:
    """The call is answered with an error instead of an answer."""

    kind: ErrorKind
    status: int | None = None
    """In place of the protocol's own status for it."""
    message: str = ""
    """In place of the protocol's own words for it."""
    retry_after: str | HttpDate | None = None
    """The Retry-After header, as it is sent: "5", "-1", "nan"."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamError:
    """An error event inside a stream that began with 200; an unstreamed call gets the error as its status."""

    kind: ErrorKind
    after_tokens: int = 0
    """Tokens said before it; 0 makes it the very first event."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """The answer breaks off. An unstreamed one breaks off in the middle of its body."""

    how: Literal["clean", "eof", "reset"]
    """clean: as if it were whole, without the finish event; eof: the connection is closed in the middle of the
    transfer; reset: by a TCP reset."""
    after_tokens: int | None = None
    """Tokens said before it; None breaks off before the first byte of the answer."""
    inside_character: bool = False
    """Break off between the bytes of one character."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Silence:
    """Nothing more comes, and the connection stays open until the client closes it."""

    after_tokens: int | None = None
    """Tokens said before it; None is silent from the first byte on, 0 sends the head alone."""
    ping_every: float | None = None
    """Seconds between pings in a stream, so that bytes come and no token does; None for true silence."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """The answer stops until `Simulator.release(name)` lets it go on."""

    name: str
    after_tokens: int | None = None
    """Tokens said before it; None holds before the first byte."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Malformed:
    """One event of a stream, or the body of an unstreamed answer, is broken JSON; all else is as it should be."""

    after_tokens: int = 0
    """Tokens said before it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Html:
    """A page in place of the answer, as captive portals and misconfigured gateways send it."""

    status: int = 200


@dataclass(frozen=True, slots=True)
class Moment:
    """A header that names a moment in milliseconds since 1970, `seconds` from the answer."""

    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Raw:
    """Whatever stands in front of the provider answers in its place, in its own words."""

    status: int
    body: str = ""
    kind: str = "application/json"
    headers: tuple[tuple[str, str | Moment], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ByteOrderMark:
    """The body begins with a byte order mark; the answer is whole."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IgnoredStream:
    """The wish for a stream is ignored: the answer comes in one piece, and is whole."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Say:
    """The model itself answers something else; the transport is sound."""

    answer: Answer | Callable[[Asked], Answer]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pause:
    """The first byte comes later, in real seconds whatever the speed."""

    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Drip:
    """The body comes `size` bytes at a time, with `interval` real seconds before each."""

    interval: float
    size: int = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Noise:
    """A stream with everything in it that SSE allows; the answer is whole."""

    comments: bool = True
    pings: bool = True
    on_lines: bool = True
    """Each event's JSON over several `data:` lines."""
    loose: bool = False
    """Fields that say nothing before each event, and no space behind a colon."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SplitCharacters:
    """Every chunk border that can fall inside a character does; the answer is whole."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SecondChoice:
    """The answer has a second choice that nobody asked for, where the protocol has choices; the first is whole."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rewrite:
    """The answer is whole, and its JSON, each event's of a stream, is passed through `edit`, which changes it."""

    edit: Callable[[dict[str, Any]], None]


Effect = (
    Error
    | StreamError
    | Cut
    | Silence
    | Hold
    | Malformed
    | Html
    | Say
    | Pause
    | Drip
    | Noise
    | SplitCharacters
    | SecondChoice
    | Rewrite
    | Raw
    | ByteOrderMark
    | IgnoredStream
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """An effect, and the calls that it befalls: those for which everything that is given here holds."""

    effects: tuple[Effect, ...]
    role: Role | None = None
    text: str | None = None
    """Stands somewhere in the prompt."""
    model: str | None = None
    protocol: ProtocolName | None = None
    streamed: bool | None = None
    calls: frozenset[int] | None = None
    """Numbers of calls, counted from 1 in order of arrival."""
    skip: int = 0
    """Spare the first so many of the calls for which the rest holds."""
    times: int | None = None
    """Befall at most so many; None for all."""
    name: str = ""
    """Shown in the call log; the effects' names unless given."""

    @property
    def label(self) -> str:
        """What the call log shows."""
        return self.name or "+".join(type(effect).__name__ for effect in self.effects)

    def fits(self, asked: Asked) -> bool:
        """Whether this call is one of those that it may befall."""
        return (
            self.role in (None, asked.role)
            and self.model in (None, asked.model)
            and self.protocol in (None, asked.protocol)
            and self.streamed in (None, asked.streamed)
            and (self.calls is None or asked.number in self.calls)
            and (self.text is None or self.text in asked.prompt)
        )


@dataclass(frozen=True, slots=True)
class Script:
    """Faults in order: a call gets the first that fits and is not used up."""

    faults: Sequence[Fault] = ()


@dataclass(slots=True)
class ScriptReader:
    """A script being played; it alone counts."""

    script: Script
    _fitting: dict[int, int] = field(default_factory=dict[int, int])

    def choose(self, asked: Asked) -> Fault | None:
        """Return the fault that befalls this call."""
        chosen: Fault | None = None
        for index, fault in enumerate(self.script.faults):
            if not fault.fits(asked):
                continue
            seen = self._fitting.get(index, 0)
            if seen < fault.skip:
                self._fitting[index] = seen + 1
            elif chosen is None and (fault.times is None or seen < fault.skip + fault.times):
                self._fitting[index] = seen + 1
                chosen = fault
        return chosen
