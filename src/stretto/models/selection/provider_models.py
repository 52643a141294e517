"""Builds pydantic-ai's model of a provider from a name, a key and a base URL."""

import inspect
import logging
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

from pydantic_ai.exceptions import UserError
from pydantic_ai.models import Model as PydanticModel
from pydantic_ai.models import infer_model
from pydantic_ai.providers import Provider as PydanticProvider
from pydantic_ai.providers import infer_provider, infer_provider_class

from stretto.core.addresses import read_address, shown_address
from stretto.core.errors import InputError
from stretto.models.calls.thinking_text import NO_TAGS
from stretto.models.failures.http_environment import check_environment, client_error
from stretto.models.selection.default_models import OLLAMA_URL, Provider, find_provider
from stretto.models.selection.model_spec import Spec, is_openai, suggest_prefix
from stretto.models.selection.secrets import PLACEHOLDER, check_key, check_url, find_value

_LOGGERS = ("httpx2", "httpx", "openai._base_client", "anthropic._base_client")
"""Who logs the address of each call."""
# How pydantic-ai's providers say that their key is missing.
_WANTED_KEY = re.compile(r"Set the `([A-Z0-9_]+)` environment variable")


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """How a provider is reached."""

    key: str = field(repr=False)
    """Empty when there is none."""
    url: str = field(repr=False)
    """Empty for the provider's own address. May hold a password: `read_address` says what may be shown of it."""


def find_access(spec: Spec, *, base_url: str | None, keys: Mapping[str, str]) -> Access:
    """Return the key and the base URL: from the arguments, else from the environment. Raises `InputError`."""
    provider = find_provider(spec.prefix)
    key_names = provider.key_names if provider else ()
    key_names = key_names or (f"{spec.prefix.upper().replace('-', '_')}_API_KEY",)
    key = find_value(key_names, keys, os.environ)
    url = base_url or find_value(provider.url_names if provider else (), keys, os.environ)
    if url:
        url = check_url(url)
    if provider and provider.key_names and not key:
        if not url:
            raise missing_key(spec, provider)
        # Servers of one's own rarely want a key; one that does answers 401, which says the rest.
        key = PLACEHOLDER
    return Access(key=check_key(key, key_names[0]), url=_fit_url(spec.prefix, url))


def missing_key(spec: Spec, provider: Provider) -> InputError:
    """Return the error for a model whose provider has no key."""
    return InputError(
        f"{spec} needs a key: {provider.key_names[0]} is not set.",
        hint=f"Run: stretto keys set {provider.name} (or use --model demo, which needs none)",
    )


def build_model(spec: Spec, access: Access) -> PydanticModel:
    """Return the model; raises `InputError` for a provider that is not known, not installed or cannot be set up."""
    check_environment(url=access.url)
    try:
        model = infer_model(str(spec), provider_factory=lambda prefix: _make_provider(prefix, access))
    except ImportError as error:
        raise _missing_extra(spec, error) from error
    except UserError as error:
        message = " ".join(str(error).split())
        if wanted := _WANTED_KEY.search(message):
            raise InputError(
                f"{spec} needs a key: {wanted[1]} is not set.",
                hint=f"Set {wanted[1]} in the environment (or use --model demo, which needs none)",
            ) from error
        raise InputError(f"{spec} cannot be used: {message[:200]}") from error
    except InputError:
        raise
    except Exception as error:  # Each SDK has its own way to trip over the environment.
        raise client_error(error) from error
    model.profile["thinking_tags"] = NO_TAGS
    if spec.prefix == "openai-chat" and access.url and not is_openai(access.url, model.model_name):
        # The older name of the limit: other servers know it, and some pass over the newer one in silence.
        cast("dict[str, object]", model.profile)["openai_chat_supports_max_completion_tokens"] = False
    return model


def _make_provider(prefix: str, access: Access) -> PydanticProvider[Any]:
    gateway = prefix.startswith("gateway/")
    try:
        # A gateway's class is the one behind it, which would go there directly.
        make: Callable[..., PydanticProvider[Any]] = (
            partial(infer_provider, prefix) if gateway else infer_provider_class(prefix)
        )
    except ValueError as error:
        meant = suggest_prefix(prefix)
        known = "Known are anthropic, openai, openai-chat, google, openrouter, ollama, demo, and pydantic-ai's others."
        raise InputError(
            f"Unknown provider {prefix!r}.", hint=f"Did you mean {meant}:…?" if meant else known
        ) from error
    accepted = inspect.signature(make).parameters
    options: dict[str, str] = {}
    if access.key and "api_key" in accepted:
        options["api_key"] = access.key
    if access.url and "base_url" in accepted:
        options["base_url"] = access.url
    if prefix.startswith("google"):
        import httpx  # Google's SDK brings it.

        # With a variable that it cannot read, Google's client is left half made, and tells of it later as a traceback.
        httpx.Client().close()
    provider = make(**options)
    if access.url and "base_url" not in accepted:
        # OpenRouter's provider has its address built in; the client under it does not.
        if gateway or not hasattr(provider.client, "base_url"):
            raise InputError(f"{prefix} models cannot be used with another base URL.")
        provider.client.base_url = access.url
    if access.url:
        _send_apart(provider, access.url)
    _silence_loggers(provider)
    if hasattr(provider.client, "max_retries"):
        # Told so with each request, pydantic-ai would make a copy of the client for it, which sets itself up anew.
        provider.client.max_retries = 0
    return provider


def _send_apart(provider: PydanticProvider[Any], url: str) -> None:
    """Send the user, the password and the query of a base URL as header and parameters.

    The SDKs of OpenAI and Anthropic put the path of a call behind the query, and HTTP libraries log the address.
    """
    address = read_address(url)
    # Set as the constructors' options would be, which pydantic-ai does not pass on.
    headers: dict[str, str] | None = getattr(provider.client, "_custom_headers", None)
    query: dict[str, str] | None = getattr(provider.client, "_custom_query", None)
    if headers is None or query is None:
        return
    provider.client.base_url = address.shown
    query.update(address.query)
    if address.query:
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(_hide_queries)
    if address.basic:
        headers["Authorization"] = address.basic


def _hide_queries(record: logging.LogRecord) -> bool:
    """Have a library log an address without its query, where a key may be."""
    if isinstance(record.args, tuple):
        record.args = tuple(shown_address(str(arg)) if type(arg).__name__ == "URL" else arg for arg in record.args)
    return True


def _silence_loggers(provider: PydanticProvider[Any]) -> None:
    """Keep Anthropic's SDK from putting each call into the trace a second time, with the server's words in it."""
    # The option is the constructor's, which pydantic-ai calls without it; a copy of the client would not be its own.
    set_option: Callable[[bool], None] | None = getattr(provider.client, "_set_open_telemetry", None)
    if set_option is not None:
        set_option(False)


def _fit_url(prefix: str, url: str) -> str:
    if prefix == "ollama":
        parts = urlsplit(url or OLLAMA_URL)
        return urlunsplit(parts if parts.path.strip("/") else parts._replace(path="/v1"))
    if prefix == "anthropic" and url:
        parts = urlsplit(url)
        # Anthropic's SDK adds the version itself, and many write it all the same.
        return urlunsplit(parts._replace(path=parts.path.rstrip("/").removesuffix("/v1")))
    return url


def _missing_extra(spec: Spec, error: ImportError) -> InputError:
    provider = find_provider(spec.prefix)
    package = f"stretto[{provider.extra}]" if provider and provider.extra else f"pydantic-ai-slim[{spec.prefix}]"
    return InputError(f"{spec} needs a package that is not installed.", hint=f'Run: pip install "{package}"')
