r"""Paths of Windows in the text of JSON, which models write with single backslashes: C:\Users\new\table. No I/O.

Strictly read, `\n` and `\t` in such a path are breaks. Whether there is a path is decided from what stands there: a
drive or two backslashes before, letters that a path has behind. A real break stays one: it is followed by a capital
letter, a mark or nothing, or it follows a file's ending.
"""

import json
import re

_SIGN = r"[\w.$~%&+@#!\-]"
_NO_SIGN = r"[^\w.$~%&+@#!]"
# Words of a name stand apart where each begins as in "Program Files (x86)", or where a separator follows the last one.
_SPACED = (
    r"(?: (?:[A-Z(][\w.$~%&+@#!()\-]{0,80}+)){1,4}+"
    rf"|(?: {_SIGN}{{1,40}}+){{1,3}}(?=\\[^n\\\"]|\\n[a-z][\w.\-]{{0,40}}+\\[^n])"
)
_NAME = rf"{_SIGN}{{1,80}}+(?:{_SPACED})?+"
_BREAK = rf"\\r(?=\\n)|\\n(?:[A-Z]|[^\x00-\x7f]|{_NO_SIGN}|\d{{1,3}}[.)]|\Z)"
# In "A:\nFormal" and "Q:\tWhat" a break follows a letter that only counts.
_LABEL = rf"{_BREAK}|\\t(?:[A-Z]|[^\x00-\x7f]|{_NO_SIGN}|\Z)"
_LETTER = r"\\u(?=[0-9a-fA-F]{4})(?=[a-fA-F]*+\d)"
_BEHIND_A_FILE = r"(?:(?<=[.,;!?])|(?<=\.\w\w)|(?<=\.\w\w\w)|(?<=\.\w\w\w\w))\\n"
_FIRST = rf"(?!{_LABEL}|{_LETTER})\\(?!\\){_NAME}"
_MORE = rf"(?!{_BREAK}|{_BEHIND_A_FILE}|{_LETTER})\\(?!\\){_NAME}"
_APART = r"(?:(?<![A-Za-z0-9\\])|(?<=\\[nrt]))"
PATH = re.compile(
    rf"{_APART}(?:[C-Zc-z]:{_FIRST}(?:{_MORE}){{0,30}}+|[ABab]:{_FIRST}(?:{_MORE}){{1,30}}+)"
    rf"|(?<![\\\w])\\\\(?!\\){_NAME}(?:{_MORE}){{1,30}}+"
)
"""A path as it stands between the quotes of JSON."""
_PIECE = re.compile(
    rf"(?P<path>{PATH.pattern})|\\u[dD][89abAB][0-9a-fA-F]{{2}}\\u[dD][c-fC-F][0-9a-fA-F]{{2}}|\\u[0-9a-fA-F]{{4}}|\\.",
    re.DOTALL,
)
_GROWING = re.compile(
    rf"(?:{_APART}[A-Za-z](?::(?:\\[^\\]{{0,500}}+){{0,33}}+\\?)?|(?<![\\\w])\\\\(?:[^\\]{{1,500}}+\\?){{0,33}}+)\Z"
)


def has_path(text: str, start: int, end: int) -> bool:
    """Whether a path stands between these places."""
    if text.find(":\\", start, end) < 0 and text.find("\\\\", start, end) < 0:
        return False
    return PATH.search(text, start, end) is not None


def path_at(text: str, separator: int, begin: int) -> int:
    """Return where the path ends whose first backslash stands here; -1 where there is none.

    Nothing before `begin` belongs to it.
    """
    for start in (separator - 2, separator):
        if start >= begin and (match := PATH.match(text, start)):
            return match.end()
    return -1


def unescaped(text: str, start: int) -> str:
    """Return what the inside of a string stands for, from `start` on; an escape that JSON does not know stays."""
    parts: list[str] = []
    for match in _PIECE.finditer(text, start):
        parts += [text[start : match.start()], match[0] if match["path"] else _meant(match[0])]
        start = match.end()
    return "".join([*parts, text[start:]])


def growing(text: str, start: int) -> int:
    """Return where a path begins that more of the text may make longer; the text's length where there is none."""
    match = _GROWING.search(text, start)
    return match.start() if match else len(text)


def _meant(escape: str) -> str:
    try:
        return str(json.loads(f'"{escape}"'))
    except ValueError:
        return escape
