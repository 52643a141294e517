"""Shows Markdown that models write on a terminal: its own line breaks stay, what is marked is set off."""

import re
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from stretto.core.text import for_terminal
from stretto.faces.cli.views.live.frame import QUIET
from stretto.faces.cli.views.live.line_wrapping import wrap
from stretto.faces.cli.views.live.markdown_tables import is_rule, table_lines
from stretto.faces.shared.formatting import glyphs_for

_HEADING = re.compile(r"#{1,6} +(?P<title>.*\S)")
_FENCE = re.compile(r"\s*(?P<fence>`{3,}|~{3,})")
# What further lines of a long item stand below: its indent and its mark.
_INDENT = re.compile(r" *(?:(?:[-*+•]|\d{1,3}[.)]) +)?")
# Code comes first, so that what looks marked in it stays as it is; a sign in a word or a number is no mark.
_MARKED = re.compile(
    r"(?P<code>(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))"
    r"|\\(?P<escaped>[*_~`#|\[\]])"
    r"|\*\*\*(?P<both>[^\s*](?:[^*]*[^\s*])?)\*\*\*"
    r"|\*\*(?P<bold>[^\s*](?:(?:[^*]|\*(?!\*))*[^\s])?)\*\*"
    r"|(?<!\w)__(?P<under>[^\s_](?:[^_]*[^\s_])?)__(?![A-Za-z0-9_])"
    r"|(?<![A-Za-z0-9*])\*(?P<italic>[^\s*](?:[^*]*[^\s*])?)\*(?![A-Za-z0-9*])"
    r"|(?<!\w)_(?P<slanted>[^\s_](?:[^_]*[^\s_])?)_(?![A-Za-z0-9_])"
    r"|~~(?P<struck>[^\s~](?:[^~]*[^\s~])?)~~"
)
_STYLES = {
    "both": "bold italic",
    "bold": "bold",
    "under": "bold",
    "italic": "italic",
    "slanted": "italic",
    "struck": "strike",
}
_DEEPEST = 3


def prose(text: str, console: Console, width: int) -> Iterator[Text]:
    """Yield a model's text as lines of at most `width` cells; code stays as it is."""
    lines = for_terminal(text).strip("\n").expandtabs(4).splitlines()
    bar = glyphs_for(console.encoding).side
    index, fence = 0, ""
    while index < len(lines):
        line = lines[index]
        mark = _FENCE.match(line)
        rows = _table_rows(lines, index) if not fence else 0
        if mark and (not fence or mark["fence"].startswith(fence)):
            fence = "" if fence else mark["fence"]
            yield Text(line, QUIET)
        elif fence or not line.strip():
            yield Text(line)
        elif rows:
            yield from table_lines(lines[index : index + rows], styled, width, bar)
            index += rows - 1
        elif heading := _HEADING.fullmatch(line.strip()):
            title = styled(heading["title"])
            title.style = "bold"
            yield from wrap(title, width)
        else:
            yield from _item(styled(line.rstrip()), width)
        index += 1


def _table_rows(lines: list[str], index: int) -> int:
    """Return how many lines from here on are a table: a head, a rule of as many cells, the rows; 0 for none."""
    if index + 1 >= len(lines) or "|" not in lines[index] or not is_rule(lines[index + 1], lines[index]):
        return 0
    end = index + 2
    while end < len(lines) and "|" in lines[end]:
        end += 1
    return end - index


def styled(line: str, depth: int = 0) -> Text:
    """Return a line with its marks as styles."""
    text, end = Text(), 0
    for match in _MARKED.finditer(line):
        text.append(line[end : match.start()])
        end = match.end()
        kind = next((name for name in _STYLES if match[name] is not None), "")
        if match["escaped"]:
            text.append(match["escaped"])
        elif kind and depth < _DEEPEST:
            inner = styled(match[kind], depth + 1)
            inner.stylize_before(_STYLES[kind])
            text.append_text(inner)
        else:
            text.append(match[0])
    text.append(line[end:])
    return text


def _item(line: Text, width: int) -> Iterator[Text]:
    found = _INDENT.match(line.plain)
    indent = found.end() if found else 0
    if not 0 < indent <= width // 3:
        yield from wrap(line, width)
        return
    head, body = line[:indent], line[indent:]
    for number, part in enumerate(wrap(body, width - head.cell_len)):
        yield (head if number == 0 else Text(" " * head.cell_len)) + part
