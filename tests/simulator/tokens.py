"""Counts and cuts text by a simple stated rule: four ASCII characters, or one other character, are a token. No I/O."""

import re

_TOKEN = re.compile(r"[\x00-\x7f]{1,4}|[^\x00-\x7f]")


def count_tokens(text: str) -> int:
    """Return how many tokens `text` has."""
    if text.isascii():
        return (len(text) + 3) // 4
    return sum(1 for _ in _TOKEN.finditer(text))


def cut_pieces(text: str, size: int) -> list[str]:
    """Cut `text` into pieces of `size` tokens; the last may be shorter."""
    if text.isascii():
        step = 4 * size
        return [text[i : i + step] for i in range(0, len(text), step)]
    tokens = _TOKEN.findall(text)
    return ["".join(tokens[i : i + size]) for i in range(0, len(tokens), size)]


def first_tokens(text: str, limit: int) -> str:
    """Return the first `limit` tokens of `text`."""
    if text.isascii():
        return text[: 4 * limit]
    return "".join(_TOKEN.findall(text)[:limit])
