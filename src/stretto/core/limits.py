"""The port to other processes that share a provider's limits. No I/O."""

from typing import Protocol

from stretto.core.errors import ModelError


class SharedLimits(Protocol):
    """What processes that call the same models share. Every method returns at once."""

    def share(self, total: int) -> int:
        """Return this process's part, 1 or more, of the calls that all of them together may have in flight."""
        ...

    def closed(self, account: str) -> ModelError | None:
        """Return why another process found that an account cannot pay; None when none did lately."""
        ...

    def trip(self, account: str, error: ModelError) -> None:
        """Publish that an account cannot pay."""
        ...


class NotShared:
    """No other process calls these models."""

    def share(self, total: int) -> int:
        """Return all of it."""
        return total

    def closed(self, account: str) -> ModelError | None:
        """Return None: there is no other process."""
        return None

    def trip(self, account: str, error: ModelError) -> None:
        """Publish nothing."""
