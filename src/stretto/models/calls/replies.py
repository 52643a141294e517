"""Turns what pydantic-ai returns into a reply, and refuses an answer whose end was not said."""

from collections.abc import Sequence

from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.usage import RequestUsage

from stretto.core.errors import ModelError
from stretto.core.models import Finish
from stretto.core.usage import Usage
from stretto.models.calls.thinking_text import without_thinking

# These report how they ended only as pydantic-ai's own word, or, made of Python functions, not at all.
_WITHOUT_RAW = frozenset({None, "function", "test", "xai", "mcp"})
_LONGEST_WORD = 60
_PAST_WINDOW = "model_context_window_exceeded"
_UTF16, _HALVES = "utf-16-le", "surrogatepass"
# Of one kind in one call, far above any context window: more is a fault of who counts, or meant to use up a budget.
_MOST_TOKENS = 100_000_000


def read_text(response: ModelResponse) -> str:
    """Return the text of a response; thinking is not text."""
    text = "".join(part.content for part in response.parts if isinstance(part, TextPart))
    # Gateways that count in UTF-16 part a character between two pieces, each with half of it.
    return without_thinking(text if text.isascii() else text.encode(_UTF16, _HALVES).decode(_UTF16, _HALVES))


def read_finish(
    response: ModelResponse, *, model: str, streamed: bool, tools: bool = False, unknown: str = ""
) -> Finish:
    """Return how the answer ended. Raises `ModelError` when its end was not said, or was that of a failure.

    `tools`: whether asking for a tool is a way to end, as it is for an agent. `unknown`: the word that it ended with,
    where nobody knows what it means.
    """
    if unknown:
        raise _unknown(model, unknown)
    raw: object = (response.provider_details or {}).get("finish_reason")
    finish = response.finish_reason
    if finish == "content_filter":
        return "refusal"
    if finish is None and raw is None and response.provider_name in _WITHOUT_RAW:
        return "stop"
    # A Chat Completions stream that just ends is reported as "stop" all the same; only the raw word is missing.
    end_missing = streamed and raw is None and response.provider_name not in _WITHOUT_RAW
    if finish is None or end_missing or response.state == "suspended":
        raise _cut(model, raw)
    if finish == "error":
        raise ModelError(f"{model}: the provider gave up on the answer ({raw}).", kind="server", model=model)
    # Gemini and the Responses API end with a stop when a tool is asked for, so what stands beside it is half an answer.
    asked = finish == "tool_call" or any(isinstance(part, ToolCallPart) for part in response.parts)
    if asked and not tools:
        raise ModelError(f"{model}: asked for a tool where there is none.", kind="protocol", model=model)
    if raw == _PAST_WINDOW:  # Also with some text: asked again, with its answer added, there is even less room.
        raise ModelError(
            f"{model}: the request fills the context window and leaves no room for a whole answer.",
            kind="context_window",
            model=model,
            hint="Shorten the task or its context, or choose a model with a larger window.",
        )
    return "length" if finish == "length" else "stop"


def drop_implausible_usage(response: ModelResponse) -> None:
    """Have a usage that no call can have count as not reported, so that what was reserved for the call stands."""
    usage = response.usage
    cached = (usage.cache_read_tokens, usage.cache_write_tokens)
    counts: tuple[object, ...] = (usage.input_tokens, usage.output_tokens, *cached)
    unreported = not usage.output_tokens and any(isinstance(part, TextPart) and part.content for part in response.parts)
    if not all(map(_is_count, counts)) or not any(counts[:2]) or unreported or sum(cached) > usage.input_tokens:
        response.usage = RequestUsage(unmeasured_requests=1)


def _is_count(number: object) -> bool:
    # The SDKs check no types; True would pass for a number too.
    return type(number) is int and 0 <= number <= _MOST_TOKENS


def read_usage(responses: Sequence[ModelResponse]) -> Usage | None:
    """Return the tokens of all these calls; None when one of them reported none."""
    total = Usage()
    for response in responses:
        usage = response.usage
        if usage.unmeasured_requests:
            return None
        total += Usage(
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cache_read_tokens=usage.cache_read_tokens,
            cache_write_tokens=usage.cache_write_tokens,
            calls=1,
        )
    return total


def _unknown(model: str, word: str) -> ModelError:
    shown = repr(word if len(word) <= _LONGEST_WORD else f"{word[:_LONGEST_WORD]}…")
    return ModelError(
        f"{model}: the answer ended with a finish reason that is not known, {shown}, so it may be cut.",
        kind="cut",
        retryable=False,  # The server ends every answer so.
        model=model,
        hint=f"If its answers are whole, set accept_finish_reasons to {word!r}.",
    )


def _cut(model: str, raw: object) -> ModelError:
    message = (
        f"the answer stopped ({raw}) before it was whole" if raw else "the answer stopped without its end being said"
    )
    return ModelError(f"{model}: {message}.", kind="cut", model=model)
