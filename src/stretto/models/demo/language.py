"""Which of the demo model's languages a text is in, or asks for. No I/O."""

import re
from typing import Literal, get_args

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_EN = r"english|en(?:-[a-z]{2})?"
_ZH = r"(?:(?:simplified|traditional|mandarin)\s+)?(?:chinese|mandarin)|zh(?:-[a-z]{2,4})?"
_ASKED = re.compile(
    rf"(?:\b(?:in|into)\s+|\blanguage\s*[:=]\s*)[\"'“]?(?:(?P<en>{_EN})|(?P<zh>{_ZH}))\b"
    r"|(?:用|以|使用|语言[:：])\s*(?:(?P<en2>英文|英语)|(?P<zh2>(?:简体|繁体)?(?:中文|汉语|普通话)))",
    re.IGNORECASE,
)
# In a task, "in Chinese kitchens" is about kitchens: there the name must end its phrase.
_PHRASE_END = re.compile(
    r"[\"'”]?\s*(?:$|[^\w\s]|[\u4e00-\u9fff]|(?:please|for|and|with|only|about|using)\b)", re.IGNORECASE
)
_LATIN_WORD = re.compile(r"[A-Za-z]+")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_KANA = re.compile(r"[\u3040-\u30ff]")
_SAMPLE = 20_000


def asked_language(text: str, *, of_task: bool = False) -> Language | None:
    """Return the language that `text` asks for last, or None; `of_task` reads it as a task, not as an instruction."""
    asked: Language | None = None
    for match in _ASKED.finditer(text):
        if not of_task or _PHRASE_END.match(text, match.end()):
            asked = "en" if match["en"] or match["en2"] else "zh"
    return asked


def language_of(text: str) -> Language | None:
    """Return the language that `text` is written in; None when it has no words."""
    sample = text[:_SAMPLE]
    han = len(_HAN.findall(sample))
    words = len(_LATIN_WORD.findall(sample))
    if not han and not words:
        return None
    # One Chinese character carries about as much as half an English word.
    return "zh" if han > words and not _KANA.search(sample) else "en"
