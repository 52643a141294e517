"""Just enough English grammar to put a brief's phrases into sentences. No I/O."""

import re
from collections.abc import Sequence

_ADJECTIVE = re.compile(
    r".*(?:-free|-proof|-resistant|-friendly|-cancelling|-canceling|-lasting|-made|-grade|less|able|"
    r"ible|ful|ous|ive)|"
    r"(?:(?:\w+ly|very|extra|super) )?(?:\w+-)?(?:insulated|recycled|padded|certified|tested|rechargeable|reinforced|"
    r"encrypted|organic|vegan|wireless|"
    r"portable|lightweight|waterproof|leakproof|foldable|compact|handmade|ergonomic|reflective|"
    r"breathable|durable|modular|"
    r"adjustable|quiet|silent|light|soft|warm|fast|safe|smart|automated|integrated|reusable|sustainable|natural|"
    r"gluten-free|biodegradable|compostable|washable|open source|open-source|self-hosted|offline-first)",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"(?:keeps?|holds?|weighs?|runs?|works?|charges?|fits?|folds?|has|have|comes|connects?|supports?|"
    r"syncs?|lasts?|cuts|saves?|"
    r"makes?|lets?|helps?|reduces?|includes?|protects?|blocks?|cleans?|stays?|needs?|exports?|"
    r"integrates?|opens?|packs?)\b",
    re.IGNORECASE,
)
_NO_ARTICLE = re.compile(
    r"(?:\d(?![\d.,]*-)|[$€£¥]|(?:a|an|the|no|our|your|its|free|full|built-in|up to|more|less|two|three|four|five|"
    r"six|all)\b)|.*(?:[^s]s|steel|cotton|fabric|mesh|foam|"
    r"wool|bamboo|glass|leather|support|protection|charging|storage|access|shipping|packaging|"
    r"technology|life|wood|water|"
    r"leather|security|encryption|sync|software|comfort|tracking|cancellation|cancelling|canceling|"
    r"reporting|billing|delivery|reminding|"
    r"training|analysis|management|monitoring|hosting|[a-z]ing)$",
    re.IGNORECASE,
)
_STOP = re.compile(r"\s+(?:for|with|in|on|at|of|from|by|to|and|about|under)\s+", re.IGNORECASE)
_VOWEL = re.compile(r"(?:[aeioAEIO]|[uU](?!n[ai]|s[aeiu]|til)|hour|honest|8|11\b|18\b|[FLMNRSX](?=[A-Z]))")


def is_plural(phrase: str) -> bool:
    """Whether a noun phrase is plural, by its head's ending."""
    noun = head(phrase).lower()
    return noun.endswith("s") and not noun.endswith(("ss", "us", "is", "ics"))


def head(phrase: str) -> str:
    """Return the noun that a phrase is about: its last word before a preposition."""
    words = _STOP.split(phrase, maxsplit=1)[0].split()
    return words[-1] if words else phrase


def is_name(phrase: str) -> bool:
    """Whether a phrase is a proper name, which takes no article."""
    second = phrase.split()[1:2]
    return (phrase[:1].isupper() and not phrase[:2].isupper()) or any(word[:1].isupper() for word in second)


def with_article(phrase: str) -> str:
    """Return a noun phrase with "a" or "an", where it takes one."""
    if is_name(phrase) or is_plural(phrase) or _NO_ARTICLE.match(phrase):
        return phrase
    return f"{'an' if _VOWEL.match(phrase) else 'a'} {phrase}"


def join(items: Sequence[str], last: str = " and ") -> str:
    """Return items as a list in a sentence."""
    return last.join(filter(None, (", ".join(items[:-1]), *items[-1:])))


def claims(features: Sequence[str], *, plural: bool) -> str:
    """Return a sentence's predicates: what the thing is, what it comes with, what it does."""
    is_, comes, it = ("are", "come with", "they") if plural else ("is", "comes with", "it")
    verbs = [feature for feature in features if _VERB.match(feature)]
    adjectives = [feature for feature in features if feature not in verbs and _ADJECTIVE.fullmatch(feature)]
    nouns = [with_article(feature) for feature in features if feature not in verbs and feature not in adjectives]
    parts = [
        f"{is_} {join(adjectives)}" if adjectives else "",
        f"{comes} {join(nouns)}" if nouns else "",
        join(verbs),
    ]
    message = [part for part in parts if part]
    return f"{message[0]}{''.join(f', and {it} {part}' for part in message[1:])}" if message else ""
