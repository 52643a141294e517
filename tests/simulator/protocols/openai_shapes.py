"""What OpenAI's Chat Completions and Responses accept. No I/O."""

from tests.simulator.shapes import (
    Check,
    anything,
    array,
    boolean,
    filled_text,
    integer,
    nullable,
    number,
    one_of,
    record,
    tagged,
    text,
    text_or,
)

_MARK = {"prompt_cache_breakpoint": record({"mode": one_of("explicit")}, {"ttl": one_of("30m", "12h")})}
_EFFORT = nullable(one_of("none", "minimal", "low", "medium", "high", "xhigh", "max"))


def _parts(**kinds: Check) -> Check:
    return text_or(array(tagged("type", kinds), least=1))


_CHAT_TEXT = record({"type": text, "text": filled_text}, _MARK)
_CHAT_PARTS = _parts(text=_CHAT_TEXT)
_USER_PARTS = _parts(text=_CHAT_TEXT, image_url=anything, input_audio=anything, file=anything)
_NAME = {"name": text}

_CHAT_MESSAGE = tagged(
    "role",
    {
        "system": record({"role": text, "content": _CHAT_PARTS}, _NAME),
        "developer": record({"role": text, "content": _CHAT_PARTS}, _NAME),
        "user": record({"role": text, "content": _USER_PARTS}, _NAME),
        "assistant": record(
            {"role": text},
            {
                **_NAME,
                "content": nullable(_parts(text=_CHAT_TEXT, refusal=anything)),
                "refusal": nullable(text),
                "tool_calls": array(anything),
                "function_call": anything,
                "audio": anything,
            },
        ),
        "tool": record({"role": text, "content": _CHAT_PARTS, "tool_call_id": text}),
        "function": record({"role": text, "content": nullable(text), "name": text}),
    },
)

_SHARED: dict[str, Check] = {
    "metadata": nullable(anything),
    "moderation": anything,
    "parallel_tool_calls": nullable(boolean),
    "prompt_cache_key": nullable(text),
    "prompt_cache_options": anything,
    "prompt_cache_retention": nullable(one_of("in_memory", "24h")),
    "safety_identifier": nullable(text),
    "service_tier": nullable(one_of("auto", "default", "flex", "scale", "priority", "fast")),
    "store": nullable(boolean),
    "stream": nullable(boolean),
    "temperature": nullable(number(0, 2)),
    "tool_choice": anything,
    "tools": nullable(array(anything)),
    "top_logprobs": nullable(integer(0)),
    "top_p": nullable(number(0, 1)),
    "user": text,
}

_FORMAT = tagged(
    "type",
    {
        "text": record({"type": text}),
        "json_object": record({"type": text}),
        "json_schema": record(
            {
                "type": text,
                "json_schema": record({"name": text}, dict.fromkeys(("schema", "strict", "description"), anything)),
            }
        ),
    },
)

CHAT = record(
    {"model": filled_text, "messages": array(_CHAT_MESSAGE, least=1)},
    {
        **_SHARED,
        "audio": anything,
        "frequency_penalty": nullable(number(-2, 2)),
        "function_call": anything,
        "functions": array(anything),
        "logit_bias": nullable(anything),
        "logprobs": nullable(boolean),
        "max_completion_tokens": nullable(integer(1)),
        "max_tokens": nullable(integer(1)),
        "modalities": nullable(array(one_of("text", "audio"))),
        "n": nullable(integer(1)),
        "prediction": nullable(anything),
        "presence_penalty": nullable(number(-2, 2)),
        "reasoning_effort": _EFFORT,
        "response_format": _FORMAT,
        "seed": nullable(integer()),
        "stop": nullable(text_or(array(text))),
        "stream_options": nullable(record({}, {"include_usage": boolean, "include_obfuscation": boolean})),
        "verbosity": nullable(one_of("low", "medium", "high")),
        "web_search_options": anything,
    },
)

_INPUT_TEXT = record({"type": text, "text": text}, _MARK)
_OUTPUT_TEXT = record({"type": text, "text": text}, {"annotations": anything, "logprobs": anything})
_INPUT_MESSAGE = record(
    {
        "role": one_of("user", "assistant", "system", "developer"),
        "content": _parts(
            input_text=_INPUT_TEXT,
            output_text=_OUTPUT_TEXT,
            refusal=anything,
            input_image=anything,
            input_file=anything,
        ),
    },
    {"type": one_of("message"), "id": text, "status": text, "phase": nullable(text)},
)
_OTHER_ITEMS = ("reasoning", "function_call", "function_call_output", "item_reference")
_INPUT_ITEM = tagged("type", {"message": _INPUT_MESSAGE, **dict.fromkeys(_OTHER_ITEMS, anything)}, default="message")

_TEXT_FORMAT = tagged(
    "type",
    {
        "text": record({"type": text}),
        "json_object": record({"type": text}),
        "json_schema": record(
            {"type": text, "name": text, "schema": anything}, {"strict": nullable(boolean), "description": text}
        ),
    },
)

_CACHED_TEXT = record({"type": text, "text": filled_text}, {"cache_control": anything})
_ROUTED_PARTS = _parts(text=_CACHED_TEXT, image_url=anything, input_audio=anything, file=anything)
_ROUTED_MESSAGE = tagged(
    "role",
    {
        **dict.fromkeys(("system", "developer", "user"), record({"role": text, "content": _ROUTED_PARTS}, _NAME)),
        "assistant": record(
            {"role": text},
            {
                **_NAME,
                "content": nullable(_ROUTED_PARTS),
                "refusal": nullable(text),
                "reasoning": nullable(text),
                "reasoning_details": array(anything),
                "tool_calls": array(anything),
            },
        ),
        "tool": record({"role": text, "content": _ROUTED_PARTS, "tool_call_id": text}),
    },
)

OPENROUTER = record(
    {"model": filled_text, "messages": array(_ROUTED_MESSAGE, least=1)},
    {
        **_SHARED,
        **dict.fromkeys(("models", "provider", "preset", "transforms", "reasoning", "plugins", "usage"), anything),
        "frequency_penalty": nullable(number(-2, 2)),
        "logprobs": nullable(boolean),
        "max_tokens": nullable(integer(1)),
        "presence_penalty": nullable(number(-2, 2)),
        "response_format": _FORMAT,
        "seed": nullable(integer()),
        "stop": nullable(text_or(array(text))),
        "stream_options": nullable(record({}, {"include_usage": boolean})),
    },
)
"""What OpenRouter takes: fields of its own, marks for the caches of those behind it, and only the older limit."""

RESPONSES = record(
    {"model": filled_text, "input": text_or(array(_INPUT_ITEM, least=1), filled_text)},
    {
        **_SHARED,
        "access_programs": anything,
        "background": nullable(boolean),
        "background_options": anything,
        "context_management": nullable(anything),
        "conversation": nullable(anything),
        "image": anything,
        "include": nullable(array(text)),
        "instructions": nullable(text),
        "max_output_tokens": nullable(integer(16)),
        "max_tool_calls": nullable(integer(1)),
        "previous_response_id": nullable(text),
        "prompt": nullable(anything),
        "reasoning": nullable(
            record(
                {},
                {"effort": _EFFORT, "summary": nullable(text), "generate_summary": nullable(text), "context": anything},
            )
        ),
        "stream_options": nullable(record({}, {"include_obfuscation": boolean})),
        "text": record({}, {"format": _TEXT_FORMAT, "verbosity": nullable(one_of("low", "medium", "high"))}),
        "truncation": nullable(one_of("auto", "disabled")),
    },
)
