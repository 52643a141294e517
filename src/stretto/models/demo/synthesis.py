"""Writes the synthesis: one text out of all results, or what each is good for. No I/O."""

import re

from stretto.models.demo.briefs import Brief, tidy
from stretto.models.demo.choosing import find_angle, rank
from stretto.models.demo.library import Genre, frames
from stretto.models.demo.prompts import Reading
from stretto.models.demo.template import fill_line

_BLANK = re.compile(r"\n\s*\n")
_LIST = re.compile(r"(?:[-|*•]\s|\d+\.\s|\|)")
_HEADING = re.compile(r"#{1,3} ")
_MOST_BLOCKS = 60


def merge(reading: Reading, brief: Brief, genre: Genre) -> str:
    """Return one text: for copy an opening, one list and the best of each result; else all parts as chapters."""
    parts = [(type_, _BLANK.split(text.strip())[:_MOST_BLOCKS]) for type_, text in reading.results if text.strip()]
    blocks = _woven(parts) if genre == "copy" else _chapters(parts)
    if reading.missing:
        missing = frames(brief.language)["small"]["comma"].join(
            tidy(line.lstrip("- ")) for line in reading.missing.splitlines() if line.strip()
        )
        blocks.append(fill_line(frames(brief.language)["merged_missing"], {"missing": missing}))
    return "\n\n".join(dict.fromkeys(blocks))


def _woven(parts: list[tuple[str, list[str]]]) -> list[str]:
    blocks: list[str] = []
    listed = False
    for _, part in parts:
        prose = [block for block in part if not _LIST.match(block) and not _HEADING.match(block)]
        if not blocks:
            blocks += [block for block in part if _HEADING.match(block)][:1] + prose[:1]
        else:
            blocks += prose[:1]
        lists = [block for block in part if _LIST.match(block)]
        if lists and not listed:
            blocks.append(lists[0])
            listed = True
    closing = [block for block in parts[0][1][-1:] if not _LIST.match(block)] if parts else []
    return [*(block for block in blocks if block not in closing), *closing]


def _chapters(parts: list[tuple[str, list[str]]]) -> list[str]:
    blocks: list[str] = []
    for type_, part in parts:
        blocks.append(f"## {tidy(type_)}")
        blocks += [
            f"##{block}" if _HEADING.match(block) and block.startswith("## ") else block
            for block in part
            if not block.startswith("# ")
        ]
    return blocks


def compare(reading: Reading, brief: Brief, genre: Genre) -> str:
    """Return what each result is good for, and a recommendation."""
    words = frames(brief.language)["compare"]
    results = reading.results
    if not results:
        return fill_line(frames(brief.language)["bare"], {})
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
    because = fill_line(words["because"], {"evidence": best.evidence}) if best and best.evidence else ""
    values = {"name": name, "because": because, "shortest": by_length[0], "longest": by_length[-1]}
    return "\n".join((*lines, "", fill_line(words["length"], values), "", fill_line(words["recommend"], values)))
