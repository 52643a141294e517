"""A report as Markdown. No I/O."""

import re
from collections.abc import Iterator

from stretto.core.result import WorkerResult
from stretto.core.text import for_file
from stretto.export.report import Report, headline, missing, remarks, usage_facts

_SECTION = 2
"""The level of a variant's heading."""
_DEEPEST = 6
_HEADING = re.compile(r" {0,3}(#{1,6})(?=[ \t]|$)")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
# What no other block begins with: a list, a quote, a table, a heading, code.
_PARAGRAPH = re.compile(r" {0,3}(?![-*+>|#\s]|\d+[.)]\s)\S")


def to_markdown(report: Report) -> str:
    """Return the report as one Markdown page; the models' own headings stand below those of the page."""
    return for_file("\n\n".join(_blocks(report)) + "\n")


def _blocks(report: Report) -> Iterator[str]:
    result = report.result
    yield "# Result"
    for label in report.labels:
        yield f"> **{label}**"
    yield _quote(report.task.text)
    yield f"**{headline(result)}**"
    if notes := [f"Missing: {line}" for line in missing(result)] + [f"Note: {line}" for line in result.warnings]:
        yield _list(notes)
    yield _list([f"{name}: {value}" for name, value in usage_facts(report)])
    if result.analysis:
        yield "## Analysis"
        yield _below(result.analysis)
    for number, item in enumerate(result.results, 1):
        yield from _variant(number, item)
    if synthesis := result.synthesis:
        yield f"## Synthesis ({synthesis.strategy})"
        yield _below(synthesis.text) or f"*No synthesis: {synthesis.error or synthesis.status}*"


def _variant(number: int, item: WorkerResult) -> Iterator[str]:
    done = item.status == "completed"
    yield f"## {number}. {_line(item.type)}" + ("" if done else f" ({item.status})")
    yield f"*{_line(item.description)}*"
    yield _below(item.text) if done else f"*No text: {item.error or item.status}*"
    if notes := remarks(item):
        yield _list([f"Check this: {remark}" for remark in notes])


def _below(text: str) -> str:
    """Return a model's Markdown with its headings below a section's, their order kept; code stays as it is."""
    lines = _with_marks(text.rstrip().strip("\n").splitlines())
    levels = [len(found[1]) for line, code in lines if not code and (found := _HEADING.match(line))]
    deeper = max(0, _SECTION + 1 - min(levels, default=_DEEPEST))
    return "\n".join(
        line if code or not (found := _HEADING.match(line)) else _deeper(line, found, deeper) for line, code in lines
    )


def _deeper(line: str, found: re.Match[str], by: int) -> str:
    return "#" * min(_DEEPEST, len(found[1]) + by) + line[found.end(1) :]


def _with_marks(lines: list[str]) -> list[tuple[str, bool]]:
    """Return each line with whether it is code; a heading that is underlined gets the mark of its level."""
    marked: list[tuple[str, bool]] = []
    fence = ""
    for line in lines:
        found = _FENCE.match(line)
        if fence:
            closes = found and found[1].startswith(fence) and not line.strip().strip(fence[0])
            fence = "" if closes else fence
            marked.append((line, True))
        elif found:
            fence = found[1]
            marked.append((line, True))
        elif (under := _UNDERLINE.fullmatch(line)) and _is_title(marked):
            marked[-1] = (f"{'#' if under[1][0] == '=' else '##'} {marked[-1][0].strip()}", False)
        else:
            marked.append((line, False))
    return marked


def _is_title(lines: list[tuple[str, bool]]) -> bool:
    """Whether the last line is a paragraph of its own, which an underline makes a heading."""
    alone = len(lines) == 1 or (len(lines) > 1 and not lines[-2][0].strip())
    return alone and not lines[-1][1] and bool(_PARAGRAPH.match(lines[-1][0]))


def _quote(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.strip().splitlines())


def _list(lines: list[str]) -> str:
    return "\n".join(f"- {_line(line)}" for line in lines)


def _line(text: str) -> str:
    return " ".join(text.split())
