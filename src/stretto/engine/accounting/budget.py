"""The budget of a run: a reservation before each call, its real usage after, never more than the limit."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from decimal import Decimal

import anyio

from stretto.core.errors import ModelError
from stretto.core.journal import CallEnd, CallStart, SavedRun
from stretto.core.models import ModelRequest
from stretto.core.usage import FREE, NO_USAGE, Cost, Usage

# What a provider adds around the texts: role marks, separators, a system line.
_OVERHEAD_TOKENS = 64
# Usage above so many times the reserved input, which is a token a byte, means that a provider takes too much.
_EXCESS_FACTOR = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """What a run may use at the most; None for no limit."""

    usd: Decimal | None = None
    tokens: int | None = None
    """Input and output together, over all calls."""

    def __str__(self) -> str:
        parts = [f"${self.usd}"] if self.usd is not None else []
        return " and ".join(parts + ([f"{self.tokens} tokens"] if self.tokens is not None else []))

    @property
    def names(self) -> str:
        """How users set it: the argument, and the option of the command line."""
        parts = ["budget_usd (--budget-usd)"] if self.usd is not None else []
        return " and ".join(parts + (["max_tokens_total (--max-tokens-total)"] if self.tokens is not None else []))


NO_BUDGET = Budget()


@dataclass(kw_only=True, slots=True)
class UsageTotal:
    """What one role used for one answer, over all attempts."""

    attempts: int = 0
    model: str = ""
    """The model asked last."""
    usage: Usage = NO_USAGE
    cost: Cost = FREE
    began: float | None = None
    """Clock time of the first attempt; None before it."""
    ended: CallEnd | None = None
    """The end of the call that gave the answer; it is not in the journal yet, and is recorded with the outcome."""

    def add(self, usage: Usage, cost: Cost) -> None:
        """Add one call."""
        self.usage += usage
        self.cost += cost

    def take_end(self) -> CallEnd | None:
        """Return the end that is not in the journal yet, to be recorded now."""
        ended, self.ended = self.ended, None
        return ended


class BudgetTracker:
    """What one run, or a batch, has used and reserved. `reserve` comes before a call, `settle` after it."""

    def __init__(self, budget: Budget, *, parent: "BudgetTracker | None" = None) -> None:
        self.total = UsageTotal()
        """What was used."""
        self.budget = budget
        # The batch that a run belongs to: what counts here counts there too.
        self._parent = parent
        # By call id, or by the name that `reserve_ahead` was given.
        self._reservations: dict[str, tuple[Usage, Cost]] = {}
        # By model: a sentence on its first excess.
        self._excesses: dict[str, str] = {}
        self._in_flight = 0
        self._settled = anyio.Event()

    @property
    def excesses(self) -> Sequence[str]:
        """Models that used more than they were allowed to, a sentence for each."""
        return tuple(self._excesses.values())

    @property
    def overrun(self) -> bool:
        """Whether more is used and reserved than allowed: a call took more than its reservation.

        A call that was reserved before must then not start: it releases its reservation and makes a new one.
        """
        return not self._fits(NO_USAGE, FREE) or (self._parent is not None and self._parent.overrun)

    @property
    def stated(self) -> Budget:
        """The budget as it was set, for messages."""
        return self.budget

    def restore(self, saved: SavedRun) -> None:
        """Add the calls made before a resume; one whose end was never seen counts as its reservation."""
        for call_id, start in saved.calls.items():
            end = saved.ends.get(call_id)
            self._note_excess(start, end)
            self._add(*_counted(start, end))

    async def reserve_ahead(self, name: str, usage: Usage, cost: Cost) -> None:
        """Reserve for a later call, until `release`; raises `ModelError` (budget)."""
        while not self._fits(usage, cost):
            if not await self._extend(usage, cost):
                raise self._exceeded(usage, cost)
        self._reservations[name] = (usage, cost)
        try:
            if self._parent is not None:
                await self._parent.reserve_ahead(name, usage, cost)
        except BaseException:
            del self._reservations[name]
            raise

    def release(self, name: str) -> None:
        """Release what `reserve_ahead` reserved."""
        self._reservations.pop(name, None)
        if self._parent is not None:
            self._parent.release(name)

    def fits(self, start: CallStart) -> bool:
        """Whether a call's most can be promised at once."""
        return self._fits(start.reserved, start.reserved_cost) and (self._parent is None or self._parent.fits(start))

    @asynccontextmanager
    async def reserve(self, start: CallStart) -> AsyncGenerator[None]:
        """Reserve the most that a call can take; waits for calls in flight, which may use less.

        Raises `ModelError` (budget) when it does not fit.
        """
        async with self._parent.reserve(start) if self._parent else nullcontext(), self._reserve_here(start):
            yield

    @asynccontextmanager
    async def _reserve_here(self, start: CallStart) -> AsyncGenerator[None]:
        while not self._fits(start.reserved, start.reserved_cost):
            if await self._extend(start.reserved, start.reserved_cost):
                continue
            if not self._in_flight:
                raise self._exceeded(start.reserved, start.reserved_cost)
            await self._settled.wait()
        self._reservations[start.call_id] = (start.reserved, start.reserved_cost)
        self._in_flight += 1
        try:
            yield
        finally:
            self._reservations.pop(start.call_id, None)
            self._in_flight -= 1
            self._settled.set()
            self._settled = anyio.Event()

    async def _extend(self, usage: Usage, cost: Cost) -> bool:
        """Raise the budget by at least this much, where it can be raised; return whether it was. Here it cannot."""
        return False

    def settle(self, start: CallStart, end: CallEnd) -> tuple[Usage, Cost]:
        """Replace a finished call's reservation by its real usage, and return what counts."""
        self._drop_reservation(start.call_id)
        self._note_excess(start, end)
        counted = _counted(start, end)
        self._add(*counted)
        return counted

    def _drop_reservation(self, call_id: str) -> None:
        self._reservations.pop(call_id, None)
        if self._parent is not None:
            self._parent._drop_reservation(call_id)

    def _note_excess(self, start: CallStart, end: CallEnd | None) -> None:
        excess = _excess(start, end) if start.model not in self._excesses else None
        if excess:
            self._excesses[start.model] = excess
        if self._parent is not None:
            self._parent._note_excess(start, end)

    def _add(self, usage: Usage, cost: Cost) -> None:
        self.total.add(usage, cost)
        if self._parent is not None:
            self._parent._add(usage, cost)

    @property
    def committed(self) -> tuple[Usage, Cost]:
        """Return what was used and what is reserved, together."""
        usage, cost = self.total.usage, self.total.cost
        for reserved_usage, reserved_cost in self._reservations.values():
            usage, cost = usage + reserved_usage, cost + reserved_cost
        return usage, cost

    def _fits(self, usage: Usage, cost: Cost) -> bool:
        budget = self.budget
        if budget.usd is None and budget.tokens is None:
            return True
        used, spent = self.committed
        return (budget.tokens is None or (used + usage).total_tokens <= budget.tokens) and (
            budget.usd is None or spent.usd + cost.usd <= budget.usd
        )

    def _exceeded(self, usage: Usage, cost: Cost) -> ModelError:
        used, spent = self.committed
        needs = f"up to {usage.total_tokens} tokens" + (f" ({cost})" if self.budget.usd is not None else "")
        return ModelError(
            f"The budget of {self.stated} does not allow another call: it may take {needs}; "
            f"{used.total_tokens} tokens ({spent}) are used or promised.",
            kind="budget",
            hint=f"Raise {self.stated.names}, or lower max_output_tokens in the recipe.",
        )


def _excess(start: CallStart, end: CallEnd | None) -> str | None:
    """Return a sentence when the provider used more than it was allowed to, else None.

    An agent with tools makes several requests under one reservation, so its usage proves nothing.
    """
    if end is None or end.usage is None or end.usage.calls > 1:
        return None
    used, reserved = end.usage, start.reserved
    if used.output_tokens > reserved.output_tokens:
        what = f"{used.output_tokens} output tokens where max_output_tokens is {reserved.output_tokens}"
    elif used.input_tokens > _EXCESS_FACTOR * reserved.input_tokens:
        what = f"{used.input_tokens} input tokens for a prompt of at most {reserved.input_tokens}"
    else:
        return None
    return f"{start.model} reported {what}: it takes more than it is asked to, so a call can overrun the budget."


def _counted(start: CallStart, end: CallEnd | None) -> tuple[Usage, Cost]:
    if end is None or end.usage is None:
        return start.reserved, start.reserved_cost
    return replace(end.usage, calls=max(1, end.usage.calls)), end.cost


def call_reservation(request: ModelRequest) -> Usage:
    """Return the most a call can take: no text has more tokens than bytes."""
    texts = (request.system, request.prefix, request.prompt, *(t.answer + t.reply for t in request.turns))
    return Usage(
        input_tokens=sum(len(text.encode(errors="replace")) for text in texts) + _OVERHEAD_TOKENS,
        output_tokens=request.max_output_tokens,
        calls=1,
    )
