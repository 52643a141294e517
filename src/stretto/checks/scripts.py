"""Distinguishes scripts, such as Chinese characters from the Latin alphabet. No I/O."""

import re
from collections.abc import Mapping
from functools import lru_cache

_LETTERS: Mapping[str, re.Pattern[str]] = {
    # Written without spaces: each character counts. The others count by the word.
    "Han": re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"),
    "Kana": re.compile(r"[\u3041-\u3096\u30a1-\u30fa\u31f0-\u31ff\uff66-\uff9d]"),
    "Thai": re.compile(r"[\u0e01-\u0e3a\u0e40-\u0e4d]{1,4}"),
    "Hangul": re.compile(r"[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]+"),
    "Latin": re.compile(r"[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff]+"),
    "Cyrillic": re.compile(r"[\u0400-\u052f]+"),
    "Arabic": re.compile(r"[\u0620-\u065f\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f]+"),
    "Hebrew": re.compile(r"[\u05b0-\u05ea]+"),
    "Greek": re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]+"),
    "Devanagari": re.compile(r"[\u0900-\u0963\u0970-\u097f]+"),
}

SCRIPT_NAMES: Mapping[str, str] = {
    "Chinese": "Chinese characters",
    "Japanese": "Japanese characters",
    "Hangul": "the Korean alphabet",
    "Latin": "the Latin alphabet",
    "Cyrillic": "the Cyrillic alphabet",
    "Arabic": "the Arabic alphabet",
    "Hebrew": "the Hebrew alphabet",
    "Greek": "the Greek alphabet",
    "Thai": "the Thai alphabet",
    "Devanagari": "Devanagari",
}
"""The name of every script that is recognised. Kana makes the Chinese characters beside it Japanese."""

KANA_IN_JAPANESE = 0.1
"""From this share of kana on, a text in Chinese characters is Japanese; a quoted name stays below it."""

_LANGUAGES: Mapping[str, str] = {
    "Chinese": "zh cmn yue chinese mandarin cantonese 中文 汉语 漢語 普通话 國語 国语 粤语 简体 繁体 繁體 中国語",
    "Japanese": "ja japanese 日语 日文 日語 日本語",
    "Hangul": "ko korean 韩语 韩文 韓語 한국어",
    "Latin": (
        "en de fr es it pt nl pl tr vi id sv da no nb fi cs sk hu ro hr sl et lv lt ms ca la english german french "
        "spanish italian portuguese dutch polish turkish vietnamese indonesian swedish danish norwegian finnish czech "
        "hungarian romanian croatian latin deutsch français español italiano português 英语 英文 英語 德语 德文 法语 "
        "法文 西班牙语 意大利语 葡萄牙语 越南语 印尼语 荷兰语 波兰语 土耳其语 拼音 pinyin"
    ),
    "Cyrillic": "ru uk bg be mk kk russian ukrainian bulgarian 俄语 俄文 乌克兰语 русский українська",
    "Arabic": "ar fa ur arabic persian farsi urdu 阿拉伯语 العربية",
    "Hebrew": "he yi hebrew 希伯来语 עברית",
    "Greek": "el greek 希腊语 ελληνικά",
    "Thai": "th thai 泰语 泰文 ไทย",
    "Devanagari": "hi mr ne hindi marathi nepali 印地语 हिन्दी",
}

_BY_WORD = {word: script for script, words in _LANGUAGES.items() for word in words.split()}
# Codes are too short to be looked for in prose: "it", "no" and "he" are words.
_NAMES = {word: script for word, script in _BY_WORD.items() if not word.isascii() or len(word) > 3}
_ASCII_WORD = re.compile(r"[a-z]+")


def script_of_language(language: str) -> str | None:
    """Return the script of a language code such as "zh-CN" or of its name; None when it is not known."""
    words = re.split(r"[-_\s(]+", language.strip().lower())
    return _BY_WORD.get(words[0])


def named_scripts(text: str) -> frozenset[str]:
    """Return the scripts of all languages that `text` names."""
    lowered = text.lower()
    words = frozenset(_ASCII_WORD.findall(lowered))
    # Names in other scripts stand without blanks around them.
    return frozenset(s for name, s in _NAMES.items() if name in (words if name.isascii() else lowered))


@lru_cache(maxsize=16)  # all workers of a run share the task
def script_shares(text: str) -> tuple[int, Mapping[str, float]]:
    """Return how many words (characters, where a script has no spaces) `text` has, and each script's share of them."""
    if text.isascii():
        words = len(_LETTERS["Latin"].findall(text))
        return words, {"Latin": 1.0} if words else {}
    counts = {script: len(pattern.findall(text)) for script, pattern in _LETTERS.items()}
    han, kana = counts.pop("Han"), counts.pop("Kana")
    japanese = kana > KANA_IN_JAPANESE * (han + kana)
    counts["Japanese" if japanese else "Chinese"] = han + kana
    total = sum(counts.values())
    return total, {script: count / total for script, count in counts.items() if count}
