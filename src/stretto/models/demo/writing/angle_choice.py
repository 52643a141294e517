"""Chooses the angles that fit one brief, and finds the angle that a subtask means. No I/O."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

from stretto.models.demo.library import GENRES, Angle, Genre, angles, signs
from stretto.models.demo.reading.briefs import Brief
from stretto.models.demo.reading.language import Language

# A second angle of the same shape would read like the first one.
_SAME_SHAPE = 2.5
# Copy is what is asked for by default, so its instructions say little about the task.
_PROTOCOL_REASONS: Mapping[Genre, float] = {**dict.fromkeys(GENRES, 2.5), "copy": 0.5}
_SAMPLE = 8_000
_WORD_HEAD = re.compile(r"(?:\d[\d.,]*)$")
_WORD_REST = re.compile(r"(?:[A-Za-z0-9-]|[.,](?=\d))*")
_REACH = 40
_TAKE = re.compile(r"(.*?)(?: \(take (\d{1,4})\)|（第(\d{1,4})稿）)?", re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One angle for one brief."""

    angle: Angle
    take: int = 1
    """More than 1 when a plan asks for more subtasks than there are angles."""
    evidence: str = ""
    """The brief's own word that spoke loudest for it; empty when it is there on its own merit."""

    @property
    def name(self) -> str:
        """The subtask's type."""
        if self.take == 1:
            return self.angle.name
        return (
            f"{self.angle.name} (take {self.take})"
            if self.angle.name.isascii()
            else f"{self.angle.name}（第{self.take}稿）"
        )


def find_genre(task: str, instructions: str) -> Genre:
    """Return what kind of work a task is; the instructions around it count where they are those of a special kind."""
    known = signs()
    scores = dict.fromkeys(GENRES, 0.0)
    for genre in GENRES:
        hits = list(known.genre[genre].finditer(task[:_SAMPLE]))
        if hits:
            scores[genre] += 2.0 * min(len({hit[0].lower() for hit in hits}), 2) + 1.0 - hits[0].start() / _SAMPLE
        told = {match[0].lower() for match in known.instructions[genre].finditer(instructions[:_SAMPLE])}
        scores[genre] += _PROTOCOL_REASONS[genre] * min(len(told), 2)
    best = max(GENRES, key=lambda genre: scores[genre])
    return best if scores[best] else "copy"


def has_genre(text: str) -> bool:
    """Whether `text` asks for anything of a known kind."""
    return any(pattern.search(text[:_SAMPLE]) for pattern in signs().genre.values())


def rank(brief: Brief, genre: Genre, count: int) -> list[Choice]:
    """Return the `count` best angles, best first; asking for more never changes the ones before."""
    tags = _tags(brief)
    open_ = [(_score(angle, tags), angle) for angle in angles(brief.language, genre)]
    chosen: list[Choice] = []
    shapes: dict[str, int] = {}
    while open_ and len(chosen) < count:
        best = max(open_, key=lambda entry: entry[0] - _SAME_SHAPE * shapes.get(entry[1].shape, 0))
        open_.remove(best)
        shapes[best[1].shape] = shapes.get(best[1].shape, 0) + 1
        chosen.append(Choice(angle=best[1], evidence=_evidence(best[1], tags)))
    first = tuple(chosen)
    for number in range(len(first), count):
        again = first[number % len(first)]
        chosen.append(Choice(angle=again.angle, take=number // len(first) + 1, evidence=again.evidence))
    return chosen


def _tags(brief: Brief) -> dict[str, tuple[float, str]]:
    """Return the weight of each tag in the brief, with the word that shows it."""
    words = brief.words
    found: dict[str, tuple[float, str]] = {}
    for tag, pattern in signs().tag.items():
        hits = [match[0] for match in pattern.finditer(words)]
        if hits:
            found[tag] = (min(len({hit.lower() for hit in hits}), 3), _whole_word(words, pattern))
    return found


def _whole_word(words: str, pattern: re.Pattern[str]) -> str:
    """Return the first hit as the brief has it: with the whole of the word and of the number that it is part of."""
    match = pattern.search(words)
    assert match is not None
    before = _WORD_HEAD.search(words[max(0, match.start() - _REACH) : match.start()])
    after = _WORD_REST.match(words[match.end() : match.end() + _REACH])
    return f"{before[0] if before else ''}{match[0]}{after[0] if after else ''}"


def _score(angle: Angle, tags: dict[str, tuple[float, str]]) -> float:
    return angle.base + sum(weight * tags[tag][0] for tag, weight in angle.signs.items() if tag in tags)


def _evidence(angle: Angle, tags: dict[str, tuple[float, str]]) -> str:
    """Return the word that shows the angle's main sign; a side sign is no reason to give."""
    main = max(angle.signs.values(), default=0.0)
    present = [tag for tag, weight in angle.signs.items() if tag in tags and weight >= main / 2]
    return tags[max(present, key=lambda tag: angle.signs[tag] * tags[tag][0])][1] if present else ""


def named_angle(type_: str, language: Language) -> Choice | None:
    """Return the angle of this name, of whatever genre; None when there is none."""
    match = _TAKE.fullmatch(type_.strip())
    name, take = (match[1], int(match[2] or match[3] or 1)) if match else (type_, 1)
    for genre in GENRES:
        for angle in angles(language, genre):
            if angle.name == name:
                return Choice(angle=angle, take=take)
    return None


def find_angle(type_: str, description: str, genre: Genre, language: Language) -> Choice:
    """Return the angle that a subtask means: by its name, by what is said of it, or one that is always the same."""
    return named_angle(type_, language) or Choice(angle=_closest(type_, description, angles(language, genre)))


def _closest(type_: str, description: str, known: Sequence[Angle]) -> Angle:
    def likeness(angle: Angle) -> int:
        hits = len(set(angle.match.findall(description[:2_000].lower())))
        return hits + 3 * len(set(angle.match.findall(type_[:200].lower())))

    best = max(known, key=likeness)
    return best if likeness(best) else known[crc32(f"{type_}\n{description}".encode()) % len(known)]
