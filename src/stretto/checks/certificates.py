"""Certificates, standards and proofs that copy must not invent. Data and one search. No I/O."""

import re
from collections.abc import Mapping

STANDARD = re.compile(
    r"(?<![A-Za-z0-9])(?:ISO|IEC|EN|DIN|ASTM|ANSI|BS|JIS|GB(?:/T)?|UL|IEEE|MIL-STD|IPX?|SOC|NSF/ANSI)"
    r"[ -]?(?:/IEC[ -]?)?[0-9]{1,6}(?:[.:-][0-9]{1,5}){0,3}[A-Z]?(?![A-Za-z0-9])"
)
"""A standard with its number, such as ISO 9001 or IP67."""

NAMED: Mapping[str, re.Pattern[str]] = {
    # ASCII: a Chinese character beside "FDA" is then the end of the word.
    label: re.compile(pattern, re.ASCII)
    for label, pattern in {
        "FDA": r"\bFDA\b",
        "CE": r"\bCE\b(?=[- ]?(?:mark|cert|认证|标志))",
        "BPA": r"\bBPA\b|双酚\s?A|(?i:bisphenol)",
        "LFGB": r"\bLFGB\b",
        "SGS": r"\bSGS\b",
        "RoHS": r"(?i:\brohs\b)",
        "FSC": r"\bFSC\b",
        "GOTS": r"\bGOTS\b",
        "OEKO-TEX": r"(?i:oeko-?tex)",
        "Fairtrade": r"(?i:\bfair[- ]?trade\b)|公平贸易",
        "B Corp": r"\bB[- ]Corp",
        "USDA": r"\bUSDA\b",
        "Energy Star": r"(?i:energy star)",
        "LEED": r"\bLEED\b",
        "TÜV": r"T(?:Ü|UE)V",
        "FCC": r"\bFCC\b",
        "3C": r"(?:3C|CCC)\s?认证",
        "HACCP": r"\bHACCP\b",
        "GMP": r"\bGMP\b",
        "HIPAA": r"\bHIPAA\b",
        "GDPR": r"\bGDPR\b",
        "PCI DSS": r"\bPCI[- ]DSS\b",
        "halal": r"(?i:\bhalal\b)|清真",
        "kosher": r"(?i:\bkosher\b)",
        "vegan": r"(?i:\bvegan\b)|纯素",
        "organic": r"(?i:\borganic\b)|有机",
        "food-grade": r"(?i:\bfood[- ]grade\b)|食品级",
        "medical-grade": r"(?i:\bmedical[- ]grade\b)|医用级|医疗级",
        "carbon-neutral": r"(?i:\b(?:carbon|climate)[- ]neutral)|碳中和|零碳",
        "patent": r"(?i:\bpatent(?:s|ed)?\b)|专利",
        "award": r"(?i:\baward)|获奖|大奖",
        "clinical proof": r"(?i:\bclinical(?:ly)?\b)|临床",
        "laboratory test": r"(?i:\b(?:lab|laboratory|independently)[- ]tested\b)|实验室|第三方检测",
    }.items()
}
"""Marks, grades and proofs by name; each pattern knows their spellings."""

CERTIFICATION = re.compile(r"(?i:\bcertif(?:y|ied|icates?|ications?)\b|\bzertifi\w+|\baccredited\b)|认证|認證")
"""The word itself, when nothing more exact is claimed."""


def normal_standard(written: str) -> str:
    """Return a standard in one normal form, so that ISO-9001 and ISO 9001 are the same."""
    return re.sub(r"[ -]", "", written).upper()
