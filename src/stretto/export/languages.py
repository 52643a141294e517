"""Tells the language of a text for a page: by its script, and in Latin letters by its commonest words. No I/O."""

import re
from collections import Counter

_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")),
    ("ar", re.compile("[\u0620-\u065f\u066e-\u06d3\u0750-\u077f]")),
    ("he", re.compile("[\u05b0-\u05ea]")),
    ("ru", re.compile("[\u0400-\u052f]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("th", re.compile("[\u0e01-\u0e4d]")),
    ("hi", re.compile("[\u0900-\u097f]")),
)
_RELATED = {
    "ar": (("ur", re.compile("[ٹڈڑںے]")), ("fa", re.compile("[پچژگ]"))),
    "ru": (("uk", re.compile("[іїєґ]", re.IGNORECASE)),),
}
"""Languages of one script, known by letters that the first one lacks."""
_WORDS = {
    "en": "the and of to is with for your that this it you are from in on not our",
    "de": "der die das und ist mit für nicht ein eine auf den dem im von zu sich auch wir ihr",
    "fr": "le la les et est avec pour une des du dans que pas vous votre sur au aux en nous",
    "es": "el los las y es con para una del que por no tu su en como más al se lo",
    "it": "il gli e è con per una della che non di del nel sul tuo la le un anche si",
    "pt": "o os as e é com para uma da do que não em seu sua na no um mais ao",
    "nl": "de het en is met voor een van niet op dat je te zijn aan uw ook bij in er",
    "sv": "och är med för en ett av det att inte på som den till du vår",
    "da": "og er med for en et af det at ikke på som den til du vores",
    "pl": "i jest z dla nie na się to w do że jak twój oraz od po",
    "tr": "ve bir bu için ile çok daha da de her olarak gibi olan en",
    "id": "dan yang untuk dengan di ini itu dari anda tidak pada adalah ke",
    "vi": "và của là cho với không một các được trong bạn này có những",
}
_SETS = {code: frozenset(words.split()) for code, words in _WORDS.items()}
_LATIN_WORD = re.compile(r"[^\W\d_]+")
_FEWEST = 3
"""So many of a language's words a text must have."""
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


def language_of(text: str) -> str:
    """Return the code of a text's language, such as "zh" or "de"; empty where it is not known."""
    enough = sum(not sign.isspace() for sign in text) / 5
    code = next((code for code, script in _SCRIPTS if len(script.findall(text)) > enough), "")
    if code:
        return next((other for other, letters in _RELATED.get(code, ()) if letters.search(text)), code)
    words = Counter(word.lower() for word in _LATIN_WORD.findall(text[:20_000]))
    hits = {code: sum(words[word] for word in common) for code, common in _SETS.items()}
    best, second = sorted(hits, key=lambda code: hits[code], reverse=True)[:2]
    known = hits[best] >= max(_FEWEST, sum(words.values()) / 12) and hits[best] > hits[second]
    return best if known else ""


def attributes(text: str) -> str:
    """Return the attributes for an element with this text: its language, empty when unknown, and its direction."""
    direction = ' dir="auto"' if _RIGHT_TO_LEFT.search(text) else ""
    return f' lang="{language_of(text)}"{direction}'
