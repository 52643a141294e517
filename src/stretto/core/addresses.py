"""Keeps the secrets in a server's address apart from what of it may be shown and kept. No I/O."""

import base64
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

STARS = "***"
"""Stands for a secret in an address that is part of a command."""

_SECRET_NAME = r"[\w.\-]*(?:key|token|secret|passw|pwd|auth|sig|credential|session|jwt)[\w.\-]*"
# An "@" that is not encoded belongs to the password: the host begins after the last one.
_USER = re.compile(r"(?<=://)[^\s/?#\"'<>]*@")
_PASSWORD = re.compile(r"(?<=://)([^\s/?#@:]*):[^\s/?#]*(?=@)")
_SECRET_VALUE = re.compile(rf"(?<=[?&;#])({_SECRET_NAME}=)[^\s&#\"'<>]+", re.IGNORECASE)
_WEB = ("http", "https", "socks5", "socks5h", "socks4", "ws", "wss")


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """A server's address, taken apart."""

    shown: str
    """Without user, password, query and fragment: this may be shown and kept."""
    login: tuple[str, str] | None = field(default=None, repr=False)
    """User and password, decoded; None when there are none."""
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """What every call has in its query, decoded."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """What must never be shown, in each form in which a message may have it; the longest first."""

    @property
    def basic(self) -> str:
        """Return the Authorization header for user and password; empty when there are none."""
        return f"Basic {_encoded(self.login)}" if self.login else ""


def read_address(url: str) -> Address:
    """Take an address apart. What cannot be read as one is never an error; as little as possible is shown of it."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # Reading the port is what finds a password that is not encoded.
    except ValueError:
        parts = None
    if parts is None or not parts.scheme or not parts.netloc:
        return _unreadable(url)
    user, _, host = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    login = (unquote(name), unquote(password)) if user else None
    query = tuple(parse_qsl(parts.query, keep_blank_values=True))
    secrets = {password}
    if parts.scheme in _WEB:
        secrets |= {user, parts.query, parts.fragment, _encoded(login) if login else ""}
        secrets |= {value for _, value in query} | {pair.partition("=")[2] for pair in parts.query.split("&")}
        secrets |= {parts.fragment.partition("=")[2], "" if password else name}
    else:
        secrets |= {value for key, value in query if re.fullmatch(_SECRET_NAME, key, re.IGNORECASE)}
    return Address(
        shown=urlunsplit(parts._replace(netloc=host, query="", fragment="")),
        login=login,
        query=query,
        secrets=_forms(secrets),
    )


def shown_address(url: str) -> str:
    """Return an address as it may be shown and kept: without user, password, query and fragment."""
    return read_address(url).shown


def address_for_command(url: str) -> str:
    """Return an address as part of a command, with stars for its secrets."""
    address = read_address(url)
    if url.partition("://")[0] not in _WEB:
        return _SECRET_VALUE.sub(rf"\1{STARS}", _PASSWORD.sub(rf"\1:{STARS}", url))
    scheme, _, rest = address.shown.partition("://")
    login = f"{STARS}@" if "@" in url else ""
    query = "&".join(f"{name}={STARS}" if value else STARS for name, value in address.query)
    return f"{scheme}://{login}{rest}{'?' if query else ''}{query}{'#' + STARS if '#' in url else ''}"


def hide_addresses(text: str) -> str:
    """Return text from outside without the user, the password and the keys of any address in it."""
    if "://" not in text:
        return text
    return _SECRET_VALUE.sub(r"\1…", _USER.sub("", text))


def _unreadable(url: str) -> Address:
    scheme, slashes, rest = url.rpartition("://")
    user, _, host = rest.rpartition("@")
    shown = re.split(r"[?#]", host, maxsplit=1)[0]
    password = user.partition(":")[2] or user
    tail = host[len(shown) + 1 :]
    return Address(shown=f"{scheme}{slashes}{shown}", secrets=_forms({user, password, tail, tail.partition("=")[2]}))


def _forms(secrets: set[str]) -> tuple[str, ...]:
    forms = {form for secret in secrets for form in (secret, unquote(secret)) if form}
    return tuple(sorted(forms, key=lambda form: (-len(form), form)))


def _encoded(login: tuple[str, str]) -> str:
    return base64.b64encode(":".join(login).encode()).decode()
