"""Reads how a user names a model. Nothing heavy is imported."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from urllib.parse import urlsplit

from stretto.core.errors import InputError
from stretto.models.selection.default_models import BARE_NAMES, PROVIDERS

OVERRIDE = "STRETTO_MODEL"
_OPENAI_HOST = "api.openai.com"

_FORMS = "Write provider:model, such as anthropic:claude-sonnet-5-5, openai:gpt-6.1-sol or ollama:llama3.2; or demo."


@dataclass(frozen=True, kw_only=True, slots=True)
class Spec:
    """A model's name in its two halves."""

    prefix: str
    """What stands before the colon: the provider, and for some the kind of its interface."""
    model: str
    """The provider's own id of the model."""

    def __str__(self) -> str:
        return f"{self.prefix}:{self.model}"


def resolve_spec(spec: str, environ: Mapping[str, str]) -> str:
    """Return the model's full name, such as "anthropic:claude-sonnet-5-5"; `STRETTO_MODEL` overrides any other.

    Raises `InputError` when it is not a name of a model.
    """
    wanted = environ.get(OVERRIDE, "").strip() or spec.strip()
    if is_demo(wanted):
        return wanted
    return str(_parse(wanted))


def is_demo(spec: str) -> bool:
    """Tell whether this is the built-in demo model."""
    return spec == "demo" or spec.startswith("demo:")


def is_openai(base_url: str | None, model: str) -> bool:
    """Whether a model that speaks OpenAI's protocol is OpenAI's own, there or behind a proxy."""
    return urlsplit(base_url or "").hostname == _OPENAI_HOST or is_openai_name(model)


def is_openai_name(model: str) -> bool:
    """Tell whether a model's own id looks like one that only OpenAI serves; its open weights are served by many."""
    prefix = next((prefix for beginning, prefix in BARE_NAMES if model.startswith(beginning)), "")
    return prefix == "openai" and not model.startswith("gpt-oss")


def split_spec(spec: str) -> Spec:
    """Return the two halves of a resolved name."""
    prefix, _, model = spec.partition(":")
    return Spec(prefix=prefix, model=model)


def suggest_prefix(prefix: str, known: tuple[str, ...] = ()) -> str:
    """Return the provider that was probably meant; empty when none is close."""
    names = (*(name for provider in PROVIDERS for name in provider.prefixes), "demo", *known)
    return next(iter(get_close_matches(prefix.lower(), names, n=1, cutoff=0.7)), "")


def _parse(text: str) -> Spec:
    if not text:
        raise InputError("The model has no name.", hint=_FORMS)
    if any(character.isspace() for character in text):
        raise InputError(f"{text[:80]!r} is not the name of a model: it has white space in it.", hint=_FORMS)
    head, colon, tail = text.partition(":")
    # OpenRouter's own ids have a slash, and may have a colon behind it: "meta-llama/llama-4:free".
    if "/" in head and not head.startswith("gateway/"):
        return Spec(prefix="openrouter", model=text)
    if colon:
        if not head or not tail:
            raise InputError(f"{text!r} is not the name of a model: half of it is missing.", hint=_FORMS)
        return Spec(prefix=head.lower(), model=tail)
    return _bare(text)


def _bare(text: str) -> Spec:
    for beginning, prefix in BARE_NAMES:
        if text.startswith(beginning):
            return Spec(prefix=prefix, model=text)
    names = [name for provider in PROVIDERS for name in (provider.orchestrator, provider.worker)]
    close = get_close_matches(text, [name.partition(":")[2] for name in names if name], n=1, cutoff=0.7)
    meant = next((name for name in names if close and name.endswith(f":{close[0]}")), "")
    raise InputError(f"Unknown model {text!r}.", hint=f"Did you mean {meant}?" if meant else _FORMS)
