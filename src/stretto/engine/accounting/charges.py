"""What a failed call counts as: nothing, or its reservation. Pure; docs/reliability.md shows the table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from stretto.core.errors import ErrorKind, ModelError

Charge = Literal["nothing", "its reservation"]

# The provider refused the call before it did any work.
_REFUSED: frozenset[ErrorKind] = frozenset(
    {"rate_limit", "overloaded", "authentication", "permission", "billing", "not_found", "bad_request"}
)
# A gateway stopped waiting for the server behind it: 504, Cloudflare's 524, and 598 of some proxies.
_GAVE_UP_WAITING = frozenset({504, 524, 598})


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """How a call ended, as far as it matters here."""

    kind: ErrorKind
    status: int | None = None
    """Of HTTP; None when there was none."""
    sent: bool = True
    """Whether the request left."""
    begun: bool = False
    """Whether a part of the answer had arrived."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One way for a call to end without an answer that tells what it took."""

    what: str
    examples: str
    fits: Callable[[Ending], bool]
    counts_as: Charge
    why: str


CASES: tuple[Case, ...] = (
    Case(
        what="the request never left",
        examples="the name does not resolve, the connection is refused, the TLS handshake fails, a proxy is down",
        fits=lambda ending: not ending.sent,
        counts_as="nothing",
        why="The provider never had it.",
    ),
    Case(
        what="a part of the answer had arrived",
        examples="the connection is lost in the middle, an error event after some text, a stream that stops",
        fits=lambda ending: ending.begun,
        counts_as="its reservation",
        why="What was written may be billed, and nobody said how much.",
    ),
    Case(
        what="a gateway stopped waiting for the server behind it",
        examples="504, 524, 598",
        fits=lambda ending: ending.status in _GAVE_UP_WAITING,
        counts_as="its reservation",
        why="The server behind has the request and may carry it out all the same.",
    ),
    Case(
        what="a redirect",
        examples="301, 302, 303, 307, 308",
        fits=lambda ending: 300 <= (ending.status or 0) < 400,
        counts_as="nothing",
        why="Who redirects has not answered, and nobody was asked elsewhere.",
    ),
    Case(
        what="the request was turned away",
        examples="400, 401, 402, 403, 404, 408, 413, 429; an error event before any text that says so",
        fits=lambda ending: 400 <= (ending.status or 0) < 500 or ending.kind in _REFUSED,
        counts_as="nothing",
        why="Providers bill answers, not refusals.",
    ),
    Case(
        what="the server failed before it answered",
        examples="500, 502, 503, 520 to 523, 525 to 530",
        fits=lambda ending: (ending.status or 0) >= 500,
        counts_as="nothing",
        why="There was no answer, and the error says that there will be none.",
    ),
    Case(
        what="nobody said how it ended",
        examples="the connection is lost before the first byte, no answer in time, something unreadable "
        "with status 200, an answer without usage; left while it is under way (superseded, Ctrl-C, deadline, crash)",
        fits=lambda _: True,
        counts_as="its reservation",
        why="It may have been answered, and is never counted as less than it can have cost.",
    ),
)
"""Every case. The first that fits counts."""


def case_of(ending: Ending) -> Case:
    """Return the case that a call is."""
    return next(case for case in CASES if case.fits(ending))


def costs_nothing(error: ModelError, *, sent: bool, begun: bool) -> bool:
    """Return whether a call that failed counts as nothing; `begun` says that a part of its answer had arrived."""
    ending = Ending(kind=error.kind, status=error.status, sent=sent and error.sent, begun=begun)
    return case_of(ending).counts_as == "nothing"
