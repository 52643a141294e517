"""The check "echo": an answer that gives back what it was asked, or our markup, is none. No I/O."""

import re

from stretto.checks.brief import brief_of
from stretto.core.checks import Answer, Finding

MOSTLY = 0.8
"""An answer is an echo when this part of it is the task or the description, word for word."""

_SHORTEST = 12
"""A shorter source can stand in an honest answer by chance, so it counts only as the whole of it."""

_NOT_WORD = re.compile(r"[\W_]+")
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)[^\n]*$", re.MULTILINE)
_INLINE_CODE = re.compile(r"`[^`\n]+`")
_TAG = re.compile(r"</?(tasks?|subtasks?|analysis|response)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_BLOCK_MARK = re.compile(
    r"\[/?(?:task|subtask type|subtask description|assigned|missing|context: [^\[\]\n]{1,80}|result \d{1,4}: "
    r"[^\[\]\n]{1,80}) [0-9a-f]{8}\]"
)
_JSON_PLAN = re.compile(r'(?:```\w*\s+)?\{\s*"(?:analysis|tasks|subtasks)"\s*:')


def check_echo(answer: Answer) -> Finding | None:
    """Reject an answer that repeats the task, the description or our markup; quoting the brief is fine."""
    repeated = _repeated(answer)
    if repeated:
        return _finding(f"The text only repeats the {repeated}. Do what it asks for.")
    leaked = _leaked(answer)
    if leaked:
        return _finding(f"The text contains {leaked}, which belongs to the instructions. Give the text alone.")
    return None


def _finding(message: str) -> Finding:
    return Finding(check="echo", message=message, action="reject")


def _repeated(answer: Answer) -> str:
    """Return what the answer repeats, or nothing."""
    text = _words(answer.text)
    sources = {"description": _words(answer.subtask.description), "task": _words(answer.task.text)}
    rest = text
    for name, source in sources.items():
        if source and source == text:
            return name
        if len(source) >= _SHORTEST:
            rest = rest.replace(source, "")
    if text and len(rest) <= (1 - MOSTLY) * len(text):
        return "task and the description" if all(s in text for s in sources.values()) else "task or the description"
    return ""


def _words(text: str) -> str:
    return _NOT_WORD.sub("", text.casefold())


def _leaked(answer: Answer) -> str:
    """Return the first piece of our markup in the answer that the brief does not have itself."""
    brief = brief_of(answer).lower()
    prose = _without_code(answer.text)
    for tag in _TAG.finditer(prose):
        # A brief about such tags gets an answer with such tags.
        if not re.search(rf"</?{tag[1]}\b", brief, re.IGNORECASE):
            return f"the tag {tag[0][:40]}"
    mark = _BLOCK_MARK.search(prose)
    if mark and mark[0] not in brief:
        return f"the mark {mark[0][:40]}"
    if _JSON_PLAN.match(answer.text.lstrip()) and "json" not in brief:
        return "a plan in JSON"
    return ""


def _without_code(text: str) -> str:
    """Return the text without code, where tags are somebody's example; code that is all there is stays."""
    parts = _FENCE.split(text)
    prose = _INLINE_CODE.sub("", "\n".join(parts[::2]))
    return prose if _words(prose) else text
