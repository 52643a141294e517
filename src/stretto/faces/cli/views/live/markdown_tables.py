"""Draws the tables of Markdown in the width of a terminal."""

import re
from collections.abc import Callable, Iterator, Sequence

from rich.text import Text

from stretto.faces.cli.views.live.frame import QUIET
from stretto.faces.cli.views.live.line_wrapping import wrap

_PIPE = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"\s*\|?(?:\s*:?-+:?\s*\|)*\s*:?-+:?\s*\|?\s*")
_NARROWEST = 6
"""Cells of a column; where there is less room each row is a list of its own."""


def is_rule(line: str, head: str) -> bool:
    """Whether a line is the rule under the head of a table."""
    return "-" in line and _RULE.fullmatch(line) is not None and len(_cells(line)) == len(_cells(head))


def table_lines(lines: Sequence[str], styled: Callable[[str], Text], width: int, bar: str) -> Iterator[Text]:
    """Yield a table's lines; cells are wrapped where it is too wide, and listed where there is no room for columns."""
    head, rule, *rows = [_cells(line) for line in lines]
    texts = [[styled(cell) for cell in _filled(row, len(head))] for row in (head, *rows)]
    for text in texts[0]:
        text.style = "bold"
    gap = f" {bar} "
    room = width - len(gap) * (len(head) - 1)
    if room < _NARROWEST * len(head):
        yield from _listed(texts, width)
        return
    widths = _widths([max(row[column].cell_len for row in texts) for column in range(len(head))], room)
    for number, row in enumerate(texts):
        yield from _row(row, widths, [_side(cell) for cell in rule], gap)
        if number == 0:
            yield Text(gap.replace(" ", "-").join("-" * size for size in widths), QUIET)


def _cells(line: str) -> list[str]:
    text = line.strip().removeprefix("|")
    if text.endswith("|") and not text.endswith("\\|"):
        text = text[:-1]
    return [cell.strip() for cell in _PIPE.split(text)]


def _filled(row: list[str], columns: int) -> list[str]:
    """Return a row with one cell a column; what is too much stays, in the last one."""
    return [*row[: columns - 1], " | ".join(row[columns - 1 :]), *[""] * (columns - len(row))][:columns]


def _side(cell: str) -> str:
    return "center" if cell.startswith(":") and cell.endswith(":") else "right" if cell.endswith(":") else "left"


def _widths(natural: list[int], room: int) -> list[int]:
    """Return the columns' widths: the widest give way first."""
    widths = [max(1, size) for size in natural]
    while sum(widths) > room:
        widest = max(widths)
        widths[widths.index(widest)] = widest - 1
    return widths


def _row(row: list[Text], widths: list[int], sides: list[str], gap: str) -> Iterator[Text]:
    columns = [wrap(cell, size) for cell, size in zip(row, widths, strict=True)]
    for number in range(max(len(column) for column in columns)):
        parts: list[Text] = []
        for column, size, side in zip(columns, widths, sides, strict=True):
            part = column[number] if number < len(column) else Text()
            space = size - part.cell_len
            before = space if side == "right" else space // 2 if side == "center" else 0
            parts.append(Text(" " * before) + part + Text(" " * (space - before)))
        line = Text(gap, QUIET).join(parts)
        line.rstrip()
        yield line


def _listed(texts: list[list[Text]], width: int) -> Iterator[Text]:
    head, *rows = texts
    for row in rows:
        for name, cell in zip(head, row, strict=True):
            yield from wrap(Text.assemble(name, ": ", cell), width)
        yield Text("")
