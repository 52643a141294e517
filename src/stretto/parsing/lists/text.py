"""The lines of which plans in Markdown and YAML are made, and what stands around their texts. No I/O."""

import re

from stretto.parsing.names import DESCRIPTIONS, TYPE_NAMES, normal

ITEM = re.compile(
    r"(?P<indent>[ \t]*)(?P<mark>[-*+–](?=\s)|[•●▪◦‣]|\(?\d{1,4}[.)](?=\s)|（\d{1,4}）|\d{1,4}[、．）]"
    r"|[a-zA-Z][.)](?=\s)|[①-⑳]"
    r"|[一二三四五六七八九十]{1,3}、|(?:sub)?task\s*#?\d{1,4}\s*[:：.)\-–—]|(?:子?任务)\s*[\d一二三四五六七八九十]{1,3}\s*[:：])"
    r"\s*(?:\[[ xX]\]\s)?(?P<text>\S.*)",
    re.IGNORECASE,
)
HEADING = re.compile(r"[ \t]*(?P<level>#{1,6})\s+(?P<text>\S.*)")
BOLD_LINE = re.compile(r"\s*(?P<mark>\*\*|__)(?P<text>[^*_]+?)(?P=mark)\s*[:：]?\s*")
KEY = re.compile(
    rf"(?P<indent>[ \t]*+)(?P<mark>(?:[-*+•]|\d{{1,4}}[.)、])?\s*)(?:\*\*|__|`|\")?"
    rf"(?P<key>{'|'.join(sorted(TYPE_NAMES | DESCRIPTIONS, key=len, reverse=True))})"
    rf"(?:\*\*|__|`|\")?\s*[:：=]\s*(?:\*\*|__)?\s*(?P<text>.*)",
    re.IGNORECASE,
)
TRIM = ' \t*_`"“”'


def bare(text: str) -> str:
    """Return a name without the emphasis, the quotes and the colon around it."""
    return text.strip().strip(TRIM).strip(":： ").strip(TRIM)


def unquoted(text: str) -> str:
    """Return the text that a value in YAML stands for; any other text as it is."""
    text = text.strip()
    block = re.match(r"[|>][+-]?\s*\n", text)
    if block:
        # A folded block keeps its lines: models put lists into them.
        return "\n".join(line.strip() for line in text[block.end() :].split("\n"))
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" and text[0] not in text[1:-1]:
        return text[1:-1]
    return text


def without_key(text: str) -> str:
    """Return a description without the word that announces it."""
    first, _, rest = text.partition("\n")
    match = KEY.fullmatch(first)
    described = match is not None and normal(match["key"]) in DESCRIPTIONS
    return f"{match['text']}\n{rest}" if match and described else text
