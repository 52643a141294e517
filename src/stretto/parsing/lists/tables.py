"""Reads a plan in a table of Markdown. No I/O."""

import re
from collections.abc import Sequence

from stretto.parsing.fields import Entry, Fault, build
from stretto.parsing.lists.text import TRIM, bare
from stretto.parsing.names import DESCRIPTIONS, OTHER_DESCRIPTIONS, OTHER_TYPES, TASKS, TYPE_NAMES, normal

_PIPE = re.compile(r"(?<!\\)\|")
_RULES = re.compile(r"[\s|:]*+-[\s|:\-]*+")
_RULE = re.compile(r":?-*:?")


def read_table(lines: list[str], cued: bool) -> list[Entry]:
    """Read a table with a column for the type and one for the description."""
    rule = next((i for i, line in enumerate(lines) if "|" in line and _RULES.fullmatch(line)), 0)
    rows = [
        [cell.strip() for cell in _PIPE.split(line.strip().strip("|"))]
        for line in lines[max(rule - 1, 0) :]
        # Under a rule one bar is enough; elsewhere it may as well be prose.
        if line.count("|") >= (1 if rule else 2)
    ]
    if len(rows) < 2:
        return []
    header = [normal(cell.strip(TRIM)) for cell in rows[0]]
    type = _column(header, TYPE_NAMES, (*OTHER_TYPES, *TASKS))
    described = [i for i, name in enumerate(header) if name in DESCRIPTIONS]
    if not described and (other := _column(header, DESCRIPTIONS, OTHER_DESCRIPTIONS)) is not None:
        described = [other]
    if type is None or not described or type in described:
        return []
    entries: list[Entry] = []
    for row in rows[1:]:
        if all(_RULE.fullmatch(cell) for cell in row) or row == rows[0]:
            continue
        if len(row) != len(header):
            entries.append(Fault(message="A row of the plan's table has another number of cells than its head."))
        else:
            entries.append(build(bare(row[type]), [row[column].replace("\\|", "|") for column in described]))
    return entries


def _column(header: list[str], names: frozenset[str], others: Sequence[str]) -> int | None:
    """Return the first column of such a name; where there is none, of a name that may as well mean it."""
    known = [i for i, name in enumerate(header) if name in names]
    return next(iter(known or [i for i, name in enumerate(header) if name in others]), None)
