"""Puts right what an answer says beside its text and its end, so that oddities there cost nobody the answer.

The SDKs and pydantic-ai check these fields or take them for granted, each in its own way, and not in the same way when
the answer is streamed. Here an answer, or an event of one, is still plain JSON, as it was parsed.
"""

from typing import cast

from stretto.models.answers.finish_reasons import to_protocol_reason
from stretto.models.answers.json_fields import (
    Json,
    drop,
    is_list,
    is_nothing,
    is_object,
    is_text,
    is_whole,
    keep,
    set_text,
)
from stretto.models.answers.metadata_openai import normalize_chat, normalize_response, normalize_responses_event
from stretto.models.answers.reported_usage import UNREAD, read_metadata, read_reported

_ANTHROPIC_OWN = ("stop_details", "container", "diagnostics", "context_management")


def normalize_answer(data: object, system: str) -> None:
    """Put right the metadata in an answer or an event of a stream; `system` is pydantic-ai's name of the provider."""
    if not isinstance(data, dict):
        return
    answer = cast("Json", data)
    kind = answer.get("type")
    if system == "anthropic":
        _normalize_anthropic(answer, kind)
    elif system.startswith("google"):
        _normalize_gemini(answer)
    elif answer.get("object") == "response" or isinstance(answer.get("output"), list):
        normalize_response(answer, None)
    elif isinstance(kind, str) and "choices" not in answer:
        normalize_responses_event(answer, kind)
    elif "choices" in answer or "usage" in answer:
        normalize_chat(answer, routed=system == "openrouter")


def _normalize_anthropic(answer: Json, kind: object) -> None:
    if kind == "error" or answer.get("error"):
        return
    if isinstance(text := answer.get("content"), str):
        answer["content"] = [{"type": "text", "text": text}]
    if isinstance(answer.get("content"), list):
        _normalize_message(answer)
        answer["usage"] = read_reported(answer.get("usage"), "input_tokens", "output_tokens") or dict.fromkeys(
            ("input_tokens", "output_tokens"), UNREAD
        )
        return
    if not isinstance(kind, str):
        kind = answer["type"] = _event_of(answer)
    if kind == "message_start":
        _normalize_start(answer)
    elif kind == "message_delta":
        keep(answer, is_object, "delta", otherwise={})
        _normalize_end(answer["delta"])
        drop(answer, is_nothing, "input_transformations")
        answer["usage"] = read_reported(answer.get("usage"), "output_tokens") or {"output_tokens": UNREAD}
    elif kind.startswith("content_block"):
        keep(answer, is_whole, "index", otherwise=0)
        _normalize_block(answer.get("content_block"))


def _event_of(event: Json) -> str:
    """Return the kind of an event that does not say it."""
    if "message" in event:
        return "message_start"
    if "content_block" in event:
        return "content_block_start"
    if "delta" in event:
        return "content_block_delta" if "index" in event else "message_delta"
    return "content_block_stop" if "index" in event else "message_stop"


def _normalize_start(event: Json) -> None:
    message: Json = event["message"] if isinstance(event.get("message"), dict) else {}
    event["message"] = message
    keep(message, is_list, "content", otherwise=[])
    _normalize_message(message)
    # How much was written is said at the end.
    usage = read_reported(message.get("usage"), "input_tokens") or {"input_tokens": UNREAD}
    message["usage"] = {"output_tokens": 0, **usage}


def _normalize_message(message: Json) -> None:
    message |= {"type": "message", "role": "assistant"}
    set_text(message, "id", "model")
    _normalize_end(message)
    drop(message, is_nothing, "input_transformations")
    for block in message["content"]:
        _normalize_block(block)


def _normalize_end(ending: Json) -> None:
    ending["stop_reason"] = to_protocol_reason(ending.get("stop_reason"), "anthropic")
    drop(ending, is_text, "stop_sequence")
    drop(ending, is_object, *_ANTHROPIC_OWN)


def _normalize_block(value: object) -> None:
    if isinstance(value, dict):
        block = cast("Json", value)
        if not isinstance(block.get("type"), str) and isinstance(block.get("text"), str):
            block["type"] = "text"
        if block.get("type") == "text":
            drop(block, is_nothing, "citations")


def _normalize_gemini(answer: Json) -> None:
    drop(answer, is_text, "responseId", "modelVersion")
    drop(answer, is_object, "promptFeedback")
    drop(answer, is_nothing, "createTime", "modelStatus")
    answer["usageMetadata"] = read_metadata(answer.get("usageMetadata"))
    if answer["usageMetadata"] is None:
        del answer["usageMetadata"]
    if "promptFeedback" in answer:
        drop(answer["promptFeedback"], is_nothing, "safetyRatings")
    candidates: object = answer.get("candidates")
    if candidates is not None and not isinstance(candidates, list):
        del answer["candidates"]
        return
    for entry in cast("list[object]", candidates or []):
        if isinstance(entry, dict):
            _normalize_candidate(cast("Json", entry))


def _normalize_candidate(candidate: Json) -> None:
    drop(candidate, is_whole, "index", "tokenCount")
    candidate["finishReason"] = to_protocol_reason(
        candidate.get("finishReason"), "gemini", choice=candidate.get("index", 0)
    )
    if candidate["finishReason"] is None:
        del candidate["finishReason"]
    drop(candidate, is_text, "finishMessage")
    drop(candidate, is_object, "citationMetadata", "groundingMetadata", "urlContextMetadata")
    drop(candidate, is_nothing, "safetyRatings", "avgLogprobs", "logprobsResult")
    if isinstance(candidate.get("content"), dict):
        drop(candidate["content"], is_text, "role")
