"""Which of the demo model's languages a text is in, or asks for. No I/O."""

import re
from collections.abc import Iterable, Mapping
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
_ANY_WORD = re.compile(r"[^\W\d_]+")
_LATIN_WORD = re.compile(r"[A-Za-z]+")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_KANA = re.compile(r"[\u3040-\u30ff]")
_SAMPLE = 20_000
_SAMPLE_OF_ONE = 2_000
# Signs of languages that the demo model cannot write, so that it says which one it took instead.
_SCRIPTS: Mapping[str, re.Pattern[str]] = {
    "Japanese": re.compile(r"[\u3041-\u30ff]"),
    "Korean": re.compile(r"[\uac00-\ud7a3]"),
    "Russian or another language in Cyrillic": re.compile(r"[\u0400-\u052f]"),
    "Arabic": re.compile(r"[\u0620-\u06d3]"),
    "Hebrew": re.compile(r"[\u05d0-\u05ea]"),
    "Greek": re.compile(r"[\u0370-\u03ff]"),
    "Thai": re.compile(r"[\u0e01-\u0e3a]"),
    "Hindi": re.compile(r"[\u0900-\u0963]"),
}
_WORDS: Mapping[str, re.Pattern[str]] = {
    name: re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)
    for name, words in {
        "German": r"und|der|das|dem|ein|eine|einen|einer|mit|für|ist|sind|nicht|aus|zum|zur|auf|von|im|über|ohne|"
        r"\w*[äöüß]\w*|\w+(?:keit|heit|lich|stahl|sicher|dicht|becher|flasche|tasche|schutz|wolle|holz|leicht)e?r?",
        "French": r"et|de|le|les|des|du|une|un|pour|avec|est|sont|sans|dans|sur|aux|\w*[çœ]\w*|\w+(?:eux|euse|ique)",
        "Spanish": r"y|de|el|los|las|una|para|con|sin|por|\w*[ñ¿¡]\w*|\w+(?:ción|dad)",
        "Italian": r"e|di|il|gli|della|delle|degli|una|per|con|senza|sono|\w+(?:zione|ità|issimo)",
        "Portuguese": r"e|de|os|uma|para|com|sem|são|do|da|dos|das|\w*[ãõ]\w*",
        "Dutch": r"het|een|voor|met|zijn|niet|zonder|\w+(?:lijk|heid)",
    }.items()
}
_FEWEST_SIGNS = 2
_LEAST_SHARE = 0.15


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


def other_language(text: str) -> str:
    """Return the name of a language that is neither English nor Chinese; empty when nothing shows one."""
    sample = text[:_SAMPLE]
    words = len(_ANY_WORD.findall(sample))
    for name, letters in _SCRIPTS.items():
        if len(letters.findall(sample)) > words / 2:
            return name
    counts = {name: len(signs.findall(sample)) for name, signs in _WORDS.items()}
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] >= max(_FEWEST_SIGNS, _LEAST_SHARE * words) else ""


def material_language(values: Iterable[str]) -> Language | None:
    """Return the language that most of a brief's values are in; None when they have no words."""
    return language_of("\n".join(value[:_SAMPLE_OF_ONE] for value in values))
