"""Makes text from outside safe to carry. No I/O."""

import re
from unicodedata import category

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
# C0 and C1 controls except tab, line feed and carriage return, and whole ANSI escape sequences.
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# Embeddings, overrides and isolates, and their deprecated kin: they show a text in another order than it has. The marks
# U+200E, U+200F and U+061C only place what stands beside them, and are part of how Arabic and Hebrew are written.
_ORDERING = re.compile("[\u202a-\u202e\u2066-\u206f]")
ESCAPED_IN_JSON = {
    code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), *range(0x2028, 0x202F), *range(0x2066, 0x2070))
}
"""For `str.translate` of JSON, whose data it leaves as it is: what readers take for the end of a line, terminals for
commands, and both for another order."""
_UNSEEN = frozenset({"Cc", "Cf", "Mn", "Zl", "Zp", "Zs"})
# Letters and symbols by their class, and yet nothing to be seen: Hangul's fillers, Braille's empty cell.
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def replace_surrogates(text: str) -> str:
    """Return `text` with every lone surrogate as U+FFFD; nothing else changes.

    A lone surrogate cannot be encoded as UTF-8, so it would break the first socket or file it meets.
    """
    # ASCII has none, and most of what passes here is ASCII.
    return text if text.isascii() else _LONE_SURROGATE.sub("\ufffd", text)


def strip_control(text: str) -> str:
    """Return `text` without ANSI sequences and control characters; tab and line breaks stay."""
    # Where everything is printable there is no control character; most texts of one line are.
    return text if text.isprintable() else _CONTROL.sub("", _ANSI.sub("", text))


def for_terminal(text: str) -> str:
    """Return `text` without ANSI sequences and control characters, and with a mark for each that would reorder it."""
    if text.isprintable():
        return text
    return _ORDERING.sub(lambda found: f"[U+{ord(found[0]):04X}]", strip_control(text))


def for_file(text: str) -> str:
    """Return `text` without ANSI sequences, control characters and those that would show it in another order."""
    return text if text.isprintable() else _ORDERING.sub("", strip_control(text))


def is_blank(text: str) -> bool:
    """Whether nothing in `text` can be seen: white space, characters of no width, marks without a letter."""
    return all(category(char) in _UNSEEN or char in _FILLERS for char in text)
