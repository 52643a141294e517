"""Which model a call goes to, and who pays for it."""

import hashlib
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pydantic_ai.models import Model as PydanticModel

from stretto.core.addresses import read_address


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Which model a call goes to, as far as an error has to know."""

    model: str
    """How users name it."""
    system: str
    """pydantic-ai's name of the provider."""
    base_url: str = ""
    """As it may be shown: without user, password and query."""
    keys: tuple[str, ...] = field(default=(), repr=False)
    """What must never be shown."""

    @classmethod
    def of(cls, model: PydanticModel, *, name: str, keys: tuple[str, ...] = (), base_url: str = "") -> "Origin":
        """Return where calls of this model go."""
        key: object = getattr(getattr(model, "client", None), "api_key", None)
        address = read_address((base_url or model.base_url or "").rstrip("/"))
        secrets = (*keys, key if isinstance(key, str) else "", *address.secrets)
        return cls(
            model=name,
            system=model.system,
            base_url=address.shown.rstrip("/"),
            keys=tuple(dict.fromkeys(secret for secret in secrets if secret)),
        )

    @property
    def account(self) -> str:
        """Who pays: the provider, where it is reached, and a mark of the key that gives nothing of it away."""
        marks = hashlib.sha256("\n".join(self.keys).encode()).hexdigest()[:8] if self.keys else "no key"
        address = urlsplit(self.base_url)
        place = f"{address.hostname or ''}:{address.port or ''}{address.path}"
        return f"{self.system} {place} {marks}"
