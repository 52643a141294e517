"""How fast calls may start, learnt from those that were refused. Pure: time is an argument, in seconds.

A provider serves from a bucket: so much flows in, and it holds a little. A refusal says that it was empty when the
call came; what was let in between two refusals is what flowed in. Then the rate is a little less than that, stays near
it for a while, and is raised again faster and faster until the next refusal. A bucket that holds nothing refuses what
comes a moment early at any rate near its own: there the steps are small, since they search for that moment.
"""

from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from math import inf, sqrt

_FIRST = 10  # Calls that start at once while nothing is known.
_RAMP = 40.0  # Calls a second after them; every answer allows two more.
_STEP = 0.05  # Of the rate that was found, down in a cut and up again to the plateau, where calls stay longest.
_SHORTEST, _LONGEST = 7, 160  # Calls from a cut to the middle of the plateau.
_JITTER_STEP, _JITTER_PLATEAU = 0.02, 30  # The same where jitter alone was refused, as one call in thirty then is.
_RETURN = 1.5  # Growth with each call after an outage, up to the rate before it.
_OUTAGE = 1.0  # Seconds of cuts with no call let in between them that make an outage.
_AHEAD = 0.03  # Seconds that a call is started before its request is to leave: time to prepare it.
_EARLY = 0.5  # Calls of lost time that the starts then make up for.
_LATE = 0.02  # Calls of lost time that the requests themselves make up for: a timer is always a little late.
_JITTER = 0.05  # Seconds: what comes within them comes at once.
_RECENT, _FEW = 2.0, 20  # Seconds, and calls, since the bucket was empty; later it may have run over.
_ROW, _ROWS = 4, 20  # Calls in a row that tell a rate, and how far back they are looked for.
_NEARLY = 0.9  # Of the rate that was refused, let in by a bucket that holds nothing: there jitter was refused.
_KEPT, _KEPT_CALLS = 5.0, 40  # Seconds, and calls, for which starts are remembered at least.
_LOWEST = 0.5  # Calls a second that are tried whatever was refused.
_FORGET = 120.0  # Seconds without any call after which nothing is known any more.


class Tempo:
    """Mirrors a provider's bucket: when the next call may start."""

    def __init__(self) -> None:
        self._last_at = -inf
        self._ramp = _Ramp()
        self._search: _Search | None = None

    @property
    def rate(self) -> float | None:
        """Calls a second at present; None while nothing was refused."""
        return self._search.rate if self._search else None

    def ready_at(self, now: float) -> float:
        """Return when the next call may start; `now` or earlier for at once."""
        if now - self._last_at > _FORGET:
            return now
        return self._search.next_at if self._search else self._ramp.ready_at

    def started(self, now: float) -> None:
        """A call starts."""
        if now - self._last_at > _FORGET:
            self._ramp, self._search = _Ramp(), None
        self._last_at = now
        (self._search or self._ramp).started(now)

    @property
    def send_at(self) -> float:
        """When the request of a call that has started may leave; in the past for at once."""
        return self._search.send_at if self._search else -inf

    def sent(self, started: float, now: float) -> None:
        """A request leaves, some time after its call was started: what lies between is never equally long."""
        if self._search is not None:
            self._search.sent(started, now)

    def answered(self) -> None:
        """A call was answered: the provider keeps up."""
        self._ramp.credit += 2.0

    def refused(self, started: float, now: float, pause: float) -> bool:
        """A call was turned away and everybody waits so long; return whether that lowers the rate: once for a burst."""
        if self._search is None:
            self._search = _Search(self._ramp)
        return self._search.refused(started, now, pause)


class _Ramp:
    """Before the first refusal: a few calls at once, then more and more."""

    def __init__(self) -> None:
        self.credit, self._at = float(_FIRST), inf
        self.mark = -inf
        self.starts: deque[float] = deque()

    @property
    def ready_at(self) -> float:
        return -inf if self.credit >= 1.0 else self._at + (1.0 - self.credit) / _RAMP

    def started(self, now: float) -> None:
        self.credit += _RAMP * max(0.0, now - self._at) - 1.0
        self._at = now
        if now - self.mark > _RECENT:
            self.mark = now
        _remember(self.starts, now)


@dataclass(kw_only=True, slots=True, eq=False)
class _Cut:
    """What a cut goes by; refusals of the same burst that are heard of later correct it."""

    since: float
    until: float
    seconds: float
    """Between the two, as far as calls flowed."""
    counted: int
    """Calls let in between the two."""
    tried: float
    """The rate that was refused."""
    least: float = 0.0
    """What is known to flow in."""
    flowed: float = 0.0
    """What was let in of late by a bucket that holds nothing: as much flows in."""
    jitter: bool = False
    """Whether that is nearly what was tried: then the call only came a little early."""
    soon: bool = True
    """Whether it came before the plateau was crossed: then more was tried than the bucket's rate."""

    @property
    def found(self) -> float:
        """The bucket's rate: what was let in, or between that and what was tried when the two are close."""
        if self.jitter:
            return self.flowed
        told = (self.counted + 1.0) / self.seconds
        if self.tried < inf:  # One refusal halves at the most: few calls say little.
            told = min(max(told, self.tried / 2), self.tried)
        told = max(told, self.least, self.flowed)
        if self.flowed or (self.soon and self.tried > 1.5 * told):
            return told
        # The more calls were counted, the more they say; once the plateau was crossed the rate has changed meanwhile.
        weight = max(1, self.counted) if self.soon else 1
        return (weight * told + min(self.tried, 1.5 * told)) / (weight + 1)


class _Search:
    """From the first refusal on."""

    def __init__(self, ramp: _Ramp) -> None:
        # When the bucket was seen empty (or, first, full), the pauses since, and the latest calls not refused.
        self._mark, self._paused = ramp.mark, 0.0
        self._starts, self._let_in = ramp.starts, deque(ramp.starts)
        # When the next call may start, and how many calls of lost time are made up for: half of what the bucket held.
        self.next_at, self._slack = -inf, 0.0
        # When the next request may leave, and whose was the latest, as far as the model says when it does.
        self.send_at = self._left = -inf
        self._cut_at = -inf
        # The latest cut, and the first: what was let in before that is what the bucket held.
        self._cut = self._opening = _Cut(since=inf, until=-inf, seconds=1.0, counted=0, tried=inf)
        self._first, self._opened_at = True, inf
        self._found = self._before = 0.0
        # The cuts between which no call was let in: since when, and what was found before.
        self._barren_since, self._barren_found = inf, 0.0
        self._plateau = _SHORTEST
        # Calls since the cut, and those for which the rate was what they waited for; a call counts once its refusal
        # would have been heard of.
        self._through = self._held = 0
        self._fresh: deque[tuple[float, bool]] = deque()
        self._delay = 0.0

    @property
    def rate(self) -> float:
        step, plateau = self._shape
        base = (1.0 - step) * max(self._found, self._before)
        if (back := (1.0 - step) * self._found * _RETURN ** min(self._through, 64)) < base:
            return back
        return base * (1.0 + step * (1.0 + (self._held / plateau - 1.0) ** 3))

    @property
    def _shape(self) -> tuple[float, int]:
        """How far a cut goes, and how many calls it takes to the middle of the plateau."""
        return (_JITTER_STEP, _JITTER_PLATEAU) if self._cut.jitter else (_STEP, self._plateau)

    def started(self, now: float) -> None:
        gap = 1.0 / self.rate
        self._fresh.append((now, now - self.next_at < gap / 2))
        while self._fresh and self._fresh[0][0] <= now - self._delay:
            self._through += 1
            self._held += self._fresh.popleft()[1]
        # Where requests are held until they are due, that is what keeps them apart.
        made_up = max(self._slack, _EARLY) if self.send_at > -inf else self._slack
        self.next_at = max(self.next_at, now - made_up * gap) + gap
        _remember(self._starts, now)
        _remember(self._let_in, now)

    def sent(self, started: float, now: float) -> None:
        if started < self._opened_at:  # It belongs to what started at once: held back, it would count as that, too.
            return
        gap = 1.0 / self.rate
        self._left = started
        self.send_at = max(self.send_at, now - (self._slack + _LATE) * gap) + gap
        self.next_at = max(self.next_at, self.send_at - _AHEAD)

    def refused(self, started: float, now: float, pause: float) -> bool:
        with suppress(ValueError):  # It may be too old to be there.
            self._let_in.remove(started)
        self._delay = max(now - started, 0.9 * self._delay)
        lowered = started >= self._cut_at
        if lowered:
            self._lower(started, now)
        else:
            for cut in {self._opening, self._cut}:
                if cut.since <= started <= cut.until:
                    cut.counted -= 1
                    self._settle(now)
        self._paused += pause
        return lowered

    def _lower(self, started: float, now: float) -> None:
        self._first = self._cut_at == -inf
        self._cut = cut = self._measure(started, now)
        if self._first:
            self._opening, self._opened_at = cut, now
        self._note_outage(started, now)
        if not cut.jitter and not self._first:
            self._plan(cut)
        if self._first or not cut.soon or cut.least or cut.jitter:
            self._mark, self._paused = started, 0.0
        self._through = self._held = 0
        self._fresh.clear()
        self._cut_at = now
        self._settle(now)
        if cut.jitter and started == self._left and self._barren_since == inf:
            # Nothing has left since, and by now there is what it came too early for.
            self.next_at = self.send_at = now

    def _plan(self, cut: _Cut) -> None:
        if cut.soon:
            kept = self._plateau if cut.found > 0.7 * cut.tried else _SHORTEST
            self._plateau = max(kept, min(cut.counted, _LONGEST))
        elif self._held < 2.3 * self._plateau:  # Much later: the rate was not near the plateau, where to stay longer.
            self._plateau = min(2 * self._plateau, _LONGEST)

    def _measure(self, started: float, now: float) -> _Cut:
        rate, soon = self.rate if self._found else inf, self._held < self._shape[1]
        tries = [at for at in self._starts if self._mark <= at <= started]
        if not soon:  # What was let in while the rate was much lower tells nothing of this one.
            tries = tries[-_FEW:]
        # While nothing was tried the bucket may have run over; what happens before a refusal is heard of is one event.
        flowing = sum(min(after - before, 2.0 / rate if rate < inf else inf) for before, after in pairwise(tries))
        flowing = max(flowing, _JITTER, now - started)
        cut = _Cut(
            since=tries[0] if tries else started,
            until=started,
            # In a pause the bucket fills, or runs over: the truth lies between counting it and not.
            seconds=sqrt(flowing * (flowing + self._paused)),
            counted=sum(tries[0] <= at <= started for at in self._let_in) if tries else 0,
            tried=rate,
            soon=soon,
        )
        if not self._slack:
            cut.flowed = self._flowed(now, cut.tried)
            cut.jitter = cut.flowed > _NEARLY * cut.tried
        if self._first:  # What the bucket held says little of its rate.
            cut.least = _RAMP
        elif not cut.soon:
            cut.least = (1.0 - _STEP) * max(self._found, self._before)
        elif flowing > max(_RECENT, _FEW / cut.tried):
            cut.least = cut.tried
        return cut

    def _flowed(self, now: float, tried: float) -> float:
        """Return the calls a second of the fastest few that were let in lately, `tried` at most; 0 for too few."""
        calls = [at for at in self._let_in if now - _ROWS / tried <= at <= now - self._delay]
        spans = [last - first for first, last in zip(calls, calls[_ROW:], strict=False)]
        return _ROW / max(min(spans), _ROW / tried) if spans else 0.0

    def _note_outage(self, started: float, now: float) -> None:
        heard = min(started, now - self._delay)  # Of later calls it is not known yet.
        if self._first or any(self._cut_at <= at <= heard for at in self._let_in):
            self._barren_since, self._before = inf, 0.0
        elif self._barren_since == inf:
            self._barren_since, self._barren_found = self._cut_at, self._found
        elif now - self._barren_since > _OUTAGE:
            self._before = self._barren_found

    def _settle(self, now: float) -> None:
        self._found = max(self._cut.found, _LOWEST / (1.0 - _STEP))
        self._slack = max(0.0, min(self._opening.counted, _FIRST) - 1.0) / 2
        if not self._through and not self._fresh:
            self.next_at = max(now, self._cut_at + 1.0 / self.rate)


def _remember(starts: deque[float], now: float) -> None:
    starts.append(now)
    while len(starts) > _KEPT_CALLS and starts[0] < now - _KEPT:
        starts.popleft()
