"""Circuit breaker of each account that cannot pay: stops its calls in every run, and lets a probe through at times."""

from dataclasses import dataclass, field

from stretto.core.errors import ModelError

PROBE_EVERY = 10.0
"""Seconds between two calls that try whether an account works again."""


@dataclass(kw_only=True, slots=True)
class _Open:
    error: ModelError
    next_probe: float
    runs: set[str] = field(default_factory=set[str])
    """The runs that were stopped by it; when the last one has ended, the next run simply tries."""


class CircuitBreakers:
    """One breaker per account. Pure: time is an argument, in seconds."""

    def __init__(self) -> None:
        self._open: dict[str, _Open] = {}

    def check(self, account: str, run_id: str, now: float) -> None:
        """Raise the error that opened the account's breaker, unless it is closed or a probe is due: then this is it."""
        self.check_early(account, run_id, now)
        if opened := self._open.get(account):
            opened.next_probe = now + PROBE_EVERY

    def check_early(self, account: str, run_id: str, now: float) -> None:
        """The same before a call that is still to wait for its slot: it is not the probe yet."""
        if opened := self._open.get(account):
            opened.runs.add(run_id)
            if now < opened.next_probe:
                raise opened.error

    def trip(self, account: str, run_id: str, error: ModelError, now: float) -> bool:
        """Open an account's breaker; return whether it was closed until now."""
        opened = self._open.get(account)
        if opened is None:
            self._open[account] = _Open(error=error, next_probe=now + PROBE_EVERY, runs={run_id})
            return True
        opened.error = error
        opened.runs.add(run_id)
        return False

    def succeeded(self, account: str) -> None:
        """The account answered: close its breaker."""
        self._open.pop(account, None)

    def run_ended(self, run_id: str) -> None:
        """Forget a run; a breaker that stops nobody is closed."""
        for account, opened in tuple(self._open.items()):
            opened.runs.discard(run_id)
            if not opened.runs:
                del self._open[account]
