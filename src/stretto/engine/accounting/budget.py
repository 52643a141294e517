"""What a run has used and what it has promised: together never more than its budget."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from decimal import Decimal

import anyio

from stretto.core.errors import ModelError
from stretto.core.journal import CallEnd, CallStart, SavedRun
from stretto.core.usage import FREE, NO_USAGE, Cost, Usage

# Of the reserved input, which is a token a byte: no text has more, and a provider adds but little around it.
_FAR_ABOVE = 2


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
    """The end of the call that gave the answer, which is not in the journal yet: it is kept with the outcome."""

    def add(self, usage: Usage, cost: Cost) -> None:
        """Add one call."""
        self.usage += usage
        self.cost += cost

    def take_end(self) -> CallEnd | None:
        """Return the end that is not in the journal yet, for who is about to put it there."""
        ended, self.ended = self.ended, None
        return ended


class BudgetTracker:
    """The books of one run, or of many. A call's reservation is made before it and settled by its real usage after."""

    def __init__(self, budget: Budget, *, above: "BudgetTracker | None" = None) -> None:
        self.total = UsageTotal()
        """What was used."""
        self.budget = budget
        # The books of the batch that a run belongs to: what is entered here is entered there too.
        self._above = above
        # What is promised, by call id; the synthesis has a standing promise under a name of its own.
        self._promised: dict[str, tuple[Usage, Cost]] = {}
        # By model: the first time that it did.
        self._excesses: dict[str, str] = {}
        self._in_flight = 0
        self._settled = anyio.Event()

    @property
    def excesses(self) -> Sequence[str]:
        """What models took beyond what they were asked to keep to, a sentence for each model."""
        return tuple(self._excesses.values())

    @property
    def overrun(self) -> bool:
        """Whether more is used and promised than allowed, which happens when a call takes more than its reservation.

        A call that was reserved before is then not to start: it gives its reservation back, and has to fit again.
        """
        return not self._fits(NO_USAGE, FREE) or (self._above is not None and self._above.overrun)

    @property
    def stated(self) -> Budget:
        """The budget as the person who set it knows it."""
        return self.budget

    def restore(self, saved: SavedRun) -> None:
        """Add the calls made before a resume; one whose end was never seen counts as its reservation."""
        for call_id, start in saved.calls.items():
            end = saved.ends.get(call_id)
            self._note_excess(start, end)
            self._add(*_counted(start, end))

    async def hold(self, name: str, usage: Usage, cost: Cost) -> None:
        """Promise something from the start, before anything else can take it; raises `ModelError` (budget)."""
        while not self._fits(usage, cost):
            if not await self._widen(usage, cost):
                raise self._exceeded(usage, cost)
        self._promised[name] = (usage, cost)
        try:
            if self._above is not None:
                await self._above.hold(name, usage, cost)
        except BaseException:
            del self._promised[name]
            raise

    def release(self, name: str) -> None:
        """Take back what was held."""
        self._promised.pop(name, None)
        if self._above is not None:
            self._above.release(name)

    def fits(self, start: CallStart) -> bool:
        """Whether a call's most can be promised at once."""
        return self._fits(start.reserved, start.reserved_cost) and (self._above is None or self._above.fits(start))

    @asynccontextmanager
    async def reserve(self, start: CallStart) -> AsyncGenerator[None]:
        """Promise a call's most; waits while calls in flight may turn out cheaper. Raises `ModelError` (budget)."""
        async with self._above.reserve(start) if self._above else nullcontext(), self._reserve_here(start):
            yield

    @asynccontextmanager
    async def _reserve_here(self, start: CallStart) -> AsyncGenerator[None]:
        while not self._fits(start.reserved, start.reserved_cost):
            if await self._widen(start.reserved, start.reserved_cost):
                continue
            if not self._in_flight:
                raise self._exceeded(start.reserved, start.reserved_cost)
            await self._settled.wait()
        self._promised[start.call_id] = (start.reserved, start.reserved_cost)
        self._in_flight += 1
        try:
            yield
        finally:
            self._promised.pop(start.call_id, None)
            self._in_flight -= 1
            self._settled.set()
            self._settled = anyio.Event()

    async def _widen(self, usage: Usage, cost: Cost) -> bool:
        """Get more to promise from elsewhere, at least this much; return whether some came. Here there is no more."""
        return False

    def settle(self, start: CallStart, end: CallEnd) -> tuple[Usage, Cost]:
        """Put a finished call's real usage in the place of its promise, and return what counts."""
        self._keep_no_promise(start.call_id)
        self._note_excess(start, end)
        counted = _counted(start, end)
        self._add(*counted)
        return counted

    def _keep_no_promise(self, call_id: str) -> None:
        self._promised.pop(call_id, None)
        if self._above is not None:
            self._above._keep_no_promise(call_id)

    def _note_excess(self, start: CallStart, end: CallEnd | None) -> None:
        excess = _excess(start, end) if start.model not in self._excesses else None
        if excess:
            self._excesses[start.model] = excess
        if self._above is not None:
            self._above._note_excess(start, end)

    def _add(self, usage: Usage, cost: Cost) -> None:
        self.total.add(usage, cost)
        if self._above is not None:
            self._above._add(usage, cost)

    @property
    def committed(self) -> tuple[Usage, Cost]:
        """Return what was used and what is promised, together."""
        usage, cost = self.total.usage, self.total.cost
        for promised_usage, promised_cost in self._promised.values():
            usage, cost = usage + promised_usage, cost + promised_cost
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
    """Return in which way the provider took more than it was asked for; None when it did not.

    What took several requests, as an agent with tools does, was reserved as one and says nothing of the provider.
    """
    if end is None or end.usage is None or end.usage.calls > 1:
        return None
    used, reserved = end.usage, start.reserved
    if used.output_tokens > reserved.output_tokens:
        what = f"{used.output_tokens} output tokens where max_output_tokens is {reserved.output_tokens}"
    elif used.input_tokens > _FAR_ABOVE * reserved.input_tokens:
        what = f"{used.input_tokens} input tokens for a prompt of at most {reserved.input_tokens}"
    else:
        return None
    return f"{start.model} reported {what}: it takes more than it is asked to, so a call can overrun the budget."


def _counted(start: CallStart, end: CallEnd | None) -> tuple[Usage, Cost]:
    if end is None or end.usage is None:
        return start.reserved, start.reserved_cost
    return replace(end.usage, calls=max(1, end.usage.calls)), end.cost
