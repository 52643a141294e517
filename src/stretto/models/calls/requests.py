"""Turns a request into what pydantic-ai sends."""

import time
from typing import cast

from pydantic_ai.messages import (
    CachePoint,
    ModelMessage,
    ModelResponse,
    TextPart,
    UserContent,
    UserPromptPart,
)
from pydantic_ai.messages import ModelRequest as Sent
from pydantic_ai.models import Model as PydanticModel
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.settings import ModelSettings

from stretto.core.models import ModelRequest
from stretto.core.text import is_blank
from stretto.models.calls.cache_keys import CacheKeys
from stretto.models.selection.model_spec import is_openai

_keys = CacheKeys()
"""Of the whole process: what OpenAI counts are the calls of all runs."""


def to_conversation(
    request: ModelRequest, model: PydanticModel | None
) -> tuple[list[ModelMessage], str | list[UserContent]]:
    """Return what was said so far and what is said now; the prefix is marked for the provider's prompt cache.

    Where no marks are sent, a message is one text: some servers that speak OpenAI's protocol take no parts.
    """
    one_text = model is not None and _is_unmarked(model)
    content: list[UserContent] = []
    if request.prefix:
        # Left out by pydantic-ai for providers that find a repeated beginning by themselves.
        content += [request.prefix, CachePoint()]
    content.append(request.prompt)
    instructions = request.system or None
    history: list[ModelMessage] = []
    for turn in request.turns:
        if not is_blank(turn.answer):  # Anthropic takes no text of white space.
            history.append(Sent(parts=[UserPromptPart(_joined(content, one_text))], instructions=instructions))
            history.append(ModelResponse(parts=[TextPart(turn.answer)]))
            content = []
        # Without an answer to repeat, what is said to it follows in the same message: roles must take turns.
        content.append(turn.reply)
    return history, _joined(content, one_text)


def _joined(content: list[UserContent], one_text: bool) -> str | list[UserContent]:
    return "\n\n".join(part for part in content if isinstance(part, str)) if one_text else content


def _is_unmarked(model: PydanticModel) -> bool:
    """Whether a model of OpenAI's protocol has no marks for its prompt cache."""
    if model.system == "openrouter" or not hasattr(getattr(model, "client", None), "chat"):
        return False
    return not model.profile.get("openai_supports_prompt_cache_breakpoints", False)


def to_messages(request: ModelRequest, model: PydanticModel | None = None) -> list[ModelMessage]:
    """Return the whole conversation, for a model that is called directly."""
    history, content = to_conversation(request, model)
    return [*history, Sent(parts=[UserPromptPart(content)], instructions=request.system or None)]


def take_cache_key(request: ModelRequest, model: PydanticModel | None) -> str | None:
    """Return the key that one call is sent with to find its prefix in the provider's cache; None for none."""
    if model is None or not _takes_keys(model):
        return None
    return _keys.take(f"{model.base_url} {model.model_name}", request.prefix, time.monotonic())


def to_settings(
    request: ModelRequest, model: PydanticModel | None, *, streamed: bool, cache_key: str | None = None
) -> ModelSettings:
    """Return the settings of one call: no retries of the SDK's own, both time limits."""
    settings = ModelSettings(
        max_tokens=request.max_output_tokens,
        max_retries=0,
        # The SDK's limit on silence. An answer that is not streamed is silence until it is there.
        timeout=request.gap_timeout if streamed else request.timeout,
        request_timeout=request.timeout,
    )
    if model is not None:
        if cache_key:
            settings = cast("ModelSettings", settings | {"openai_prompt_cache_key": cache_key})
        if model.system == "openai" and model.profile.get("openai_supports_prompt_cache_breakpoints", False):
            # Only the mark counts: OpenAI would put one of its own behind the last word too, and bill a write of
            # every worker's own prompt, which nobody reads again.
            settings = cast("ModelSettings", settings | {"openai_prompt_cache_options": {"mode": "explicit"}})
        for name in ("max_retries", "timeout"):
            if name in model.unsupported_settings:
                del settings[name]
        if getattr(getattr(model, "client", None), "max_retries", None) == 0:  # It makes none anyway.
            settings.pop("max_retries", None)
    return settings


def to_parameters(request: ModelRequest, model: PydanticModel) -> ModelRequestParameters:
    """Return the parameters: the schema as native structured output where the model has it."""
    if request.schema is None or not model.profile.get("supports_json_schema_output", False):
        return ModelRequestParameters()
    wanted = OutputObjectDefinition(json_schema=dict(request.schema), name="answer")
    return ModelRequestParameters(output_mode="native", output_object=wanted)


def _takes_keys(model: PydanticModel) -> bool:
    # Whatever speaks OpenAI's protocol can be reached under its name. What is not OpenAI may refuse a field that it
    # does not know, so at another address only OpenAI's own models count: there it is a proxy.
    if model.system != "openai" or "openai_prompt_cache_key" in (model.settings or {}):
        return False
    return is_openai(model.base_url, model.model_name)
