"""The rate limiter of each model and the circuit breaker of each account, shared by all runs of an event loop."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from anyio.lowlevel import RunVar

from stretto.core.errors import ModelError
from stretto.core.limits import NotShared, SharedLimits
from stretto.core.models import Model
from stretto.engine.limits.circuit_breaker import CircuitBreakers
from stretto.engine.limits.concurrency import ConcurrencyGroup, Slot
from stretto.engine.limits.rate_limiter import OnLowered, RateLimiter


@dataclass(slots=True)
class _Shared:
    """What all runs of one event loop share: the calls that wait at a limiter live in one loop."""

    limiters: dict[str, dict[str, RateLimiter]] = field(default_factory=dict[str, dict[str, RateLimiter]])
    """By account and model."""
    breakers: CircuitBreakers = field(default_factory=CircuitBreakers)
    answered: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """Accounts and models that have answered."""


_shared: RunVar[_Shared] = RunVar("stretto_shared_limits")


class LimiterRegistry:
    """The rate limiters and breakers as one orchestrator or batch sees them: with its own limit on calls at a time."""

    def __init__(self, limit: int, *, others: SharedLimits | None = None) -> None:
        self._limit = limit
        self._others = others or NotShared()
        self._groups: WeakKeyDictionary[RateLimiter, ConcurrencyGroup] = WeakKeyDictionary()

    def limiter(self, model: Model) -> RateLimiter:
        """Return the rate limiter in front of a model."""
        limiters = self._of_this_loop().limiters.setdefault(model.account, {})
        if (limiter := limiters.get(model.name)) is None:
            limiter = limiters[model.name] = RateLimiter()
        return limiter

    def slot(
        self, model: Model, run_id: str, on_lowered: OnLowered | None = None, *, wait: bool = True
    ) -> AbstractAsyncContextManager[Slot]:
        """Return a slot for one call, to be waited for: within the limit stated here, and all that hold there.

        Without `wait`, entering it raises `anyio.WouldBlock` when none is free.
        """
        limiter, limit = self.limiter(model), self._others.share(self._limit)
        group = self._groups.setdefault(limiter, ConcurrencyGroup(limit))
        group.limit = limit
        return limiter.slot(run_id, group, on_lowered, wait=wait)

    def check_early(self, account: str, run_id: str, now: float) -> None:
        """The same as `check` before a call that is still to wait for its slot: it is not the probe yet."""
        self._breakers.check_early(account, run_id, now)
        self._raise_if_tripped_elsewhere(account)

    def check(self, account: str, run_id: str, now: float) -> None:
        """Raise the error that an account cannot pay, met here or elsewhere, unless it is time to try again."""
        self._breakers.check(account, run_id, now)
        self._raise_if_tripped_elsewhere(account)

    def _raise_if_tripped_elsewhere(self, account: str) -> None:
        if error := self._others.closed(account):
            raise error

    def trip(self, account: str, run_id: str, error: ModelError, now: float) -> bool:
        """Open an account's breaker, here and elsewhere; return whether it was closed here until now."""
        self._others.trip(account, error)
        for limiter in self._of_this_loop().limiters.get(account, {}).values():
            limiter.reject_waiting(error)
        return self._breakers.trip(account, run_id, error, now)

    def succeeded(self, model: Model) -> None:
        """The model answered: close its account's breaker, and remember that the key and the address are good."""
        self._of_this_loop().answered.add((model.account, model.name))
        self._breakers.succeeded(model.account)

    def has_answered(self, model: Model) -> bool:
        """Whether the model has answered anybody in this process."""
        return (model.account, model.name) in self._of_this_loop().answered

    def run_ended(self, run_id: str) -> None:
        """Forget a run; a breaker that stops nobody is closed."""
        self._breakers.run_ended(run_id)
        for limiters in self._of_this_loop().limiters.values():
            for limiter in limiters.values():
                limiter.run_ended(run_id)

    @property
    def _breakers(self) -> CircuitBreakers:
        return self._of_this_loop().breakers

    def _of_this_loop(self) -> _Shared:
        try:
            return _shared.get()
        except LookupError:
            shared = _Shared()
            _shared.set(shared)
            return shared
