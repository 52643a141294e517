"""The providers that stretto chooses from by itself, and their models of today. Data only."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Provider:
    """One provider: how its models are called, where its key is found, what is chosen from it."""

    name: str
    """How users name it: in `stretto keys set NAME` and before the colon of a model."""
    title: str
    """How it is written in a sentence."""
    prefixes: tuple[str, ...]
    """What may stand before the colon of a model that needs this provider's key."""
    key_names: tuple[str, ...] = ()
    """Environment variables that hold its key, the first one found counts; empty when it needs none."""
    url_names: tuple[str, ...] = ()
    """Environment variables that hold its base URL."""
    orchestrator: str = ""
    """The model that plans when nobody chose one; empty when it depends on what is installed."""
    worker: str = ""
    """The cheaper model that works when nobody chose one."""
    extra: str = ""
    """The optional dependency of stretto that it needs; empty when it comes with stretto."""


# Ids and prices as of November 2026: the strong one plans once a run, the cheap one works once a subtask.
PROVIDERS = (
    Provider(
        name="anthropic",
        title="Anthropic",
        prefixes=("anthropic",),
        key_names=("ANTHROPIC_API_KEY",),
        url_names=("ANTHROPIC_BASE_URL",),
        orchestrator="anthropic:claude-sonnet-5-5",
        worker="anthropic:claude-haiku-5-5",
    ),
    Provider(
        name="openai",
        title="OpenAI",
        prefixes=("openai", "openai-chat", "openai-responses"),
        key_names=("OPENAI_API_KEY",),
        url_names=("OPENAI_BASE_URL",),
        orchestrator="openai:gpt-6.1-sol",
        worker="openai:gpt-6-luna",
    ),
    Provider(
        name="google",
        title="Google",
        prefixes=("google",),
        key_names=("GOOGLE_API_KEY", "GEMINI_API_KEY"),
        url_names=("GOOGLE_GEMINI_BASE_URL",),
        orchestrator="google:gemini-4-argon",
        worker="google:gemini-3.8-flash",
        extra="google",
    ),
    Provider(
        name="openrouter",
        title="OpenRouter",
        prefixes=("openrouter",),
        key_names=("OPENROUTER_API_KEY",),
        orchestrator="openrouter:anthropic/claude-sonnet-5.5",
        worker="openrouter:anthropic/claude-haiku-5.5",
    ),
    Provider(name="ollama", title="Ollama", prefixes=("ollama",), url_names=("OLLAMA_BASE_URL",)),
)

BARE_NAMES = (
    ("claude-", "anthropic"),
    ("gpt-", "openai"),
    ("chatgpt-", "openai"),
    ("o1", "openai"),
    ("o3", "openai"),
    ("o4", "openai"),
    ("gemini-", "google"),
)
"""How model names without a provider begin, and whose they are."""

OLLAMA_URL = "http://127.0.0.1:11434"


def find_provider(prefix: str) -> Provider | None:
    """Return the provider of what stands before the colon of a model; None when it is not in the table."""
    return next((provider for provider in PROVIDERS if prefix in provider.prefixes), None)
