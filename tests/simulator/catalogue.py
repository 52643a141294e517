"""Every fault by name, for tests that run through all of them and for scripts in JSON. Frozen values. No I/O."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from tests.simulator.answers import WORDS, Answer, plan_text
from tests.simulator.faults import (
    ByteOrderMark,
    Cut,
    Drip,
    Effect,
    Error,
    Html,
    HttpDate,
    IgnoredStream,
    Malformed,
    Moment,
    Noise,
    Raw,
    Rewrite,
    Say,
    SecondChoice,
    Silence,
    SplitCharacters,
    StreamError,
)


def _long(words: int) -> str:
    return " ".join(WORDS[i % len(WORDS)] for i in range(words))


def plan(number: int, *, duplicates: bool = False) -> Say:
    """A plan of so many subtasks in the markup that the prompt asks for, whatever the limit on the answer."""
    return Say(answer=lambda asked: Answer(text=plan_text(asked, number, duplicates=duplicates), unlimited=True))


def _nested(data: Any) -> Iterator[dict[str, Any]]:
    if isinstance(data, dict):
        yield cast("dict[str, Any]", data)
    inner: Iterable[Any] = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    for value in list(inner):
        yield from _nested(value)


def _garble(data: dict[str, Any]) -> None:
    """Make of everything beside the text and the end what no protocol has."""
    for place in _nested(data):
        for name in _BESIDE & place.keys():
            place[name] = None
        for name in _USAGES & place.keys():
            place[name] = {"total_tokens": "many"}


def _ending(word: str) -> Rewrite:
    """Say in another word that the answer is whole."""

    def edit(data: dict[str, Any]) -> None:
        for place in _nested(data):
            for name in _ENDS & place.keys():
                place[name] = word if place[name] else place[name]
            if place.get("object") == "response" and place.get("status") == "completed":
                place["status"] = word

    return Rewrite(edit=edit)


_BESIDE = {"id", "created", "created_at", "model", "system_fingerprint", "service_tier", "responseId", "modelVersion"}
_USAGES = {"usage", "usageMetadata"}
_ENDS = {"finish_reason", "native_finish_reason", "stop_reason", "finishReason"}
_REFUSED = Answer(finish="refusal")
_TEXT = f"<response>\nNaïve {_long(120)}.\n</response>"

_WAF = "<!DOCTYPE html>\n<html><head><title>Blocked</title></head><body>Your request was blocked.</body></html>"


def _page(status: int) -> tuple[Effect, ...]:
    return (Raw(status=status, body=_WAF, kind="text/html"),)


def _said(status: int, **error: object) -> tuple[Effect, ...]:
    return (Raw(status=status, body=json.dumps({"error": {"code": status, **error}})),)


def _limit(message: str) -> tuple[Effect, ...]:
    return _said(429, message=f"Rate limit reached. {message}")


FAULTS: Mapping[str, tuple[Effect, ...]] = {
    "reset_before_first_byte": (Cut(how="reset"),),
    "closed_before_first_byte": (Cut(how="eof"),),
    "reset_after_head": (Cut(how="reset", after_tokens=0),),
    "reset_mid_stream": (Cut(how="reset", after_tokens=16),),
    "chunked_cut": (Cut(how="eof", after_tokens=16),),
    "clean_end_without_finish": (Cut(how="clean", after_tokens=16),),
    "clean_end_without_anything": (Cut(how="clean", after_tokens=0),),
    "cut_inside_character": (Cut(how="eof", after_tokens=0, inside_character=True),),
    "silence": (Silence(),),
    "silence_after_head": (Silence(after_tokens=0),),
    "silence_mid_stream": (Silence(after_tokens=16),),
    "pings_forever": (Silence(after_tokens=0, ping_every=0.05),),
    "slow_drip": (Drip(interval=0.05),),
    "split_characters": (SplitCharacters(),),
    "sse_noise": (Noise(),),
    "comment_lines": (Noise(pings=False, on_lines=False),),
    "multi_line_events": (Noise(comments=False, pings=False),),
    "pings": (Noise(comments=False, on_lines=False),),
    "loose_fields": (Noise(comments=False, pings=False, on_lines=False, loose=True),),
    "odd_metadata": (Rewrite(edit=_garble),),
    "end_in_other_words": (_ending("EOS_Token"),),
    "unknown_end": (_ending("all_said"),),
    "refused_field": (Error(kind="bad_request", message="Unrecognized request argument supplied: stream_options"),),
    "limit_above_the_models": (
        Error(
            kind="bad_request",
            message="max_tokens: 9000 > 3000, which is the maximum allowed number of output tokens for this model",
        ),
    ),
    "second_choice": (SecondChoice(),),
    "byte_order_mark": (ByteOrderMark(),),
    "ignored_stream": (IgnoredStream(),),
    "firewall": _page(403),
    "proxy_page": _page(401),
    "wrong_path_page": _page(404),
    "wrong_path": (Raw(status=404, body='{"detail": "Not Found"}'),),
    "wrong_method": (Raw(status=405, body='{"detail": "Method Not Allowed"}'),),
    "unsupported_place": _said(403, message="Country, region, or territory not supported"),
    "blocked_text": _said(403, message="The content was blocked by moderation."),
    "redirect": (Raw(status=301, headers=(("location", "https://elsewhere.example/v1"),)),),
    "rate_limit_reset": (Raw(status=429, headers=(("x-ratelimit-reset", Moment(6)),)),),
    "rate_limit_prose": _limit("Please try again in 6.5s."),
    "rate_limit_prose_long": _limit("Please try again in 7m12s."),
    "rate_limit_behind": _said(
        429,
        message="Provider returned error",
        metadata={"headers": {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "6s"}},
    ),
    "daily_quota": _limit("free-models-per-day: used up."),
    "malformed_event": (Malformed(),),
    "html_with_200": (Html(),),
    "error_event_first": (StreamError(kind="overloaded"),),
    "error_event_after_100_tokens": (StreamError(kind="server", after_tokens=100),),
    "rate_limit_event_mid_stream": (StreamError(kind="rate_limit", after_tokens=16),),
    "quota_event_mid_stream": (StreamError(kind="quota", after_tokens=16),),
    "unsupported_parameter": (Error(kind="unsupported_parameter"),),
    "context_window_400": (Error(kind="context_window"),),
    "authentication": (Error(kind="authentication"),),
    "payment": (Error(kind="payment"),),
    "permission": (Error(kind="permission"),),
    "not_found": (Error(kind="not_found"),),
    "timeout": (Error(kind="timeout"),),
    "failed_dependency": (Error(kind="server", status=424),),
    "cancelled": (Error(kind="server", status=499),),
    "conflict": (Error(kind="conflict"),),
    "too_large": (Error(kind="too_large"),),
    "rate_limit": (Error(kind="rate_limit"),),
    "rate_limit_0": (Error(kind="rate_limit", retry_after="0"),),
    "rate_limit_5": (Error(kind="rate_limit", retry_after="5"),),
    "rate_limit_90": (Error(kind="rate_limit", retry_after="90"),),
    "rate_limit_3600": (Error(kind="rate_limit", retry_after="3600"),),
    "rate_limit_date": (Error(kind="rate_limit", retry_after=HttpDate(5)),),
    "rate_limit_negative": (Error(kind="rate_limit", retry_after="-1"),),
    "rate_limit_nan": (Error(kind="rate_limit", retry_after="nan"),),
    "slow_down": (Error(kind="slow_down"),),
    "quota": (Error(kind="quota"),),
    "spend_limit": (Error(kind="spend_limit"),),
    "key_limit": (Error(kind="key_limit"),),
    "in_flight": (Error(kind="in_flight", retry_after="2"),),
    "flagged": (Error(kind="flagged"),),
    "error_with_200": (Error(kind="server", status=200),),
    "server": (Error(kind="server"),),
    "unknown_error": (Html(status=520),),
    "bad_gateway": (Error(kind="bad_gateway"),),
    "unavailable": (Error(kind="unavailable"),),
    "gateway_timeout": (Error(kind="gateway_timeout"),),
    "overloaded": (Error(kind="overloaded"),),
    "overloaded_529": (Error(kind="overloaded", status=529),),
    "empty": (Say(answer=Answer()),),
    "blank": (Say(answer=Answer(text=" \n")),),
    "invisible": (Say(answer=Answer(text="\u200b\ufeff\u2060")),),
    "thinking_used_the_budget": (Say(answer=Answer(thinking=_long(60), finish="length")),),
    "refusal": (Say(answer=_REFUSED),),
    "refusal_mid_output": (Say(answer=Answer(text="<response>\nNaïve first words", finish="refusal")),),
    "max_tokens_with_text": (Say(answer=Answer(text="<response>\nNaïve first words", finish="length")),),
    "max_tokens_without_text": (Say(answer=Answer(finish="length")),),
    "context_window": (Say(answer=Answer(text="<response>\nNaïve first words", finish="context_window")),),
    "failed_mid_output": (Say(answer=Answer(text="<response>\nNaïve first words", finish="failed")),),
    "two_responses": (Say(answer=Answer(text=f"{_TEXT}\n<response>\nAnother amber garden.\n</response>")),),
    "thinking_in_marks": (
        Say(
            answer=Answer(
                text="<|channel|>analysis<|message|>Naïve thoughts first.<|end|>"
                f"<|start|>assistant<|channel|>final<|message|>{_TEXT}"
            )
        ),
    ),
    "thinking_alone": (
        Say(answer=Answer(text="<|channel|>analysis<|message|>Naïve thoughts, and nothing else.<|end|>")),
    ),
    "no_width_in_tags": (Say(answer=Answer(text="<respon\u200bse>\nNaïve first words.\n</response\u2060>")),),
    "no_usage": (Say(answer=Answer(text=_TEXT, usage=False)),),
    "beyond_the_limit": (Say(answer=Answer(text=f"<response>\nNaïve {_long(5_000)}.\n</response>", unlimited=True)),),
    "plan_of_0": (plan(0),),
    "plan_of_1": (plan(1),),
    "plan_of_200": (plan(200),),
    "plan_of_10000": (plan(10_000),),
    "duplicate_subtasks": (plan(4, duplicates=True),),
    "echoed_plan_markup": (Say(answer=lambda asked: Answer(text=f"<response>\n{plan_text(asked, 2)}\n</response>")),),
}
"""Every fault by name; `Fault(effects=FAULTS[name], role="worker", times=1)`."""
