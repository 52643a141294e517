"""Puts right what answers of Chat Completions and of the Responses API say beside their text."""

from typing import cast

from stretto.models.answers.finish_reasons import to_protocol_reason
from stretto.models.answers.json_fields import (
    Json,
    drop,
    is_flag,
    is_list,
    is_nothing,
    is_number,
    is_object,
    is_text,
    is_whole,
    keep,
    set_text,
)
from stretto.models.answers.reported_usage import read_with_total

_DETAILS = frozenset({"reasoning.text", "reasoning.summary", "reasoning.encrypted"})
_ENDS = {"response.completed": "completed", "response.incomplete": "incomplete", "response.failed": "failed"}


def normalize_chat(answer: Json, *, routed: bool) -> None:
    """Put right a completion, or a chunk of one; `routed`: it is OpenRouter's."""
    choices: object = answer.get("choices")
    entries = [cast("Json", one) for one in cast("list[object]", choices or []) if isinstance(one, dict)]
    whole = any("message" in one for one in entries)
    set_text(answer, "id", "model")
    is_chunk = not whole and answer.get("object") != "chat.completion"
    answer["object"] = "chat.completion.chunk" if is_chunk else "chat.completion"
    keep(answer, is_number, "created", otherwise=0)
    drop(answer, is_text, "service_tier", "system_fingerprint")
    drop(answer, is_object, "metadata")
    drop(answer, is_nothing, "moderation")
    answer["usage"] = read_with_total(answer.get("usage"), "prompt_tokens", "completion_tokens")
    if routed and not (isinstance(answer.get("provider"), dict) and "choices" in answer["provider"]):
        keep(answer, is_text, "provider", otherwise="unknown")
    if is_chunk and not choices and not answer.get("error") and answer["usage"]:
        answer["choices"] = []  # What OpenAI sends with the usage at the end; others send null, or nothing.
    for choice in entries:
        _normalize_choice(choice)


def _normalize_choice(choice: Json) -> None:
    keep(choice, is_whole, "index", otherwise=0)
    choice["finish_reason"] = to_protocol_reason(choice.get("finish_reason"), "chat", choice=choice["index"])
    choice["logprobs"] = None  # Nobody asks for them.
    drop(choice, is_text, "native_finish_reason")
    if "message" not in choice:
        keep(choice, is_object, "delta", otherwise={})
    words: object = choice.get("message", choice.get("delta"))
    if not isinstance(words, dict):
        return
    message = cast("Json", words)
    if "message" in choice:
        message["role"] = "assistant"
    elif message.get("role") != "assistant":
        message.pop("role", None)
    drop(message, is_text, "refusal", "reasoning", "reasoning_content")
    drop(message, is_nothing, "annotations", "audio", "function_call")
    if not message.get("tool_calls"):
        message.pop("tool_calls", None)
    if (details := message.pop("reasoning_details", None)) and isinstance(details, list):
        message["reasoning_details"] = [one for one in cast("list[object]", details) if _is_detail(one)]


def _is_detail(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    detail = cast("Json", value)
    drop(detail, is_text, "id", "format", "signature", "text", "summary", "data")
    drop(detail, is_whole, "index")
    return detail.get("type") in _DETAILS


def normalize_response(response: Json, kind: str | None) -> None:
    """Put right a Response, in an event of a stream of this `kind`; None where it comes by itself."""
    set_text(response, "id", "model")
    keep(response, is_number, "created_at", otherwise=0)
    keep(response, is_list, "output", otherwise=[])
    drop(response, is_text, "service_tier")
    drop(response, is_flag, "background")
    drop(response, is_object, "incomplete_details")
    drop(response, is_nothing, "moderation", "prompt_cache_diagnostics")
    drop(response, lambda value: is_object(value) and is_text(value.get("id")), "conversation")
    if not response.get("error"):
        response["error"] = None
    counted = kind is None or kind in _ENDS
    usage = response.get("usage") if counted else None  # Those before the end would be added to it.
    response["usage"] = read_with_total(usage, "input_tokens", "output_tokens")
    if counted:
        _normalize_status(response, kind)
    for item in response["output"]:
        _normalize_item(item)


def _normalize_status(response: Json, kind: str | None) -> None:
    words = response.get("status") or _ENDS.get(kind or "")
    details: Json = response.pop("incomplete_details", None) or {}
    reason: object = details.get("reason")
    if end := to_protocol_reason(reason, "responses"):
        response["incomplete_details"] = {"reason": end}
    if not reason:
        status = to_protocol_reason(words, "responses")
        response["status"] = "incomplete" if status in ("max_output_tokens", "content_filter") else status
        if status in ("max_output_tokens", "content_filter"):
            response["incomplete_details"] = {"reason": status}


def _normalize_item(value: object) -> None:
    if not isinstance(value, dict):
        return
    item = cast("Json", value)
    contents: object = item.get("content")
    if not isinstance(item.get("type"), str) and isinstance(contents, list):
        item["type"] = "message"
    if item.get("type") != "message":
        return
    set_text(item, "id")
    drop(item, is_text, "phase", "status")
    item["role"] = "assistant"
    keep(item, is_list, "content", otherwise=[])
    for content in item["content"]:
        _normalize_part(content)


def _normalize_part(value: object) -> None:
    if isinstance(value, dict):
        part = cast("Json", value)
        if not isinstance(part.get("type"), str) and isinstance(part.get("text"), str):
            part["type"] = "output_text"
        if part.get("type") == "output_text":
            part |= {"annotations": [], "logprobs": None}


def normalize_responses_event(event: Json, kind: str) -> None:
    """Put right an event of a stream."""
    keep(event, is_whole, "sequence_number", "output_index", "content_index", otherwise=0)
    set_text(event, "item_id")
    if isinstance(response := event.get("response"), dict):
        normalize_response(cast("Json", response), kind)
    _normalize_item(event.get("item"))
    _normalize_part(event.get("part"))
    drop(event, is_nothing, "logprobs")
