"""All gates and breakers of the process, one gate for each model: shared by runs of any orchestrator."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from anyio.lowlevel import RunVar

from stretto.core.errors import ModelError
from stretto.core.limits import NotShared, SharedLimits
from stretto.core.models import Model
from stretto.engine.breaker import Breakers
from stretto.engine.gate import Gate, OnLowered, Party, Place


@dataclass(slots=True)
class _Shared:
    """What all runs of one event loop share: a gate's waiters live in one loop."""

    gates: dict[str, dict[str, Gate]] = field(default_factory=dict[str, dict[str, Gate]])
    """By account and model."""
    breakers: Breakers = field(default_factory=Breakers)
    answered: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """Accounts and models that have answered."""


_shared: RunVar[_Shared] = RunVar("stretto_shared_limits")


class Gates:
    """The gates and breakers of the whole process, and what it knows of those of others."""

    def __init__(self, limit: int, *, others: SharedLimits | None = None) -> None:
        self._limit = limit
        self._others = others or NotShared()
        self._parties: WeakKeyDictionary[Gate, Party] = WeakKeyDictionary()

    def of(self, model: Model) -> Gate:
        """Return the gate in front of a model."""
        gates = self._of_this_loop().gates.setdefault(model.account, {})
        if (gate := gates.get(model.name)) is None:
            gate = gates[model.name] = Gate(self._others.share(self._limit))
        return gate

    def place(
        self, model: Model, run_id: str, on_lowered: OnLowered | None = None
    ) -> AbstractAsyncContextManager[Place]:
        """Return a place at a model's gate, to be waited for: within the limit stated here, and all that hold there."""
        gate, limit = self.of(model), self._others.share(self._limit)
        party = self._parties.setdefault(gate, Party(limit))
        gate.welcome(run_id, party, limit)
        return gate.place(run_id, on_lowered, party=party)

    def look(self, account: str, run_id: str, now: float) -> None:
        """The same as `check` before a call that is still to wait for its place: it is not the probe yet."""
        self._breakers.look(account, run_id, now)
        self._raise_if_closed_elsewhere(account)

    def check(self, account: str, run_id: str, now: float) -> None:
        """Raise the error that an account cannot pay, met here or elsewhere, unless it is time to try again."""
        self._breakers.check(account, run_id, now)
        self._raise_if_closed_elsewhere(account)

    def _raise_if_closed_elsewhere(self, account: str) -> None:
        if error := self._others.closed(account):
            raise error

    def trip(self, account: str, run_id: str, error: ModelError, now: float) -> bool:
        """Open an account's breaker, here and elsewhere; return whether it was closed here until now."""
        self._others.trip(account, error)
        for gate in self._of_this_loop().gates.get(account, {}).values():
            gate.turn_away(error)
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
        for gates in self._of_this_loop().gates.values():
            for gate in gates.values():
                gate.run_ended(run_id)

    @property
    def _breakers(self) -> Breakers:
        return self._of_this_loop().breakers

    def _of_this_loop(self) -> _Shared:
        try:
            return _shared.get()
        except LookupError:
            shared = _Shared()
            _shared.set(shared)
            return shared
