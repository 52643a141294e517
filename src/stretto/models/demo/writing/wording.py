"""Turns a brief into the values that templates name, in the language to be written. No I/O."""

import re
from collections.abc import Sequence

from stretto.models.demo.library import Gloss, frames, glossary, glosses, signs
from stretto.models.demo.reading.briefs import Brief
from stretto.models.demo.reading.language import Language, language_of
from stretto.models.demo.writing.grammar import claims, head, is_name, is_plural, with_article
from stretto.models.demo.writing.template import Values, capital

_WORD = re.compile(r"[A-Za-z0-9\u4e00-\u9fff]+")
_ENGLISH_PART = re.compile(r"[A-Za-z'’]+(?:-[A-Za-z]+)*")
_FILLERS = frozenset({"a", "an", "the", "of", "for", "new"})
_ORIGINAL = re.compile(r"(?:（[^（）]+）| \([^()]+\))$")
_LONGEST_TAG = 28


def make_values(brief: Brief) -> dict[str, str]:
    """Return every value that a template may name for this brief."""
    language = brief.language
    message = [translate(feature, language) for feature in brief.features]
    topic = translate(brief.topic, language)
    plural = language == "en" and brief.product and is_plural(topic)
    whole = translate(brief.whole, language)
    small = frames(language)["small"]
    values = {slot: translate(value, language) for slot, value in brief.facts.items()} | {
        "task": brief.task.rstrip(".。!！?？"),
        "topic": topic,
        "thing": topic if language == "zh" or is_name(topic) else head(topic),
        "asked": brief.task if brief.task.endswith(tuple(".!?。！？…")) else brief.task + small["stop"],
        "a_topic": with_article(whole) if language == "en" else whole,
        "this_topic": _this(topic, language, plural=plural),
        "it": "they" if plural else small["it"],
        "is": "are" if plural else small["is"],
        "s": "" if plural else small["s"],
        "them": "them" if plural else small["it"],
    }
    if message:
        values |= _feature_values(message, language, plural=plural)
    facts = [(small[slot], values[slot]) for slot in ("price", "material", "use") if slot in values]
    facts += [(translate(name, language, both=False), translate(value, language)) for name, value in brief.others]
    if facts:
        values["facts"] = "\n".join(f"- **{capital(name)}**{small['colon']}{value}" for name, value in facts)
        values["facts_line"] = small["semicolon"].join(f"{name}{small['colon']}{value}" for name, value in facts)
    values |= {family: "" for family, pattern in signs().family.items() if pattern.search(brief.whole)}
    return values


def make_features(brief: Brief) -> list[Values]:
    """Return the values of each feature's line: the feature, and what can be said about its kind."""
    spare = frames(brief.language)["spare" if brief.product else "open"]
    lines: list[Values] = []
    for number, feature in enumerate(brief.features):
        gloss = find_gloss(feature, brief.topic, brief.language)
        lines.append(
            {
                "feature": translate(feature, brief.language),
                **{
                    voice: getattr(gloss, voice) if gloss else spare[voice][number % len(spare[voice])]
                    for voice in ("plain", "warm", "short")
                },
            }
        )
    return lines


def kind_values(brief: Brief) -> dict[str, str]:
    """Return the first feature of each kind, under the kind's name and with its article."""
    values: dict[str, str] = {}
    for feature in brief.features:
        if gloss := find_gloss(feature, brief.topic, brief.language):
            message = translate(feature, brief.language)
            values.setdefault(f"k_{gloss.key}", message)
            values.setdefault(f"a_{gloss.key}", with_article(message) if brief.language == "en" else message)
    return values


def find_gloss(feature: str, topic: str, language: Language) -> Gloss | None:
    """Return what can be said about a feature of this product; None when its kind is not known."""
    for gloss in glosses(language):
        if gloss.match.search(feature) and (gloss.thing is None or gloss.thing.search(topic)):
            return gloss
    return None


def _feature_values(message: Sequence[str], language: Language, *, plural: bool) -> dict[str, str]:
    small = frames(language)["small"]
    values = {
        "features": small["comma"].join(message),
        "stamps": " ".join(f"{capital(feature)}{small['stop']}" for feature in message).strip(),
        "stack": "\n".join(f"{capital(feature)}{small['stop']}" for feature in message),
        "hashtags": " ".join(dict.fromkeys(tag for feature in message if (tag := _hashtag(feature)))),
        "claims": claims(message, plural=plural) if language == "en" else small["comma"].join(message),
        "items": "\n".join(f"- {feature}" for feature in message),
        "boxes": "\n".join(f"- [ ] {feature}" for feature in message),
    }
    return values | dict(zip(("first", "second", "third"), message, strict=False))


def _this(topic: str, language: Language, *, plural: bool) -> str:
    if is_name(topic):
        return topic
    return f"{frames(language)['small']['these' if plural else 'this']}{topic}"


def _hashtag(feature: str) -> str:
    plain = feature.split("（")[0]
    # Run together, the digits of a number would make another one.
    if any(character.isdigit() for character in plain):
        return ""
    words: list[str] = _WORD.findall(plain)
    tag = "".join(capital(word) for word in words)
    return f"#{tag}" if tag and len(tag) <= _LONGEST_TAG else ""


def translate(text: str, language: Language, *, both: bool = True) -> str:
    """Return a phrase in `language` with the original behind it; the phrase itself when the glossary lacks it."""
    source = language_of(text)
    if source is None or source == language:
        return text
    translated = _to_chinese(text) if language == "zh" else _to_english(text)
    if not translated:
        return text
    return translated if not both else f"{translated}（{text}）" if language == "zh" else f"{translated} ({text})"


def _to_chinese(text: str) -> str:
    pairs = dict(glossary())
    lowered = text.lower()
    if lowered in pairs:
        return pairs[lowered]
    words = _ENGLISH_PART.findall(lowered)
    if not words or _ENGLISH_PART.sub("", text).strip(" ,"):
        return ""
    out: list[str] = []
    while words:
        for size in range(min(3, len(words)), 0, -1):
            phrase = " ".join(words[:size])
            if phrase in pairs or phrase in _FILLERS:
                out.append(pairs.get(phrase, ""))
                del words[:size]
                break
        else:
            return ""
    return "".join(out)


def _to_english(text: str) -> str:
    return next((english for english, chinese in glossary() if chinese == text), "")


def once(text: str, phrases: Sequence[str], *, keep_first: bool = True) -> str:
    """Return `text` with each phrase's original, in brackets behind it, only where it comes first, or nowhere."""
    for phrase in sorted(set(phrases), key=len, reverse=True):
        original = _ORIGINAL.search(phrase)
        if original and phrase in text:
            start = text.find(phrase) + len(phrase) if keep_first else 0
            text = text[:start] + text[start:].replace(phrase, phrase[: original.start()])
    return text
