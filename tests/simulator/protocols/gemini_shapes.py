"""What Gemini accepts. No I/O."""

from typing import Any

from tests.simulator.shapes import (
    Path,
    Problem,
    anything,
    array,
    boolean,
    integer,
    number,
    one_of,
    record,
    text,
)

_DATA = ("text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode", "codeExecutionResult")
_PART_FIELDS = record(
    {}, {"text": text, "thought": boolean, **dict.fromkeys((*_DATA[1:], "thoughtSignature", "videoMetadata"), anything)}
)


def _part(value: Any, path: Path) -> None:
    """Want a part that has some data."""
    _PART_FIELDS(value, path)
    if not any(name in value for name in _DATA):
        raise Problem("empty", (*path, "data"))


_CONTENT = record({"parts": array(_part, least=1)}, {"role": one_of("user", "model", "function")})

_CONFIG = record(
    {},
    {
        "candidateCount": integer(1),
        "frequencyPenalty": number(-2, 2),
        "logprobs": integer(0),
        "maxOutputTokens": integer(1),
        "mediaResolution": text,
        "presencePenalty": number(-2, 2),
        "responseJsonSchema": anything,
        "responseLogprobs": boolean,
        "responseMimeType": one_of("text/plain", "application/json", "text/x.enum"),
        "responseModalities": array(one_of("TEXT", "IMAGE", "AUDIO")),
        "responseSchema": anything,
        "seed": integer(),
        "speechConfig": anything,
        "stopSequences": array(text),
        "temperature": number(0, 2),
        "thinkingConfig": record(
            {}, {"includeThoughts": boolean, "thinkingBudget": integer(-1), "thinkingLevel": text}
        ),
        "topK": number(1, 1000),
        "topP": number(0, 1),
    },
)

GENERATE = record(
    {"contents": array(_CONTENT, least=1)},
    {
        "cachedContent": text,
        "generationConfig": _CONFIG,
        "labels": anything,
        "safetySettings": array(anything),
        "serviceTier": text,
        "systemInstruction": _CONTENT,
        "toolConfig": anything,
        "tools": array(anything),
    },
)
