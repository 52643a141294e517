"""What Anthropic Messages accepts. No I/O."""

from tests.simulator.shapes import (
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

VERSIONS = frozenset({"2023-01-01", "2023-06-01", "2026-10-21"})
"""Values of the anthropic-version header: those that were ever published, and what the installed SDK sends."""

CACHE_MARKS = 4

_MARK = {"cache_control": nullable(record({"type": one_of("ephemeral")}, {"ttl": one_of("5m", "1h")}))}


_TEXT = record({"type": one_of("text"), "text": filled_text}, {**_MARK, "citations": nullable(array(anything))})
_OTHER = ("image", "document", "search_result", "tool_use", "tool_result", "thinking", "redacted_thinking")
_BLOCKS = tagged("type", {"text": _TEXT, **dict.fromkeys(_OTHER, anything)})

_MESSAGE = record(
    {"role": one_of("user", "assistant", "system"), "content": text_or(array(_BLOCKS))},
)
_THINKING = tagged(
    "type",
    {
        "enabled": record({"type": text, "budget_tokens": integer(1024)}, {"display": nullable(text)}),
        "adaptive": record({"type": text}, {"display": nullable(text)}),
        "disabled": record({"type": text}),
        "between_tools": record({"type": text}),
    },
)
_OUTPUT = record(
    {},
    {
        "effort": nullable(one_of("low", "medium", "high", "xhigh", "max")),
        "format": nullable(record({"type": one_of("json_schema"), "schema": anything})),
    },
)

MESSAGES = record(
    {"model": filled_text, "max_tokens": integer(1), "messages": array(_MESSAGE, least=1)},
    {
        **_MARK,
        "container": anything,
        "diagnostics": anything,
        "inference_geo": nullable(text),
        "metadata": record({}, {"user_id": nullable(text)}),
        "output_config": _OUTPUT,
        "service_tier": one_of("auto", "standard_only"),
        "speed": nullable(one_of("standard", "fast")),
        "stop_sequences": array(text),
        "stream": boolean,
        "system": text_or(array(_TEXT)),
        "temperature": number(0, 1),
        "thinking": _THINKING,
        "tool_choice": anything,
        "tools": array(anything),
        "top_k": integer(0),
        "top_p": number(0, 1),
        "user_profile_id": text,
        "workspace_id": text,
    },
)
