"""The check "length": a limit that the brief sets, such as "at most 50 words". No I/O."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from stretto.checks.numbers import ascii_digits, chinese_value
from stretto.core.checks import Answer, Finding

_Unit = Literal["words", "characters", "字"]

_NUMBER = r"(?P<{0}>[0-9]{{1,3}}(?:,[0-9]{{3}})+|[0-9]{{1,6}}|[零〇一二两三四五六七八九十百千万]{{1,12}})"
_LIMIT = re.compile(
    r"(?:\b(?:under|below|fewer than|less than|(?:no|not) (?:more|longer) than|at most|up to|within|not (?:to )?exceed|"
    r"limit(?:ed)? (?:to|of|is)|max(?:imum)?(?: of| length)?)\s?:?\s?"
    + _NUMBER.format("before")
    + r"[ -]?(?P<unit_before>words?|characters?|chars?)\b"
    r"|(?<![0-9])(?<![0-9][.,])(?<![–~-])"
    + _NUMBER.format("after")
    + r"[ -]?(?P<unit_after>words?|characters?|chars?) (?:or (?:less|fewer)|max(?:imum)?\b|at most|limit\b)"
    r"|(?:不超过|不要超过|不得超过|不多于|少于|不到|最多|至多|控制在|限制在|限)\s?"
    + _NUMBER.format("zh_before")
    + r"\s?个?(?P<unit_zh_before>字符|单词|词|字)"
    r"|(?<![0-9])(?<![0-9][.,])(?<![–~至到-])"
    + _NUMBER.format("zh_after")
    + r"\s?个?(?P<unit_zh_after>字符|单词|词|字)(?:以内|之内|以下|内))",
    re.IGNORECASE,
)
# A limit in such a clause is one of a part of the text.
_PART = re.compile(
    r"\b(?:headlines?|titles?|subject(?: lines?)?|taglines?|slogans?|sentences?|paragraphs?|bullets?|captions?|"
    r"headings?|subheads?|hooks?|intro(?:duction)?|summary|cta|call to action|lines?|points?|names?|"
    r"(?:each|every|per)(?! (?:variant|version|text|answer|copy|description|piece|post|ad|tweet|email)))\b"
    r"|标题|题目|副标题|每[句段条行点个]|段落|句子|口号|标语|主题|开头|结尾|摘要|要点|正文以外",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(r"[.,;:!?()\n。，；：！？（）]")
_NEAR = 80

_SPACED = re.compile(r"[^\W_\u3040-\u30ff\u3400-\u9fff]+(?:['’.-][^\W_\u3040-\u30ff\u3400-\u9fff]+)*")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_MARKDOWN = re.compile(r"[*_`#>]+")


def check_length(answer: Answer) -> Finding | None:
    """Ask for a shorter text when it is longer than the description, the task or the context allows.

    Only upper limits for the whole text count: "about 50 words" and "a headline under 8 words" set none.
    """
    for source in (answer.subtask.description, answer.task.text, *answer.task.context.values()):
        limits = _limits(source)
        for unit, limit in limits.items():
            count = _count(answer.text, unit)
            if count > limit:
                message = f"The text has {count} {unit}; the brief allows at most {limit}. Shorten it to fit."
                return Finding(check="length", message=message, action="repair")
        if limits:  # the description is nearer to the work than the task, and the task than its context
            return None
    return None


@lru_cache(maxsize=64)  # all workers of a run share the task and its context, which may be long
def _limits(source: str) -> Mapping[_Unit, int]:
    """Return the limit by unit; of several the widest, as it cannot be told which is this text's."""
    text = ascii_digits(source)
    limits: dict[_Unit, int] = {}
    for match in _LIMIT.finditer(text):
        way = next(name for name in ("before", "after", "zh_before", "zh_after") if match[name])
        value = _value(match[way])
        if value and not _PART.search(_clause(text, match)):
            unit = _unit(match[f"unit_{way}"])
            limits[unit] = max(value, limits.get(unit, 0))
    return limits


def _clause(text: str, match: re.Match[str]) -> str:
    """Return what stands around a limit, up to the next punctuation on both sides."""
    before = _CLAUSE_END.split(text[max(0, match.start() - _NEAR) : match.start()])[-1]
    after = _CLAUSE_END.split(text[match.end() : match.end() + _NEAR])[0]
    return f"{before} {after}"


def _value(written: str) -> int | None:
    return int(written.replace(",", "")) if written[0].isascii() else chinese_value(written)


def _unit(written: str) -> _Unit:
    lowered = written.lower()
    if lowered == "字":
        return "字"
    return "characters" if lowered.startswith("char") or lowered == "字符" else "words"


def _count(text: str, unit: _Unit) -> int:
    plain = _MARKDOWN.sub("", text).strip()
    if unit == "characters":
        return len(plain)
    # Where Chinese is counted, a word or a number in Latin letters is one; punctuation is none.
    return len(_SPACED.findall(plain)) + len(_UNSPACED.findall(plain))
