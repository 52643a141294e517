"""Reads from a refusal how many tokens of output a server would have taken. No I/O."""

import re
from collections.abc import Iterator

# Fewer would only cut the answer; what is too long then is what was sent.
_LEAST = 16
_SEPARATORS = re.compile(r"(?<=\d)[,_](?=\d{3}(?!\d))")
_QUOTES = re.compile(r"[`'\"*]")
_NAMED = re.compile(
    r"max[_ ]?(?:completion|output|new|gen|generated)?[_ ]?tokens?\b|maxOutputTokens|maximum tokens|num_predict"
    r"|n_predict|(?:completion|output|new|generated) tokens|in the (?:completion|output)|for +the completion"
    r"|completion length",
    re.IGNORECASE,
)
_TOO_MANY = (
    re.compile(r"(?P<input>\d+) ?\+ ?\d+ ?(?:tokens )?(?:>|exceeds?) ?(?P<window>\d+)"),
    re.compile(r"\d+ ?> ?(?P<window>\d+) ?- ?(?P<input>\d+)"),
)
_WINDOW = re.compile(
    r"(?:context|window|sequence|model_?len|inputs tokens \+ max_new_tokens|total tokens)[^.\d]{0,40}?(?P<after>\d{3,})"
    r"|(?P<before>\d{3,})(?: tokens?)? (?:maximum )?(?:context|sequence) ?(?:length|window|size)",
    re.IGNORECASE,
)
_INPUT = re.compile(
    r"(?P<before>\d+) (?:tokens? )?(?:(?:are )?(?:used |taken )?(?:in|of|from|for|by) )?"
    r"(?:(?:the|your|text) )*(?:messages?|prompt|inputs?)\b"
    r"|(?:prompt|input|messages)(?: length| tokens?)?(?: contains| has| have| is| of|:)? ?(?:at least |about )?"
    r"(?P<after>\d+)(?: tokens?)?(?! ?\+)",
    re.IGNORECASE,
)
_MOST = (
    re.compile(r"[\[(] ?\d+ ?, ?(\d+) ?\]"),
    re.compile(r"between \d+ (?:and|to) (\d+)", re.IGNORECASE),
    re.compile(r"from \d+[^\d]{0,14}to (\d+(?: \(exclusive\))?)", re.IGNORECASE),
    re.compile(
        r"(?:at most|(?:less|lower|smaller) than or equal to|<=|≤|up to|(?:no|not) more than|not exceed|cannot exceed"
        r"|can only (?:be|generate)|a maximum of|maximum (?:value )?(?:is|of|allowed is)|limit (?:of|is)) ?:? ?(\d+)",
        re.IGNORECASE,
    ),
    re.compile(r"\d+ ?> ?(\d+)"),
    re.compile(r"(?:maximum|max|limit|supports?|exceeds?)[^.\d]{0,60}(\d+)", re.IGNORECASE),
    re.compile(r"(?:最大|上限|不能超过|不超过|至|到)[^\d]{0,8}(\d+)"),
)


def room_for_output(message: str, asked: int) -> tuple[int, bool] | None:
    """Return the tokens that are free for the answer, and whether that holds for every call to the model.

    None where the refusal is about something else, does not say it, or leaves next to nothing. `asked`: what was asked
    for.
    """
    text = _plain(message)
    if not _NAMED.search(text) and not re.search(rf"\b{asked}\b", text):
        return None
    window, taken = _parts(text)
    if window is not None and taken is not None:
        free, lasting = window - taken, False
    else:
        free, lasting = next((most for most in _most(text) if most < asked and most != window), 0), True
    return (free, lasting) if _LEAST <= free < asked else None


def is_about_output(message: str) -> bool:
    """Whether a refusal names the output limit, and what was sent alone would have fitted as far as it says."""
    text = _plain(message)
    window, taken = _parts(text)
    fits = window is None or taken is None or taken + _LEAST <= window
    return bool(_NAMED.search(text)) and fits


def _plain(message: str) -> str:
    return " ".join(_SEPARATORS.sub("", _QUOTES.sub("", message)).split())


def _parts(text: str) -> tuple[int | None, int | None]:
    """Return the size of the window and what the input takes of it, as far as they are said."""
    for form in _TOO_MANY:
        if found := form.search(text):
            return int(found["window"]), int(found["input"])
    window, taken = _WINDOW.search(text), _INPUT.search(text)
    return (_number(window), _number(taken)) if window else (None, None)


def _number(found: re.Match[str] | None) -> int | None:
    return int(found["before"] or found["after"]) if found else None


def _most(text: str) -> Iterator[int]:
    for form in _MOST:
        for found in form.findall(text):
            number = int(found.split()[0])
            yield number - 1 if found.endswith("(exclusive)") else number
