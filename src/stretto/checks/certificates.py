"""Certificates, standards and proofs that copy must not invent. Data and one search. No I/O."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

STANDARD = re.compile(
    r"(?<![A-Za-z0-9])(?:ISO|IEC|EN|DIN|ASTM|ANSI|BS|JIS|GB(?:/T)?|UL|IEEE|MIL-STD|IPX?|SOC|NSF/ANSI)"
    r"[ -]?(?:/IEC[ -]?)?[0-9]{1,6}(?:[.:-][0-9]{1,5}){0,3}[A-Z]?(?![A-Za-z0-9])"
)
"""A standard with its number, such as ISO 9001 or IP67."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark, a grade or a proof with its spellings."""

    signs: tuple[str, ...]
    """One of these stands, in lower case, in every text that has it: found far sooner than the pattern."""
    pattern: re.Pattern[str]

    def search(self, text: str) -> re.Match[str] | None:
        """Return the first place where a text has it."""
        return self.pattern.search(text)


_SPELLINGS: Mapping[str, tuple[str, str]] = {
    "FDA": ("fda", r"\bFDA\b"),
    "CE": ("ce", r"\bCE\b(?=[- ]?(?:mark|cert|认证|标志))"),
    "BPA": ("bpa 双酚 bisphenol", r"\bBPA\b|双酚\s?A|(?i:bisphenol)"),
    "LFGB": ("lfgb", r"\bLFGB\b"),
    "SGS": ("sgs", r"\bSGS\b"),
    "RoHS": ("rohs", r"(?i:\brohs\b)"),
    "FSC": ("fsc", r"\bFSC\b"),
    "GOTS": ("gots", r"\bGOTS\b"),
    "OEKO-TEX": ("oeko", r"(?i:oeko-?tex)"),
    "Fairtrade": ("fair 公平贸易", r"(?i:\bfair[- ]?trade\b)|公平贸易"),
    "B Corp": ("corp", r"\bB[- ]Corp"),
    "USDA": ("usda", r"\bUSDA\b"),
    "Energy Star": ("energy", r"(?i:energy star)"),
    "LEED": ("leed", r"\bLEED\b"),
    "TÜV": ("tüv tuev", r"T(?:Ü|UE)V"),
    "FCC": ("fcc", r"\bFCC\b"),
    "3C": ("3c ccc", r"(?:3C|CCC)\s?认证"),
    "HACCP": ("haccp", r"\bHACCP\b"),
    "GMP": ("gmp", r"\bGMP\b"),
    "HIPAA": ("hipaa", r"\bHIPAA\b"),
    "GDPR": ("gdpr", r"\bGDPR\b"),
    "PCI DSS": ("dss", r"\bPCI[- ]DSS\b"),
    "halal": ("halal 清真", r"(?i:\bhalal\b)|清真"),
    "kosher": ("kosher", r"(?i:\bkosher\b)"),
    "vegan": ("vegan 纯素", r"(?i:\bvegan\b)|纯素"),
    "organic": ("organic 有机", r"(?i:\borganic\b)|有机"),
    "food-grade": ("food 食品级", r"(?i:\bfood[- ]grade\b)|食品级"),
    "medical-grade": ("medical 医用级 医疗级", r"(?i:\bmedical[- ]grade\b)|医用级|医疗级"),
    "carbon-neutral": ("neutral 碳中和 零碳", r"(?i:\b(?:carbon|climate)[- ]neutral)|碳中和|零碳"),
    "patent": ("patent 专利", r"(?i:\bpatent(?:s|ed)?\b)|专利"),
    "award": ("award 获奖 大奖", r"(?i:\baward)|获奖|大奖"),
    "clinical proof": ("clinical 临床", r"(?i:\bclinical(?:ly)?\b)|临床"),
    "laboratory test": (
        "tested 实验室 第三方检测",
        r"(?i:\b(?:lab|laboratory|independently)[- ]tested\b)|实验室|第三方检测",
    ),
}
NAMED: Mapping[str, Mark] = {
    # ASCII: a Chinese character beside "FDA" is then the end of the word.
    label: Mark(tuple(signs.split()), re.compile(pattern, re.ASCII))
    for label, (signs, pattern) in _SPELLINGS.items()
}
"""Marks, grades and proofs by name; each knows its spellings."""

CERTIFICATION = re.compile(r"(?i:\bcertif(?:y|ied|icates?|ications?)\b|\bzertifi\w+|\baccredited\b)|认证|認證")
"""The word itself, when nothing more exact is claimed."""


def marks_in(text: str) -> Mapping[str, Mark]:
    """Return the marks that a text has, by the words in which it has them."""
    lowered = text.lower()
    near = (mark for mark in NAMED.values() if any(sign in lowered for sign in mark.signs))
    return {match[0]: mark for mark in near if (match := mark.search(text))}


def normal_standard(written: str) -> str:
    """Return a standard in one normal form, so that ISO-9001 and ISO 9001 are the same."""
    return re.sub(r"[ -]", "", written).upper()
