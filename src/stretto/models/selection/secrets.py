"""Finds keys and base URLs, and keeps keys out of everything that is shown."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from stretto.core.addresses import hide_addresses, shown_address
from stretto.core.errors import InputError

PLACEHOLDER = "no-key"
"""Sent where an SDK wants a key and the server does not."""

_MASK = "…"
# What providers' keys look like, also where a provider repeats one half masked.
_KEY_SHAPE = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|AIza)[-_][\w*.\-]{6,}|\bAIza[\w*\-]{10,}"
    r"|(?<=Bearer )[\w.\-*]{8,}|(?<=Basic )[\w+/=]{8,}"
)


def find_value(names: tuple[str, ...], *sources: Mapping[str, str]) -> str:
    """Return the first value found under one of `names`, the first source before the second; empty when none is."""
    for source in sources:
        for name in names:
            if value := source.get(name, "").strip():
                return value
    return ""


def check_key(key: str, name: str) -> str:
    """Return the key; raises `InputError` when no header can carry it. The message does not show it."""
    if not key.isascii() or not key.isprintable() or " " in key:
        raise InputError(f"The key in {name} has a character that no key has.", hint=f"Set {name} again.")
    return key


def check_url(url: str) -> str:
    """Return the base URL without a slash at its end; raises `InputError` when it is not one."""
    if not _is_url(url):
        raise InputError(
            f"{shown_address(url)!r} is not a base URL.", hint="It begins with http:// or https://, then the host."
        )
    return url.rstrip("/")


def _is_url(url: str) -> bool:
    if any(character.isspace() for character in url):
        return False
    try:
        parts = urlsplit(url)
        # Reading the port is what finds a bad one.
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def mask_keys(text: str, keys: tuple[str, ...] = ()) -> str:
    """Return `text` without these keys, without anything that looks like one, and without the secrets of addresses."""
    text = hide_addresses(text)
    for key in keys:
        # Very short ones would mask ordinary words, and no provider has them.
        if len(key) >= 6:
            text = text.replace(key, _MASK)
    return _KEY_SHAPE.sub(_MASK, text)
