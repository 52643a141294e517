"""The providers' API keys: from the environment, or from a file that only its owner can read."""

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import cast

from stretto.app.settings.folders import config_folder
from stretto.core.addresses import read_address
from stretto.core.errors import InputError, StrettoError
from stretto.models.selection.default_models import PROVIDERS
from stretto.models.selection.secrets import mask_keys

KEY_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {provider.name: provider.key_names for provider in PROVIDERS if provider.key_names}
)
"""Variables that hold each provider's key; `set_key` writes the first. Others go by their variable's name."""

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*_(?:KEY|TOKEN)")
_PROVIDER_LIKE = re.compile(r"[A-Za-z_]{1,30}")
_OTHERS = 0o077


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyEntry:
    """A key that is there; its value stays where it is."""

    variable: str
    source: str
    """The word environment, or the path of the key file."""


def key_file(environ: Mapping[str, str] | None = None) -> Path:
    """Return where keys are stored; the file need not exist."""
    return config_folder(environ) / "keys.json"


def load_keys(environ: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """Return every key by the name of its variable; the environment wins over the file.

    Raises `InputError` when the file cannot be read or others can read it.
    """
    environ = os.environ if environ is None else environ
    stored = _read(key_file(environ))
    return MappingProxyType(stored | _in_environment(environ, stored))


def list_keys(environ: Mapping[str, str] | None = None) -> tuple[KeyEntry, ...]:
    """Return which keys are there and where from, never their value."""
    environ = os.environ if environ is None else environ
    file = key_file(environ)
    stored = _read(file)
    present = _in_environment(environ, stored)
    return tuple(
        KeyEntry(variable=name, source="environment" if name in present else str(file))
        for name in sorted(stored.keys() | present.keys())
    )


def set_key(provider: str, key: str, environ: Mapping[str, str] | None = None) -> Path:
    """Store a key and return the file it is in.

    Args:
        provider: A name from `KEY_NAMES`, or a variable such as GROQ_API_KEY.
        key: The key; white space around it is dropped.
        environ: The environment, the process's own when None.
    """
    variable = variable_of(provider)
    key = key.strip()
    if not key.isascii() or not key.isprintable() or " " in key or not key:
        raise InputError(
            f"The key for {provider} is {'empty' if not key else 'not one: it has characters that no key has'}.",
            hint="Copy it again from the provider's page.",
        )
    file = key_file(environ)
    _write(file, _read(file, mend=True) | {variable: key})
    return file


def variable_of(provider: str) -> str:
    """Return the variable that holds the key of `provider`; raises `InputError` when it is unknown."""
    if names := KEY_NAMES.get(provider.lower()):
        return names[0]
    if _VARIABLE.fullmatch(provider):
        return provider
    # Somebody may have typed the key itself; it is not repeated.
    what = f"Unknown provider {provider!r}" if _PROVIDER_LIKE.fullmatch(provider) else "That is not a provider"
    raise InputError(f"{what}. Known: {', '.join(KEY_NAMES)}, or a variable such as GROQ_API_KEY.")


def hide_keys(text: str, environ: Mapping[str, str] | None = None) -> str:
    """Return `text` without any key that is in the environment or the file, or looks like one.

    The passwords and the keys in addresses of the environment count too, those of proxies and databases among them.
    """
    environ = os.environ if environ is None else environ
    secrets = {value for name, value in environ.items() if _VARIABLE.fullmatch(name)}
    secrets |= {secret for value in environ.values() if "://" in value for secret in read_address(value).secrets}
    with suppress(StrettoError):
        secrets |= set(_read(key_file(environ), mend=True).values())
    # The longest first: one key may begin with another.
    return mask_keys(text, tuple(sorted(secrets, key=len, reverse=True)))


def _in_environment(environ: Mapping[str, str], stored: Mapping[str, str]) -> dict[str, str]:
    names = {name for variables in KEY_NAMES.values() for name in variables} | stored.keys()
    return {name: value for name in names if (value := environ.get(name, "").strip())}


def _read(file: Path, *, mend: bool = False) -> dict[str, str]:
    try:
        with file.open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            data = stream.read()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise InputError(f"Cannot read the keys in {file}: {error.strerror}.") from error
    if not mend and os.name == "posix" and mode & _OTHERS:
        raise InputError(f"Others can read your keys in {file}.", hint=f'Mend it with: chmod 600 "{file}"')
    try:
        content: object = json.loads(data)
    except ValueError:
        content = None
    if not _is_keys(content):
        # Without the cause: its text could hold a key.
        raise InputError(f"The key file {file} is damaged.", hint="Move it away and set your keys again.")
    return cast("dict[str, str]", content)


def _is_keys(content: object) -> bool:
    return isinstance(content, dict) and all(
        isinstance(item, str) for pair in cast("dict[object, object]", content).items() for item in pair
    )


def _write(file: Path, keys: Mapping[str, str]) -> None:
    from stretto.export import open_atomic  # not at the top: it costs start-up time, and most only read keys

    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open_atomic(file, private=True) as stream:
            stream.write(f"{json.dumps(dict(sorted(keys.items())), indent=2)}\n".encode())
    except OSError as error:
        raise StrettoError(f"Cannot store the key in {file}: {error.strerror}.") from error
