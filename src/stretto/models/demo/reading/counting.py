"""How many subtasks a prompt asks for. No I/O."""

import re

_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBERS = {
    **{word: number for number, word in enumerate(_WORDS, 1)},
    **{word: number for number, word in enumerate("一二三四五六七八九十", 1)},
    "两": 2,
}
_N = r"(\d{1,6}|one|two|three|four|five|six|seven|eight|nine|ten|[一二两三四五六七八九十])"
_NOUN = (
    r"[ \t]*(?:[\w-]+[ \t]+){0,3}?(?:(?:sub)?tasks?|approach(?:es)?|variants?|variations?|versions?|"
    r"angles?|perspectives?|lens(?:es)?|parts?|"
    r"sections?|pieces?|options?|workers?|questions?|treatments?|个|种|条|份|项)"
)
_PATTERNS = (
    re.compile(rf"\bbetween[ \t]+{_N}[ \t]+and[ \t]+{_N}\b", re.IGNORECASE),
    re.compile(rf"{_N}[ \t]*(?:-|–|—|~|～|to|or|到|至)[ \t]*{_N}{_NOUN}", re.IGNORECASE),
    re.compile(rf"\b(?:exactly|precisely)[ \t]+{_N}\b|(?:恰好|正好)[ \t]*{_N}", re.IGNORECASE),
    re.compile(rf"(?<![\w.,-]){_N}{_NOUN}", re.IGNORECASE),
)
_FEWER = re.compile(rf"\bfewer\b(?={_NOUN})|尽量少", re.IGNORECASE)
_MORE = re.compile(rf"\bmore\b(?={_NOUN})|尽量多", re.IGNORECASE)
_USUAL, _MOST = 3, 1_000


def wanted_count(instructions: str, *, facts: int) -> int:
    """Return how many subtasks to plan: what is asked for and, within a range, more for a brief with more in it."""
    usual = _USUAL + (facts >= 6) + (facts >= 10)
    for pattern in _PATTERNS:
        if match := pattern.search(instructions):
            numbers = [_number(group) for group in match.groups() if group]
            return min(max(numbers[0], min(usual, numbers[-1]), 1), _MOST)
    if _FEWER.search(instructions):
        return _USUAL - 1
    return usual + 2 if _MORE.search(instructions) else min(usual, _USUAL)


def _number(word: str) -> int:
    return int(word) if word.isdigit() else _NUMBERS[word.lower()]
