"""The check "facts": numbers, units and certificates that the brief does not have. No I/O."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from stretto.checks.brief import brief_of, given_to_all
from stretto.checks.certificates import CERTIFICATION, STANDARD, marks_in, normal_standard
from stretto.checks.numbers import Number, ascii_digits, find_numbers
from stretto.core.checks import Answer, Finding

_SHOWN = 12
"""How many claims a remark lists."""

# What looks like a number and claims nothing: code, addresses, numbering, 24/7, hashtags.
_NO_CLAIM = re.compile(
    r"^ {0,3}```.*?(?:^ {0,3}```|\Z)"
    r"|https?://\S+"
    r"|^[ \t>*#-]*[(（\[]?[0-9]{1,3}[.)、:：）\]](?![0-9])"
    r"|^[ \t]*#{1,6} [0-9]{1,3}(?=[ .:])"
    r"|[\[(（][0-9]{1,2}[\])）]"
    r"|\b(?=[cdfnopqstvwCDFNOPQSTVW])"
    r"(?i:step|part|chapter|section|day|option|variant|version|tip|phase|figure|table|week|no\.|q)[ ]?[0-9]{1,3}\b"
    r"|第[0-9]{1,3}|(?:步骤|方案|版本|阶段|部分|选项|变体)[ ]?[0-9]{1,3}"
    r"|(?<![0-9])24/7(?![0-9])|[0-9]{1,6}(?i:st|nd|rd|th)\b|#\w+",
    re.MULTILINE | re.DOTALL,
)
_NO_CLAIM_SIGN = re.compile("[0-9`#]|://")
"""Stands in every text that `_NO_CLAIM` finds something in."""
_ORDINAL = re.compile(r"第[零〇一二两三四五六七八九十百千]+")


def check_facts(answer: Answer) -> Finding | None:
    """Warn of numbers, percentages, units, certificates and standards that neither task, context nor description has.

    A bare number below ten ("3 reasons") claims nothing, nor does numbering.
    """
    text = ascii_digits(answer.text)
    if _NO_CLAIM_SIGN.search(text):
        text = _NO_CLAIM.sub(" ", text)
    text = _ORDINAL.sub(" ", text)
    claims = [*_certificates(text, answer), *_numbers(STANDARD.sub(" ", text), answer)]
    if not claims:
        return None
    shown = ", ".join(claims[:_SHOWN]) + (f" and {len(claims) - _SHOWN} more" if len(claims) > _SHOWN else "")
    message = f"The brief does not say: {shown}. Confirm or leave out."
    return Finding(check="facts", message=message, action="warn")


def _certificates(text: str, answer: Answer) -> list[str]:
    standards = {normal_standard(match[0]): match[0] for match in STANDARD.finditer(text)}
    marks = marks_in(text)
    # "ISO 9001 certified": the word says nothing beyond the mark that stands beside it.
    word = None if standards or marks else CERTIFICATION.search(text)
    if not (standards or marks or word):
        return []
    brief = ascii_digits(brief_of(answer))
    known = {normal_standard(match[0]) for match in STANDARD.finditer(brief.upper())}
    found = [written for normal, written in standards.items() if normal not in known]
    found += [written for written, mark in marks.items() if not mark.search(brief)]
    return [*found, word[0]] if word and not CERTIFICATION.search(brief) else found


def _numbers(text: str, answer: Answer) -> list[str]:
    claims = [number for number in find_numbers(text) if _is_claim(number)]
    if not claims:
        return []
    subtask = f"{answer.subtask.type}\n{answer.subtask.description}"
    sources = (_known_numbers(given_to_all(answer.task)), _known_numbers(subtask))
    return list(dict.fromkeys(number.text for number in claims if not _supported(number, sources)))


@lru_cache(maxsize=16)  # all workers of a run share the task and its context, which may be long
def _known_numbers(text: str) -> Mapping[str, frozenset[str]]:
    """Return the units by value; a value without a unit has the empty one."""
    known: dict[str, set[str]] = {}
    for number in find_numbers(ascii_digits(text)):
        for value in number.values:
            known.setdefault(value, set()).add(number.unit)
    return {value: frozenset(units) for value, units in known.items()}


def _is_claim(number: Number) -> bool:
    if number.spelled:
        # 一 and "one" are articles more often than numbers; other words count with a unit.
        return bool(number.unit) and number.values.isdisjoint({"0", "1"})
    return bool(number.unit) or not all(len(value) == 1 for value in number.values)


def _supported(number: Number, sources: Sequence[Mapping[str, frozenset[str]]]) -> bool:
    units = {unit for known in sources for value in number.values for unit in known.get(value, ())}
    # Without a unit on one side, nothing contradicts.
    return bool(units) and (not number.unit or number.unit in units or "" in units)
