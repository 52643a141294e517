"""Looks at the variables that the HTTP client obeys, and names the one behind a failure: proxies and certificates."""

import os
import ssl
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

from stretto.core.addresses import shown_address
from stretto.core.errors import InputError
from stretto.models.failures.failure_body import own_words

_PROXIES = ("http", "https", "all")
_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_SCHEMES = ("http", "https", "socks5", "socks5h")
_FILE, _FOLDER = "SSL_CERT_FILE", "SSL_CERT_DIR"
# What other programs read, and the HTTP client does not.
_OF_OTHERS = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")


def check_environment(*, url: str) -> None:
    """Raise `InputError` for a variable with which the HTTP client reaches nobody.

    `url` is the base URL; empty for the provider's own.
    """
    folder = os.environ.get(_FOLDER, "") if not os.environ.get(_FILE) else ""
    if folder and urlsplit(url).scheme != "http" and not any(Path(part).is_dir() for part in folder.split(os.pathsep)):
        raise InputError(
            f"{_FOLDER} names {folder}, which is no folder.", hint=_way_out(_FOLDER, "a folder of certificates")
        )
    if "*" in (entry.strip() for entry in _value("no_proxy")[1].split(",")):
        return  # No proxy is used at all.
    for scheme in _PROXIES:
        name, value = _value(f"{scheme}_proxy")
        if value:
            _check_proxy(name, value)


def client_error(error: Exception) -> InputError:
    """Return the error for an HTTP client that could not be made: each obeys the environment in its own way."""
    if (file := os.environ.get(_FILE)) is not None:
        try:
            ssl.create_default_context(cafile=file)
        except OSError as wrong:
            message = "holds no certificates" if isinstance(wrong, ssl.SSLError) else _unreadable(wrong)
            return InputError(
                f"{_FILE} names {file or 'nothing'}, which {message}.", hint=_way_out(_FILE, "a PEM file")
            )
    named = [name for name in (*_VARIABLES, *map(str.upper, _VARIABLES), _FILE, _FOLDER) if name in os.environ]
    return InputError(
        f"The HTTP client cannot be set up: {own_words(error)}.",
        hint=f"It obeys {', '.join(named)}: mend or unset the one that is wrong." if named else "",
    )


def _unreadable(error: OSError) -> str:
    return f"cannot be read: {(error.strerror or str(error)).lower()}"


def _check_proxy(name: str, value: str) -> None:
    url = _full(value)
    if not _is_address(url):
        raise InputError(
            f"{name} is no address of a proxy: {_shown(url)}.", hint=_way_out(name, "one such as http://host:3128")
        )
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES:
        raise InputError(
            f"{name} names a proxy of a kind that cannot be used: {parts.scheme}.",
            hint=_way_out(name, "one that begins with http://, https://, socks5:// or socks5h://"),
        )
    if parts.scheme.startswith("socks") and find_spec("socksio") is None:
        raise InputError(
            f"{name} names a SOCKS proxy ({_shown(url)}), and the package for those is not installed.",
            hint=f"Run: pip install socksio (or, to go without the proxy: unset {name})",
        )


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        return bool(parts.hostname) and parts.port != 0 and not any(map(str.isspace, host))
    except ValueError:
        return False


def proxy_of(url: str) -> str:
    """Return the variable whose proxy calls to this address go through, with the proxy; empty when there is none."""
    parts = urlsplit(url)
    if not parts.hostname or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return ""
    for scheme in (parts.scheme, "all"):
        name, value = _value(f"{scheme}_proxy")
        if value:
            return f"{name} ({_shown(_full(value))})"
    return ""


def connection_hint(url: str, message: str) -> str:
    """Return what to do about a connection that failed with these words, where a variable may be why; else nothing."""
    if "CERTIFICATE_VERIFY_FAILED" in message:
        return _about_trust()
    if via := proxy_of(url):
        name = via.partition(" ")[0]
        host = urlsplit(url).hostname
        return (
            f"Calls go through the proxy of {via}: check that it runs and lets you through, or unset {name},"
            f" or set NO_PROXY={host} to go there directly."
        )
    return ""


def _about_trust() -> str:
    if name := next((name for name in (_FILE, _FOLDER) if os.environ.get(name)), ""):
        return f"{name} says which certificates are trusted: add the server's, or unset {name}."
    if name := next((name for name in _OF_OTHERS if os.environ.get(name)), ""):
        return f"{name} is not read here: set {_FILE} to the same file."
    return f"If the server, or a proxy in front of it, has a certificate of your own: set {_FILE} to its file."


def _value(name: str) -> tuple[str, str]:
    """Return a variable's name as it is written and its value; the small letters count first, as with curl."""
    for written in (name, name.upper()):
        if value := os.environ.get(written, "").strip():
            return written, value
    return name.upper(), ""


def _full(value: str) -> str:
    return value if "://" in value else f"http://{value}"


def _shown(url: str) -> str:
    # Behind the last @ there is no password.
    return shown_address(url)


def _way_out(name: str, wanted: str) -> str:
    return f"Set it to {wanted}, or run: unset {name}"
