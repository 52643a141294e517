"""Shows what a run made on a terminal: headings, texts wrapped at words, nothing of them lost."""

import re
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from stretto.core.result import RunResult, WorkerResult
from stretto.core.text import for_terminal
from stretto.faces.cli.live.frame import QUIET
from stretto.faces.cli.timeline import fit
from stretto.faces.cli.words import Glyphs, flat, glyphs_for, money, seconds, tokens

WIDEST = 88
"""Longer lines are hard to read."""

_HEADING = re.compile(r"#{1,6} +(?P<title>.*\S)")
# What further lines of a long item stand below: its indent and its mark.
_INDENT = re.compile(r" *(?:(?:[-*+•]|\d{1,3}[.)]) +)?")
# Code spans come first, so that what looks bold in them stays as it is.
_BOLD = re.compile(r"`[^`]*`|\*\*(?P<bold>\S(?:[^*]*\S)?)\*\*")


def print_results(console: Console, result: RunResult, labels: Sequence[str] = ()) -> None:
    """Print everything that a run made."""
    width = max(20, min(console.width, WIDEST))
    for line in _lines(result, labels, console, width):
        console.print(line, soft_wrap=True)


def _lines(result: RunResult, labels: Sequence[str], console: Console, width: int) -> Iterator[Text]:
    glyphs = glyphs_for(console.encoding)
    for label in labels:
        yield from (Text(line.plain, "yellow") for line in Text(flat(label)).wrap(console, width))
    if result.analysis.strip():
        yield from _heading("Analysis", "", width, glyphs, "blue")
        yield from prose(result.analysis, console, width)
    for number, outcome in enumerate(result.results, 1):
        title = f"{number}{glyphs.dot}{flat(outcome.type)}"
        done = outcome.status == "completed"
        yield from _heading(title, _numbers(outcome, glyphs), width, glyphs, "cyan" if done else "red")
        yield from (Text(line.plain, QUIET) for line in Text(flat(outcome.description)).wrap(console, width))
        yield Text("")
        if done:
            yield from prose(outcome.text, console, width)
        else:
            text = f"{outcome.status}: {flat(str(outcome.error))}"
            yield from (Text(line.plain, "red") for line in Text(text).wrap(console, width))
    if result.synthesis and result.synthesis.status == "completed":
        title = f"Synthesis{glyphs.dot}{result.synthesis.strategy}"
        yield from _heading(title, seconds(result.synthesis.seconds), width, glyphs, "magenta")
        yield from prose(result.synthesis.text, console, width)
    yield Text("")


def _numbers(outcome: WorkerResult, glyphs: Glyphs) -> str:
    if outcome.status != "completed":
        return ""
    usage = f"{tokens(outcome.usage.total_tokens)} tokens"
    return glyphs.dot.join([seconds(outcome.seconds), usage, money(outcome.cost)])


def _heading(title: str, numbers: str, width: int, glyphs: Glyphs, style: str) -> Iterator[Text]:
    """Yield a blank line and a rule that carries a title and, where there is room, numbers."""
    room = width - 6
    if cell_len(title) + cell_len(numbers) + 6 > room:
        numbers = ""
    title = fit(title, room, glyphs.ellipsis).rstrip() if cell_len(title) > room else title
    line = Text.assemble((glyphs.rule * 2 + " ", style), (title, f"bold {style}"), " ")
    if numbers:
        line.append(glyphs.rule * (width - line.cell_len - cell_len(numbers) - 1), QUIET)
        line.append(" " + numbers, QUIET)
    else:
        line.append(glyphs.rule * (width - line.cell_len), QUIET)
    yield Text("")
    yield line
    yield Text("")


def prose(text: str, console: Console, width: int) -> Iterator[Text]:
    """Yield a model's text as lines: its own line breaks stay, headings and bold words are set off."""
    in_code = False
    for line in for_terminal(text).strip("\n").expandtabs(4).splitlines():
        if line.lstrip().startswith("```"):
            in_code = not in_code
            yield Text(line, QUIET)
        elif in_code or not line.strip():
            yield Text(line)
        elif heading := _HEADING.fullmatch(line.strip()):
            yield from Text(heading["title"], "bold").wrap(console, width)
        else:
            yield from _wrap(_styled(line.rstrip()), console, width)


def _styled(line: str) -> Text:
    styled, end = Text(), 0
    for match in _BOLD.finditer(line):
        if match["bold"] is not None:
            styled.append(line[end : match.start()])
            styled.append(match["bold"], "bold")
            end = match.end()
    styled.append(line[end:])
    return styled


def _wrap(line: Text, console: Console, width: int) -> Iterator[Text]:
    found = _INDENT.match(line.plain)
    indent = found.end() if found else 0
    if not 0 < indent <= width // 3:
        yield from line.wrap(console, width)
        return
    head, body = line[:indent], line[indent:]
    for number, part in enumerate(body.wrap(console, width - head.cell_len)):
        yield (head if number == 0 else Text(" " * head.cell_len)) + part
