"""Puts right what an answer says beside its text and its end, so that oddities there cost nobody the answer.

The SDKs and pydantic-ai check these fields or take them for granted, each in its own way, and not in the same way when
the answer is streamed. Here an answer, or an event of one, is still plain JSON, as it was parsed.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

from stretto.models.finish_reasons import in_own_words
from stretto.models.reported_usage import UNREAD, read_metadata, read_reported, read_with_total

Json = dict[str, Any]

_DETAILS = frozenset({"reasoning.text", "reasoning.summary", "reasoning.encrypted"})
_ENDS = {"response.completed": "completed", "response.incomplete": "incomplete", "response.failed": "failed"}
_CACHED = ("cache_read_input_tokens", "cache_creation_input_tokens")
_ANTHROPIC_OWN = ("stop_details", "container", "diagnostics", "context_management")


def mend_answer(data: object, system: str) -> None:
    """Put right the metadata in an answer or an event of a stream; `system` is pydantic-ai's name of the provider."""
    if not isinstance(data, dict):
        return
    answer = cast("Json", data)
    kind = answer.get("type")
    if system == "anthropic":
        _mend_anthropic(answer, kind)
    elif system.startswith("google"):
        _mend_gemini(answer)
    elif answer.get("object") == "response" or isinstance(answer.get("output"), list):
        _mend_response(answer, None)
    elif isinstance(kind, str) and "choices" not in answer:
        _mend_responses_event(answer, kind)
    elif "choices" in answer or "usage" in answer:
        _mend_chat(answer, routed=system == "openrouter")


def _mend_chat(answer: Json, *, routed: bool) -> None:
    choices: object = answer.get("choices")
    entries = [cast("Json", one) for one in cast("list[object]", choices or []) if isinstance(one, dict)]
    whole = any("message" in one for one in entries)
    _set_text(answer, "id", "model")
    answer["object"] = "chat.completion" if whole else "chat.completion.chunk"
    _keep(answer, _is_number, "created", otherwise=0)
    _drop(answer, _is_text, "service_tier", "system_fingerprint")
    _drop(answer, _is_object, "metadata")
    _drop(answer, _is_nothing, "moderation")
    answer["usage"] = read_with_total(answer.get("usage"), "prompt_tokens", "completion_tokens")
    if routed and not (isinstance(answer.get("provider"), dict) and "choices" in answer["provider"]):
        _keep(answer, _is_text, "provider", otherwise="unknown")
    if not choices and not whole and answer.get("error") is None and answer["usage"]:
        answer["choices"] = []  # What OpenAI sends with the usage at the end; others send null, or nothing.
    for choice in entries:
        _mend_choice(choice)


def _mend_choice(choice: Json) -> None:
    _keep(choice, _is_whole, "index", otherwise=0)
    choice["finish_reason"] = in_own_words(choice.get("finish_reason"), "chat", choice=choice["index"])
    choice["logprobs"] = None  # Nobody asks for them.
    _drop(choice, _is_text, "native_finish_reason")
    if "message" not in choice:
        _keep(choice, _is_object, "delta", otherwise={})
    said: object = choice.get("message", choice.get("delta"))
    if not isinstance(said, dict):
        return
    message = cast("Json", said)
    if "message" in choice:
        message["role"] = "assistant"
    elif message.get("role") != "assistant":
        message.pop("role", None)
    _drop(message, _is_text, "refusal", "reasoning", "reasoning_content")
    _drop(message, _is_nothing, "annotations", "audio", "function_call")
    if not message.get("tool_calls"):
        message.pop("tool_calls", None)
    if (details := message.pop("reasoning_details", None)) and isinstance(details, list):
        message["reasoning_details"] = [one for one in cast("list[object]", details) if _is_detail(one)]


def _is_detail(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    detail = cast("Json", value)
    _drop(detail, _is_text, "id", "format", "signature", "text", "summary", "data")
    _drop(detail, _is_whole, "index")
    return detail.get("type") in _DETAILS


def _mend_response(response: Json, kind: str | None) -> None:
    _set_text(response, "id", "model")
    _keep(response, _is_number, "created_at", otherwise=0)
    _keep(response, _is_list, "output", otherwise=[])
    _drop(response, _is_text, "service_tier")
    _drop(response, _is_flag, "background")
    _drop(response, _is_object, "incomplete_details")
    _drop(response, _is_nothing, "moderation", "prompt_cache_diagnostics")
    _drop(response, lambda value: _is_object(value) and _is_text(value.get("id")), "conversation")
    if not response.get("error"):
        response["error"] = None
    counted = kind is None or kind in _ENDS
    usage = response.get("usage") if counted else None  # Those before the end would be added to it.
    response["usage"] = read_with_total(usage, "input_tokens", "output_tokens")
    if counted:
        _mend_status(response, kind)
    for item in response["output"]:
        _mend_item(item)


def _mend_status(response: Json, kind: str | None) -> None:
    said = response.get("status") or _ENDS.get(kind or "")
    reason = (response.pop("incomplete_details", None) or {}).get("reason")
    if told := in_own_words(reason, "responses"):
        response["incomplete_details"] = {"reason": told}
    if not reason:
        status = in_own_words(said, "responses")
        response["status"] = "incomplete" if status in ("max_output_tokens", "content_filter") else status
        if status in ("max_output_tokens", "content_filter"):
            response["incomplete_details"] = {"reason": status}


def _mend_item(value: object) -> None:
    if not isinstance(value, dict):
        return
    item = cast("Json", value)
    contents: object = item.get("content")
    if not isinstance(item.get("type"), str) and isinstance(contents, list):
        item["type"] = "message"
    if item.get("type") != "message":
        return
    _set_text(item, "id")
    _drop(item, _is_text, "phase", "status")
    item["role"] = "assistant"
    _keep(item, _is_list, "content", otherwise=[])
    for content in item["content"]:
        _mend_part(content)


def _mend_part(value: object) -> None:
    if isinstance(value, dict):
        part = cast("Json", value)
        if not isinstance(part.get("type"), str) and isinstance(part.get("text"), str):
            part["type"] = "output_text"
        if part.get("type") == "output_text":
            part |= {"annotations": [], "logprobs": None}


def _mend_responses_event(event: Json, kind: str) -> None:
    _keep(event, _is_whole, "sequence_number", "output_index", "content_index", otherwise=0)
    _set_text(event, "item_id")
    if isinstance(response := event.get("response"), dict):
        _mend_response(cast("Json", response), kind)
    _mend_item(event.get("item"))
    _mend_part(event.get("part"))
    _drop(event, _is_nothing, "logprobs")


def _mend_anthropic(answer: Json, kind: object) -> None:
    if kind == "error" or answer.get("error"):
        return
    if isinstance(answer.get("content"), list):
        _mend_message(answer)
        answer["usage"] = read_reported(answer.get("usage"), "input_tokens", "output_tokens") or dict.fromkeys(
            ("input_tokens", "output_tokens"), UNREAD
        )
        return
    if not isinstance(kind, str):
        kind = answer["type"] = _event_of(answer)
    if kind == "message_start":
        _mend_start(answer)
    elif kind == "message_delta":
        _keep(answer, _is_object, "delta", otherwise={})
        _mend_end(answer["delta"])
        _drop(answer, _is_nothing, "input_transformations")
        answer["usage"] = read_reported(answer.get("usage"), "output_tokens") or {"output_tokens": UNREAD}
    elif kind.startswith("content_block"):
        _keep(answer, _is_whole, "index", otherwise=0)
        _mend_block(answer.get("content_block"))


def _event_of(event: Json) -> str:
    """Return the kind of an event that does not say it."""
    if "message" in event:
        return "message_start"
    if "content_block" in event:
        return "content_block_start"
    if "delta" in event:
        return "content_block_delta" if "index" in event else "message_delta"
    return "content_block_stop" if "index" in event else "message_stop"


def _mend_start(event: Json) -> None:
    message: Json = event["message"] if isinstance(event.get("message"), dict) else {}
    event["message"] = message
    _keep(message, _is_list, "content", otherwise=[])
    _mend_message(message)
    # How much was written is said at the end.
    usage = read_reported(message.get("usage"), "input_tokens") or {"input_tokens": UNREAD}
    message["usage"] = {"output_tokens": 0, **usage}


def _mend_message(message: Json) -> None:
    message |= {"type": "message", "role": "assistant"}
    _set_text(message, "id", "model")
    _mend_end(message)
    _drop(message, _is_nothing, "input_transformations")
    for block in message["content"]:
        _mend_block(block)


def _mend_end(ending: Json) -> None:
    ending["stop_reason"] = in_own_words(ending.get("stop_reason"), "anthropic")
    _drop(ending, _is_text, "stop_sequence")
    _drop(ending, _is_object, *_ANTHROPIC_OWN)


def _mend_block(value: object) -> None:
    if isinstance(value, dict):
        block = cast("Json", value)
        if not isinstance(block.get("type"), str) and isinstance(block.get("text"), str):
            block["type"] = "text"
        if block.get("type") == "text":
            _drop(block, _is_nothing, "citations")


def _mend_gemini(answer: Json) -> None:
    _drop(answer, _is_text, "responseId", "modelVersion")
    _drop(answer, _is_object, "promptFeedback")
    _drop(answer, _is_nothing, "createTime", "modelStatus")
    answer["usageMetadata"] = read_metadata(answer.get("usageMetadata"))
    if answer["usageMetadata"] is None:
        del answer["usageMetadata"]
    if "promptFeedback" in answer:
        _drop(answer["promptFeedback"], _is_nothing, "safetyRatings")
    candidates: object = answer.get("candidates")
    if candidates is not None and not isinstance(candidates, list):
        del answer["candidates"]
        return
    for entry in cast("list[object]", candidates or []):
        if isinstance(entry, dict):
            _mend_candidate(cast("Json", entry))


def _mend_candidate(candidate: Json) -> None:
    _drop(candidate, _is_whole, "index", "tokenCount")
    candidate["finishReason"] = in_own_words(candidate.get("finishReason"), "gemini", choice=candidate.get("index", 0))
    if candidate["finishReason"] is None:
        del candidate["finishReason"]
    _drop(candidate, _is_text, "finishMessage")
    _drop(candidate, _is_object, "citationMetadata", "groundingMetadata", "urlContextMetadata")
    _drop(candidate, _is_nothing, "safetyRatings", "avgLogprobs", "logprobsResult")
    if isinstance(candidate.get("content"), dict):
        _drop(candidate["content"], _is_text, "role")


def _set_text(place: Json, *names: str) -> None:
    _keep(place, _is_text, *names, otherwise="")


def _keep(place: Json, is_sound: Callable[[Any], bool], *names: str, otherwise: object) -> None:
    """Give fields that are missing or odd a value."""
    for name in names:
        if not is_sound(place.get(name)):
            place[name] = otherwise


def _drop(place: Json, is_sound: Callable[[Any], bool], *names: str) -> None:
    """Leave out fields that are odd."""
    for name in names:
        if name in place and not is_sound(place[name]):
            del place[name]


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    # What lies further ahead is no moment that a date can hold.
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e11


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _is_object(value: object) -> bool:
    return isinstance(value, Mapping)


def _is_nothing(_: object) -> bool:
    return False
