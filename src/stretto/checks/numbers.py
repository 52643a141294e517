"""Finds numbers in prose, in digits and in words, so that 1,000 and 一千 are the same. No I/O."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from stretto.checks.units import CHINESE_UNITS, LATIN_UNITS, UNIT_NAMES

_DIGITS = {zero + i: ord("0") + i for zero in (0xFF10, 0x0660, 0x06F0, 0x0966) for i in range(10)}
_TO_ASCII = _DIGITS | {ord("％"): ord("%"), ord("，"): ord(","), ord("．"): ord("."), ord("￥"): ord("¥")}

_LONGEST = 24
"""Longer runs of digits are identifiers; they are compared letter by letter."""

_MAGNITUDES = {
    **{"k": 3, "thousand": 3, "million": 6, "billion": 9, "mn": 6, "bn": 9},
    **{"百": 2, "千": 3, "万": 4, "萬": 4, "亿": 8, "億": 8},
}
_MAGNITUDE = r"k(?![a-z])|thousand|million|billion|mn(?![a-z])|bn(?![a-z])|百(?!分)|千(?![克瓦米卡])|[万萬亿億]"
_UNIT = rf"[ \u00a0-]?(?:(?P<latin>{LATIN_UNITS})(?![a-z])|(?P<chinese>{CHINESE_UNITS}))"

_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.])(?<![A-Za-z]-)(?P<percent>百分之)?(?P<money>[$€£¥]\s?)?"
    r"(?P<digits>[0-9]{1,2}:[0-9]{2}(?![0-9])|[0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3})+(?![0-9])|[0-9]+(?:[.,][0-9]+)*)"
    rf"(?P<magnitude> ?(?:{_MAGNITUDE}))?\+?(?:{_UNIT})?",
    re.IGNORECASE,
)

_CHINESE_DIGITS = {char: value for value, chars in enumerate("零一二三四五六七八九") for char in chars} | {
    "〇": 0,
    "两": 2,
    "兩": 2,
}
_CHINESE_TENS = {"十": 10, "百": 100, "千": 1_000}
_CHINESE_MYRIADS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_CHINESE = re.compile(
    rf"(?P<percent>百分之)?(?P<digits>[零〇一二两兩三四五六七八九十百千万萬亿億]+)(?P<unit>{CHINESE_UNITS})?"
)

_A_DIGIT = re.compile("[0-9]")
_A_CHINESE_DIGIT = re.compile("[零〇一二两兩三四五六七八九十百千万萬亿億]")
_LATIN_WORD = re.compile("[A-Za-z]+")

_TENS = {
    **{"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50},
    **{"sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90},
}
_WORDS = {
    **{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10},
    **{"eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17},
    **{"eighteen": 18, "nineteen": 19, **_TENS},
    **{"dozen": 12, "hundred": 100, "thousand": 1_000, "million": 1_000_000},
}
_ENGLISH = re.compile(
    rf"\b(?:(?P<tens>{'|'.join(_TENS)})[- ])?(?P<word>{'|'.join(_WORDS)})\b(?:[ \u00a0-](?P<unit>{LATIN_UNITS})\b)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Number:
    """A number as it stands in a text."""

    text: str
    """As written, with its unit."""
    values: frozenset[str]
    """What it can mean, in one normal form; more than one where 1.000 may be a thousand or one."""
    unit: str
    """Its unit in one normal form; empty for none that is known."""
    spelled: bool
    """Whether it is written in words."""


def ascii_digits(text: str) -> str:
    """Return `text` with full-width and other decimal digits as ASCII; its length stays."""
    return text.translate(_TO_ASCII)


def find_numbers(text: str) -> Iterator[Number]:
    """Find every number in `text`, whose digits are ASCII."""
    for match in _NUMBER.finditer(text) if _A_DIGIT.search(text) else ():
        unit = "%" if match["percent"] else _unit(match["latin"] or match["chinese"])
        unit = unit or ("money" if match["money"] else "")
        values = _values(match["digits"], (match["magnitude"] or "").strip().lower())
        yield Number(text=match[0].strip(), values=values, unit=unit, spelled=False)
    for match in _CHINESE.finditer(text) if _A_CHINESE_DIGIT.search(text) else ():
        value = chinese_value(match["digits"])
        if value is not None:
            unit = "%" if match["percent"] else _unit(match["unit"])
            yield Number(text=match[0], values=frozenset({str(value)}), unit=unit, spelled=True)
    for match in _english(text):
        value = _WORDS[match["word"].lower()] + (_WORDS[match["tens"].lower()] if match["tens"] else 0)
        yield Number(text=match[0], values=frozenset({str(value)}), unit=_unit(match["unit"]), spelled=True)


def _english(text: str) -> Iterator[re.Match[str]]:
    """Return what `_ENGLISH` finds, looking only where a word of its stands: a tenth of the time."""
    end = 0
    for word in _LATIN_WORD.finditer(text):
        if word[0].lower() in _WORDS and word.start() >= end and (match := _ENGLISH.match(text, word.start())):
            end = match.end()
            yield match


def chinese_value(digits: str) -> int | None:
    """Return the value of a number in Chinese characters, such as 二十四 or 一百零五; None when it is none."""
    if len(digits) > _LONGEST:
        return None
    if all(char in _CHINESE_DIGITS for char in digits):
        return int("".join(str(_CHINESE_DIGITS[char]) for char in digits))
    total, section, digit = 0, 0, 0
    for char in digits:
        if char in _CHINESE_DIGITS:
            digit = _CHINESE_DIGITS[char]
        elif char in _CHINESE_TENS:
            section += (digit or 1) * _CHINESE_TENS[char]
            digit = 0
        else:
            total = (total + section + digit or 1) * _CHINESE_MYRIADS[char]
            section = digit = 0
    return total + section + digit


def _unit(written: str | None) -> str:
    return UNIT_NAMES.get(written.lower(), written.lower()) if written else ""


def _values(digits: str, magnitude: str) -> frozenset[str]:
    if ":" in digits or len(digits) > _LONGEST:
        return frozenset({digits})
    factor = Decimal(10) ** _MAGNITUDES[magnitude] if magnitude else Decimal(1)
    return frozenset(f"{(value * factor).normalize():f}" for value in _readings(re.sub(r"[ \u00a0\u202f]", "", digits)))


def _readings(digits: str) -> list[Decimal]:
    """Return what a number may mean: `.` and `,` group thousands here and mark decimals there."""
    separators = [char for char in digits if char in ".,"]
    if not separators:
        return [Decimal(digits)]
    whole, last, tail = digits.rpartition(separators[-1])
    groups = re.split(r"[.,]", digits)
    grouped = all(len(group) == 3 for group in groups[1:]) and len(groups[0]) <= 3
    readings: list[Decimal] = []
    if grouped:
        readings.append(Decimal("".join(groups)))
    if not (grouped and last == ",") and separators.count(last) == 1:
        readings.append(Decimal(re.sub(r"[.,]", "", whole) + "." + tail))
    return readings or [Decimal("".join(groups))]
