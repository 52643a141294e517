"""What a span says, in the words of OpenTelemetry's GenAI conventions (v0.1.0) and in our own. Pure."""

import json
from collections.abc import Mapping

from stretto.core.result import RunResult
from stretto.core.usage import Cost, Usage

Attributes = Mapping[str, str | bool | int | float | tuple[str, ...]]

OTHER = "_OTHER"
"""The conventions' error type where the kind of an error is not known."""

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
    """Return what is said about a model that users know as `name`, such as "openai:gpt-6.1-sol"."""
    prefix, colon, model = name.partition(":")
    return {
        "gen_ai.provider.name": _PROVIDERS.get(prefix, prefix),
        "gen_ai.request.model": model if colon else name,
    }


def of_usage(usage: Usage, cost: Cost) -> Attributes:
    """Return what was used; what it cost is left out where a part of it is not known."""
    used: dict[str, int | float] = {
        "gen_ai.usage.input_tokens": usage.input_tokens,
        "gen_ai.usage.output_tokens": usage.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": usage.cache_read_tokens,
        "gen_ai.usage.cache_write.input_tokens": usage.cache_write_tokens,
    }
    if cost.complete:
        used["stretto.cost.usd"] = float(cost.usd)
    return used


def message(role: str, text: str) -> str:
    """Return one message as JSON, in the form that the conventions ask for."""
    said: dict[str, object] = {"role": role, "parts": [{"type": "text", "content": text}]}
    if role == "assistant":
        said["finish_reason"] = "stop"  # Only whole answers are results.
    return json.dumps([said], ensure_ascii=False)


def of_the_plan(result: RunResult) -> tuple[Usage, Cost]:
    """Return what was used for the plan: what the run used and neither a worker nor the synthesis did."""
    steps = [*result.results, *result.superseded, *([result.synthesis] if result.synthesis else [])]
    rest, usd = result.usage, result.cost.usd
    for step in steps:
        rest = Usage(
            input_tokens=rest.input_tokens - step.usage.input_tokens,
            output_tokens=rest.output_tokens - step.usage.output_tokens,
            cache_read_tokens=rest.cache_read_tokens - step.usage.cache_read_tokens,
            cache_write_tokens=rest.cache_write_tokens - step.usage.cache_write_tokens,
            calls=rest.calls - step.usage.calls,
        )
        usd -= step.cost.usd
    return rest, Cost(usd=usd, complete=result.cost.complete)
