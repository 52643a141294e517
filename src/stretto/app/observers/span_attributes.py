"""Attributes of spans, by OpenTelemetry's GenAI conventions (v0.1.0) and in our own. Pure."""

import json
from collections.abc import Mapping

from stretto.core.events import CallEnded
from stretto.core.usage import Cost, Usage

Attributes = Mapping[str, str | bool | int | float | tuple[str, ...]]

# What stands before the colon of a model, where the conventions have another word for it.
_PROVIDERS: Mapping[str, str] = {
    "openai-chat": "openai",
    "openai-responses": "openai",
    "google": "gcp.gemini",
    "google-vertex": "gcp.vertex_ai",
    "azure": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "mistral": "mistral_ai",
    "moonshotai": "moonshot_ai",
    "grok": "x_ai",
    "xai": "x_ai",
}


def of_model(name: str) -> Attributes:
    """Return the attributes of a model that users know as `name`, such as "openai:gpt-6.1-sol"."""
    prefix, colon, model = name.partition(":")
    return {
        "gen_ai.provider.name": _PROVIDERS.get(prefix, prefix),
        "gen_ai.request.model": model if colon else name,
    }


def of_usage(usage: Usage) -> Attributes:
    """Return the tokens that were used."""
    return {
        "gen_ai.usage.input_tokens": usage.input_tokens,
        "gen_ai.usage.output_tokens": usage.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": usage.cache_read_tokens,
        "gen_ai.usage.cache_write.input_tokens": usage.cache_write_tokens,
    }


def of_cost(cost: Cost) -> Attributes:
    """Return what was spent; nothing where a part of it is not known."""
    return {"stretto.cost.usd": float(cost.usd)} if cost.complete else {}


def of_call(event: CallEnded) -> Attributes:
    """Return the attributes of one call; tokens only where the provider reported them."""
    reported = event.reported and event.usage.total_tokens
    used: Attributes = of_usage(event.usage) if reported else {}
    return {
        "gen_ai.operation.name": "chat",
        **of_model(event.model),
        "gen_ai.request.stream": event.streamed,
        "stretto.attempt": event.attempt,
        **used,
        **of_cost(event.cost),
    }


def message(role: str, text: str) -> str:
    """Return one message as JSON, in the form that the conventions ask for."""
    entry: dict[str, object] = {"role": role, "parts": [{"type": "text", "content": text}]}
    if role == "assistant":
        entry["finish_reason"] = "stop"  # Only whole answers are results.
    return json.dumps([entry], ensure_ascii=False)
