"""The columns that an output adds, how they are named beside a table's own, and how they are found again."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

LONG = (
    *("variant", "type", "description", "text", "status", "error", "remarks"),
    *("model", "cost_usd", "run_id", "row_status", "row_error", "row_cost_usd", "label"),
)
"""What each line of a long table says of one variant, and of the whole row that it is of."""

WIDE_PARTS = ("type", "description", "text", "status")
"""What a wide table says of each variant, as `variant_1_type` and so on."""

PARTS_BY_TYPE = ("text", "status", "description")
"""The same where every row has the same variants, as `instagram_text` and so on: the type is in the name."""

WIDE_SYNTHESIS = ("synthesis_text", "synthesis_status")
"""What a wide table says of the synthesis, where any row has one."""

WIDE_ROW = ("status", "error", "remarks", "model", "cost_usd", "run_id", "label")
"""What a wide table says of the whole row."""

REMARK = re.compile(r"variant ([1-9][0-9]{0,3}): (.*)")
"""A line in the wide cell of remarks."""

_BY_TYPE = re.compile(r"(.+)_(text|status|description)", re.DOTALL)
_WIDE = re.compile(r"variant_([1-9][0-9]{0,3})_(type|description|text|status)")


def free_names(names: Sequence[str], taken: Sequence[str]) -> dict[str, str]:
    """Return how each of our columns is called beside a table's own: `result_text` where `text` is taken."""
    used = set(taken)
    found: dict[str, str] = {}
    for name in names:
        free = name
        while free in used:
            free = f"result_{free}"
        used.add(free)
        found[name] = free
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Earlier:
    """Where the columns of an earlier output are in a table."""

    long: Mapping[str, str]
    """Our name of a column to the table's; empty for a wide table."""
    wide: Mapping[tuple[int, str], str]
    """Number of the variant and part to the table's column."""
    row: Mapping[str, str]
    """What a wide table says of the whole row."""
    by_type: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    """Of a wide table that is named by type: the columns of each type by part."""

    @property
    def columns(self) -> frozenset[str]:
        """Every column of the table that is not its own."""
        by_type = [column for parts in self.by_type.values() for column in parts.values()]
        return frozenset([*self.long.values(), *self.wide.values(), *self.row.values(), *by_type])

    @property
    def whole(self) -> bool:
        """Whether the table is certainly an output of ours, not one with a column that is called alike."""
        return bool(self.wide or self.by_type) or {"variant", "text", "run_id"} <= self.long.keys()


def find_earlier(columns: Sequence[str]) -> Earlier | None:
    """Return where an earlier output's columns are; None when there is none, not even a column for the text."""
    wide = {(int(match[1]), match[2]): match[0] for name in columns if (match := _WIDE.fullmatch(name))}
    if any(part == "text" for _, part in wide):
        return Earlier(long={}, wide=wide, row=_longest(columns, (*WIDE_SYNTHESIS, *WIDE_ROW)))
    row = _longest(columns, (*WIDE_SYNTHESIS, *WIDE_ROW))
    if {"status", "run_id"} <= row.keys() and (by_type := _columns_by_type(columns)):
        return Earlier(long={}, wide={}, row=row, by_type=by_type)
    found = _longest(columns, LONG)
    if "text" not in found:
        return None
    # Without the rest of an output, a "type" or "description" is the table's own.
    whole = {"variant", "run_id"} <= found.keys()
    return Earlier(long=found if whole else {"text": found["text"]}, wide={}, row={})


def _columns_by_type(columns: Sequence[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for name in columns:
        if (match := _BY_TYPE.fullmatch(name)) and name not in WIDE_SYNTHESIS:
            found.setdefault(match[1], {})[match[2]] = name
    return {kind: parts for kind, parts in found.items() if len(parts) == len(PARTS_BY_TYPE)}


def _longest(columns: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """Return our columns as they are called in a table; of `text` and `result_text` the longer one is ours."""
    found: dict[str, str] = {}
    for name in names:
        candidates = [column for column in columns if re.fullmatch(f"(?:result_)*{name}", column)]
        if candidates:
            found[name] = max(candidates, key=len)
    return found
