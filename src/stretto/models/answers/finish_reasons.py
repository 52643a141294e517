"""Reads how an answer ended, in whichever words a provider says it, and gives it in the words of its protocol."""

import re
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

End = Literal["stop", "length", "filter", "tool", "error", "none"]
"""stop: the model ended by itself; length: cut at a limit; filter: held back; tool: a tool is asked for; error: the
provider gave up; none: the word says that there is no end yet."""
Wording = Literal["chat", "responses", "anthropic", "gemini"]

# Without case and punctuation, so that end_turn, EndTurn and "end turn" are one; in front of them the protocols of some
# put the field's name. From the documents of those that speak these protocols, and from their users' reports.
_WORDS: Mapping[End, str] = {
    "stop": "stop stopped end ended eos eostoken eosid eot eotid eom eomid endturn endofturn endoftext endofsequence "
    "endofstream endofmessage imend s stopsequence stopsequences stoptoken stopstring stopstr stopword stopwords "
    "complete completed completion done finish finished success successful succeeded normal natural ok",
    "length": "length lengthlimit lengthcapped lengthexceeded maxlength maxlen maxtoken maxtokens maxoutput "
    "maxoutputtokens maxoutputlength maxnewtokens maxcompletiontokens maxcompletion maxgeneratedtokens "
    "maxtokensreached maxtokensexceeded modellength modelmaxlength maxmodellength maxmodellen tokenlimit "
    "tokenslimit tokenlimitreached "
    "tokenlimitexceeded outputlimit outputlength outputtokenlimit limit limitreached truncated truncation "
    "incomplete cutoff context contextlength contextlengthexceeded contextlimit contextwindow maxcontext "
    "maxcontextlength errorlimit",
    "filter": "contentfilter contentfiltered contentfiltering contentfiltertriggered filter filtered safety "
    "safetyfilter unsafe sensitive sensitivecontent refusal refuse refused blocked block blocklist prohibited "
    "prohibitedcontent spii recitation moderation moderated contentmoderation contentpolicy contentpolicyviolation "
    "policyviolation policy guardrail guardrails guardrailintervened toxic errortoxic imagesafety modelarmor censored",
    "tool": "toolcall toolcalls tooluse functioncall functioncalls",
    "error": "error errored fail failed failure cancel canceled cancelled usercancel abort aborted interrupted timeout "
    "timedout timelimit networkerror servererror internalerror insufficientsystemresource malformedfunctioncall "
    "malformedresponse unexpectedtoolcall preempted evicted disconnected",
    "none": "null none nil undefined unspecified inprogress queued pending running generating notfinished unfinished",
}
_ENDS: Mapping[str, End] = {word: end for end, words in _WORDS.items() for word in words.split()}
_FIELD = re.compile(r"^(?:finish|stop|done)?reason(?=.)")
_NO_LETTERS = re.compile(r"[^a-z0-9]+")

_CHAT: Mapping[End, str | None] = {
    "stop": "stop",
    "length": "length",
    "filter": "content_filter",
    "tool": "tool_calls",
    "error": "error",
    "none": None,
}
_PROTOCOL_REASONS: Mapping[Wording, Mapping[End, str | None]] = {
    "chat": _CHAT,
    "responses": {
        **_CHAT,
        "stop": "completed",
        "length": "max_output_tokens",
        "error": "failed",
        "none": "in_progress",
    },
    "anthropic": {**_CHAT, "stop": "end_turn", "length": "max_tokens", "filter": "refusal", "tool": "tool_use"},
    "gemini": {
        "stop": "STOP",
        "length": "MAX_TOKENS",
        "filter": "SAFETY",
        "tool": "UNEXPECTED_TOOL_CALL",
        "error": "OTHER",
        "none": None,
    },
}
"""How each protocol says it."""
# Words of a protocol that say more than the kind of end.
_OWN: Mapping[Wording, frozenset[str]] = {
    "chat": frozenset({"function_call"}),
    "responses": frozenset({"incomplete", "cancelled", "queued"}),
    "anthropic": frozenset({"stop_sequence", "compaction", "pause_turn", "model_context_window_exceeded"}),
    "gemini": frozenset(
        {"FINISH_REASON_UNSPECIFIED", "RECITATION", "LANGUAGE", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"}
        | {"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "CONTINUATION", "NO_IMAGE"}
        | {"IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "IMAGE_OTHER"}
    ),
}


@dataclass(slots=True)
class FinishInfo:
    """What one call says of its end."""

    accepted: frozenset[str]
    """Words that count as the end of a whole answer, because somebody set it so; without case and punctuation."""
    unknown: str = ""
    """The last word, where nobody knows what it means."""
    choice: object = None
    """The number of the answer that counts, where there are several."""


_finish_info: ContextVar[FinishInfo] = ContextVar("stretto_ends")


@contextmanager
def collecting_finish(accepted: frozenset[str]) -> Generator[FinishInfo]:
    """Collect what answers to the calls made inside say of their end."""
    finish_info = FinishInfo(accepted)
    token = _finish_info.set(finish_info)
    try:
        yield finish_info
    finally:
        _finish_info.reset(token)


def accept(words: Iterable[str]) -> frozenset[str]:
    """Return words in the form in which they are compared."""
    return frozenset(filter(None, map(_plain, words)))


def to_protocol_reason(message: object, wording: Wording, *, choice: object = None) -> str | None:
    """Return a finish reason in the words of a protocol; None where none is said, or none that is known.

    `choice`: the number of the answer among several that it ends; the first that is heard of is the one that counts.
    """
    if message is None or message == "":
        return None
    finish_info = _finish_info.get(None)
    word = message if isinstance(message, str) else str(message)
    end, reason = _read(word, wording, finish_info)
    if finish_info is None:
        return reason or (None if end else word)
    finish_info.choice = choice if finish_info.choice is None else finish_info.choice
    if end != "none" and choice == finish_info.choice:
        finish_info.unknown = "" if end else word
    return reason


def _read(word: str, wording: Wording, finish_info: FinishInfo | None) -> tuple[End | None, str | None]:
    if word in _OWN[wording]:
        return "error", word  # Or whatever it means: it is known.
    plain = _plain(word)
    end = _ENDS.get(plain) or ("stop" if finish_info and plain in finish_info.accepted else None)
    return end, _PROTOCOL_REASONS[wording][end] if end else None


def _plain(word: str) -> str:
    return _FIELD.sub("", _NO_LETTERS.sub("", word.lower()))
