"""Loads the demo model's words: the signs it looks for, the angles it knows, the phrases it writes with."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from stretto.core.plan import Tier
from stretto.models.demo.reading.language import Language

Genre = Literal["copy", "documentation", "creative", "analysis", "problem", "research"]
GENRES: tuple[Genre, ...] = get_args(Genre)

# A bar inside of a group parts nothing.
_BAR = re.compile(r"\|(?![^(]*\))")
_HAN = re.compile(r"[\u4e00-\u9fff￥¥]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Angle:
    """One way to go at a task, in one language."""

    genre: Genre
    key: str
    """The same in every language."""
    name: str
    """The subtask's type."""
    shape: str
    """How its text is built; a plan prefers angles of different shapes."""
    tier: Tier
    base: float
    """How good it is for any brief of its genre."""
    signs: Mapping[str, float]
    """Tags of the brief that speak for it, and how much."""
    match: re.Pattern[str]
    """What another's type or description says when it means this angle."""
    plan: str
    """Template of the subtask's description."""
    why: str
    """Template of the reason in the analysis."""
    good: str
    """Template: what the text is good for."""
    text: str
    """Template of the worker's text."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Gloss:
    """What can be said about a kind of feature without knowing more than its name."""

    key: str
    match: re.Pattern[str]
    thing: re.Pattern[str] | None
    """What the product must be; None for any."""
    plain: str
    warm: str
    short: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Signs:
    """What words of a brief tell, whatever its language."""

    genre: Mapping[str, re.Pattern[str]]
    instructions: Mapping[str, re.Pattern[str]]
    tag: Mapping[str, re.Pattern[str]]
    family: Mapping[str, re.Pattern[str]]


def sign_pattern(words: str) -> re.Pattern[str]:
    """Compile alternatives that match Latin words from their beginning and Chinese ones anywhere."""
    parts = _BAR.split(words)
    parts = [part if _HAN.search(part) or not part[:1].isalnum() else rf"\b{part}" for part in parts]
    return re.compile("|".join(parts), re.IGNORECASE)


@cache
def signs() -> Signs:
    """Return the signs of every language."""
    data = _load("signs.toml")
    return Signs(**{part: {key: sign_pattern(words) for key, words in data[part].items()} for part in data})


@cache
def angles(language: Language, genre: Genre) -> tuple[Angle, ...]:
    """Return the angles of a genre in a language, in the library's order."""
    return tuple(_angle(genre, data) for data in _load(language, f"{genre}.toml")["angle"])


def _angle(genre: Genre, data: Mapping[str, Any]) -> Angle:
    return Angle(
        genre=genre,
        key=data["key"],
        name=data["name"],
        shape=data["shape"],
        tier=data["tier"],
        base=data["base"],
        signs=data["signs"],
        match=sign_pattern(data["match"]),
        plan=data["plan"],
        why=data["why"],
        good=data["good"],
        text=data["text"],
    )


@cache
def glosses(language: Language) -> tuple[Gloss, ...]:
    """Return the glosses of a language, the first that matches being the one to use."""
    return tuple(
        Gloss(
            key=data["key"],
            match=sign_pattern(data["match"]),
            thing=sign_pattern(data["thing"]) if "thing" in data else None,
            plain=data["plain"],
            warm=data["warm"],
            short=data["short"],
        )
        for data in _load(language, "glosses.toml")["gloss"]
    )


@cache
def frames(language: Language) -> Mapping[str, Any]:
    """Return the sentences around the angles: analysis, synthesis, small words."""
    return _load(language, "frames.toml")


@cache
def glossary() -> tuple[tuple[str, str], ...]:
    """Return pairs of English and Chinese phrases, for a brief that is not in the language to be written."""
    return tuple((pair[0], pair[1]) for pair in _load("glossary.toml")["pairs"])


def _load(*path: str) -> dict[str, Any]:
    return tomllib.loads(files("stretto.models.demo").joinpath("phrases", *path).read_text(encoding="utf-8"))
