"""Writes the synthesis: one text out of all results, or what each is good for. No I/O."""

import re

from stretto.models.demo.library import Genre, frames
from stretto.models.demo.reading.briefs import Brief, tidy
from stretto.models.demo.reading.prompts import Reading
from stretto.models.demo.writing.angle_choice import find_angle, rank
from stretto.models.demo.writing.template import fill_line

_BLANK = re.compile(r"\n\s*\n")
_LIST = re.compile(r"(?:[-|*•]\s|\d+\.\s|\|)")
_HEADING = re.compile(r"#{1,3} ")
_MOST_BLOCKS = 60


def merge(reading: Reading, brief: Brief, genre: Genre) -> str:
    """Return one text: for copy an opening, one list and the best of each result; else all parts as chapters."""
    if not any(text.strip() for _, text in reading.results):
        return str(frames(brief.language)["bare"]).strip()
    parts = [(type_, _BLANK.split(text.strip())[:_MOST_BLOCKS]) for type_, text in reading.results if text.strip()]
    blocks = _interleaved(parts) if genre == "copy" else _chapters(parts)
    if reading.missing:
        missing = frames(brief.language)["small"]["comma"].join(
            tidy(line.lstrip("- ")) for line in reading.missing.splitlines() if line.strip()
        )
        blocks.append(fill_line(frames(brief.language)["merged_missing"], {"missing": missing}))
    return "\n\n".join(dict.fromkeys(blocks))


def _interleaved(parts: list[tuple[str, list[str]]]) -> list[str]:
    first = parts[0][1]
    opening = [block for block in first if _HEADING.match(block)][:1] + _prose(first)[:1]
    lists = [block for _, part in parts for block in part if _LIST.match(block)][:1]
    others = [max(prose, key=len) for _, part in parts[1:] if (prose := _prose(part))]
    closing = _prose(first)[-1:]
    return [*opening, *lists, *others, *(block for block in closing if block not in opening)]


def _prose(blocks: list[str]) -> list[str]:
    return [block for block in blocks if not _LIST.match(block) and not _HEADING.match(block)]


def _chapters(parts: list[tuple[str, list[str]]]) -> list[str]:
    blocks: list[str] = []
    for type_, part in parts:
        blocks.append(f"## {tidy(type_)}")
        # The chapter's title takes the place of the part's own; what stood under that moves down.
        blocks += [f"#{block}" if block.startswith("## ") else block for block in part if not block.startswith("# ")]
    return blocks


def compare(reading: Reading, brief: Brief, genre: Genre) -> str:
    """Return what each result is good for, and a recommendation."""
    words = frames(brief.language)["compare"]
    results = reading.results
    if not results:
        return str(frames(brief.language)["bare"]).strip()
    choices = {tidy(type_): find_angle(type_, "", genre, brief.language) for type_, _ in results}
    lines = [words["title"]]
    lines += [
        fill_line(words["line"], {"name": name, "good": choice.angle.good if choice.name == name else words["other"]})
        for name, choice in choices.items()
    ]
    if len(choices) == 1:
        return "\n".join((*lines, "", fill_line(words["single"], {"name": next(iter(choices))})))
    by_length = [tidy(type_) for type_, _ in sorted(results, key=lambda result: len(result[1]))]
    best = next((choice for choice in rank(brief, genre, 30) if choice.name in choices), None)
    name = best.name if best else next(iter(choices))
    values = {"name": name, "shortest": by_length[0], "longest": by_length[-1]}
    if best and best.evidence:
        values["evidence"] = best.evidence
    values["why"] = fill_line(words["why"], values)
    advice = [fill_line(words["recommend"], values)]
    if by_length[0] != name:
        advice.append(fill_line(words["borrow"], values))
    space = frames(brief.language)["small"]["space"]
    return "\n".join((*lines, "", fill_line(words["length"], values), "", space.join(advice)))
