"""Reads upper limits of length in prose, in the languages that briefs are written in. No I/O."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from stretto.checks.numbers import ascii_digits, chinese_value

Unit = Literal["words", "characters", "字"]

_BLANK = r"[\s\u00a0\u202f-]?"
_NUMBER = (
    r"(?P<{0}>[0-9]{{1,3}}(?:[.,'’ \u00a0\u202f][0-9]{{3}}){{1,2}}(?![0-9])|[0-9]{{1,6}}"
    r"|[零〇一二两兩三四五六七八九十百千万萬]{{1,12}})"
)
_CHARACTERS = r"characters?|chars?|zeichen|car[aá]ct[eè]res?|caratter[ie]|caracteres|tekens|字符|字元|文字"
_WORDS = r"words?|wörter[n]?|worte[n]?|mots?|palabras?|parol[ae]|palavras?|woorden|单词|單詞|单字|词|詞"
_UNIT = rf"{_BLANK}(?:个|個)?(?P<{{0}}>(?:{_CHARACTERS}|{_WORDS})(?![\w])|字符|字元|文字|单词|單詞|词|詞|字)"

# "no less than" and "不少于" turn these round, "entre" and "de" begin a range.
_TURNED = r"(?<!\bno )(?<!\bnot )(?<!\bnicht )(?<!\bpas )(?<!\bnon )(?<!\bnão )"
_BEFORE = "|".join(
    (
        r"under|below|(?:fewer|less|shorter) than|(?:no|not|never) (?:more|longer) than|at (?:the )?(?:most|maximum)",
        r"up to|within|(?:not|never|\w+n['’]t) (?:to )?exceed(?:ing)?|without exceeding|limit",
        r"(?:limit(?:ed)?|cap(?:ped)?) (?:to|of|at|is)|max(?:\.|imum)?(?: of| length(?: of| is)?)?",
        r"(?:character|word) (?:limit|maximum)(?: of| is)?",
        r"höchstens|maximal|bis(?: zu)?|unter|weniger als|nicht (?:mehr|länger) als|nicht über|begrenzt auf",
        r"(?:d['’])?au (?:plus|maximum)|moins de|pas plus de|jusqu['’]à|(?:pas|sans|jamais) dépasser",
        r"ne dépasse[rz]? pas|limité à",
        r"(?:como |al |no )?máximo(?: de)?|como mucho|a lo sumo|hasta|menos de|no más de|no pase de|sin pasar de",
        r"(?:no|sin)(?: debe| puede)? (?:superar|supere|exceder|exceda)",
        r"(?:al )?massimo|meno di|fino a|non più di|non oltre|entro|(?:non|senza)(?: deve)? (?:superare|superi)",
        r"até|não mais (?:de|que)|(?:não|sem)(?: deve)? (?:exceder|exceda|ultrapassar|ultrapasse)",
        r"maximaal|hoogstens",
    )
)
_ARTICLE = r"(?: (?:the|die|den|les|los|las|os|as|le|i))?"
_BEFORE_CHINESE = (
    r"(?<!不)(?:少于|少於|低于|低於|小于|小於)|不(?:要|得|能|可|应|應)?(?:超过|超過|多于|多於|高于|高於|大于|大於)"
    r"|不到|不足|别超过|最多|至多|上限(?:为|為|是)?|控制在|限制在|限"
)
_AFTER = "|".join(
    (
        r"or (?:less|fewer|under)|max(?:imum|\b)|at most|limit\b|tops\b",
        r"oder weniger|maximal\b|höchstens|nicht überschreiten|au (?:plus|maximum)|ou moins",
        r"(?:como |al |no )?máximo|o menos|como mucho",
        r"(?:al )?massimo|o meno|ou menos",
    )
)
_AFTER_CHINESE = r"以内|以內|之内|之內|以下|[内內](?!容)|封顶|封頂|为限|為限"
_TO = r"\s?(?:[-–—~～〜至到]|\bto\b|\bbis\b|\bà\b|\ba\b)\s?"
_NOT_IN_A_RANGE = r"(?<![0-9])(?<![0-9][.,])"
_ROUGHLY = r"(?:左右|上下|以上|\s(?:or more|o más|ou plus|oder mehr|of (?:context|background|input|source)))"

_LIMIT = re.compile(
    "|".join(
        (
            # A range's upper end is a limit: "120–155 characters", "between 120 and 155".
            rf"{_NOT_IN_A_RANGE}{_NUMBER.format('low')}{_TO}{_NUMBER.format('range_value')}"
            rf"{_UNIT.format('range_unit')}(?:{_BLANK}(?:{_AFTER}|{_AFTER_CHINESE}))?",
            rf"\b(?:between|zwischen|entre|tra|fra) {_NUMBER.format('from')} (?:and|und|et|y|e) "
            rf"{_NUMBER.format('between_value')}{_UNIT.format('between_unit')}",
            rf"(?:{_TURNED}(?<!\w)(?:{_BEFORE})|{_BEFORE_CHINESE}|[≤⩽<＜≦]=?){_ARTICLE}[\s:：]{{0,2}}"
            rf"{_NUMBER.format('before_value')}{_UNIT.format('before_unit')}",
            rf"{_NOT_IN_A_RANGE}{_NUMBER.format('after_value')}{_UNIT.format('after_unit')}"
            rf"(?:[\s-]?\(?(?:{_AFTER})|{_AFTER_CHINESE})",
            # "Instagram (150 characters)", "character limit: 150", "字数不超过150".
            rf"[(（]\s?{_NUMBER.format('paren_value')}{_UNIT.format('paren_unit')}\s?[)）]",
            r"\b(?P<named_unit>character|word) (?:limit|maximum)(?: of| is)?[\s:]{1,2}"
            rf"{_NUMBER.format('named_value')}(?![\w%])",
            rf"(?P<count_unit>字)数[^0-9。\n]{{0,3}}(?:{_BEFORE_CHINESE})\s?{_NUMBER.format('count_value')}(?![\w%])",
        )
    ),
    re.IGNORECASE,
)
_FORMS = ("range", "between", "before", "after", "paren", "named", "count")
_UNSURE = re.compile(
    r"(?:\b(?:about|around|roughly|approx(?:imately|\.)?|circa|ca\.|etwa|ungefähr|rund|environ|unos|alrededor de|"
    r"cerca de)|[~≈]|大约|大約|大概|约|約)\s?$",
    re.IGNORECASE,
)
_MORE = re.compile(_ROUGHLY, re.IGNORECASE)

# Where the words end that say whose limit it is; a label, such as "Headline: ", goes with what follows.
_ENDS = re.compile(r"[.,;!?\n。，；！？|]|(?<=\s)(?:and|und|et|y|e|plus|&)(?=\s)|以及|[和与]", re.IGNORECASE)
_OPEN = re.compile(r"[\s(（,，:：–—-]+$")
_RIGHT_ENDS = re.compile(r"[()（）:：]")
_NEAR = 80


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """An upper limit as it was written."""

    value: int
    unit: Unit
    clause: str
    """What stands around it, where it would be said of what it is one."""
    of_a_range: bool = False
    """Whether it is the upper end of a range."""
    alone: bool = False
    """Whether there is nothing but it in the text."""


@lru_cache(maxsize=64)  # all workers of a run share the task and its context, which may be long
def read_limits(source: str) -> tuple[Limit, ...]:
    """Return the upper limits in a text, in its order: rough numbers and lower limits are none."""
    return tuple(_limits(ascii_digits(source)))


def _limits(text: str) -> Iterator[Limit]:
    for match in _LIMIT.finditer(text):
        form = next(form for form in _FORMS if match[f"{form}_value"])
        before, after = text[max(0, match.start() - _NEAR) : match.start()], text[match.end() : match.end() + _NEAR]
        value = _value(match[f"{form}_value"])
        if value and not _MORE.match(after) and not _UNSURE.search(before):
            yield Limit(
                value=value,
                unit=_unit(match[f"{form}_unit"]),
                clause=_clause(before, after),
                of_a_range=form in ("range", "between"),
                alone=not f"{before}{after}".strip(" \n.。"),
            )


def _clause(before: str, after: str) -> str:
    label = _OPEN.sub("", before)
    # A row of a table names in its first cell what the limit in the next is one of.
    left = _ENDS.split(label.rstrip("| "))[-1]
    return f"{left} {_RIGHT_ENDS.split(_ENDS.split(after)[0])[0]}"


def _value(written: str) -> int | None:
    return int(re.sub(r"\D", "", written)) if written[0].isascii() else chinese_value(written)


def _unit(written: str) -> Unit:
    lowered = written.lower()
    if lowered == "字":
        return "字"
    return "characters" if re.fullmatch(rf"{_CHARACTERS}|character", lowered) else "words"
