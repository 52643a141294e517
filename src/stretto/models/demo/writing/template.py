"""Fills the demo model's templates: a line falls back to its next wording when a value is missing. No I/O.

Blocks stand between blank lines; ` || ` parts the wordings of one line. `{name}` is a value, `{Name}` the same with a
capital, `{?name}` nothing but a condition, `{rest}` the features not yet named in the text. A line that begins with
`each ` is written for every feature. A block with a line that cannot be filled is left out.
"""

import re
from collections.abc import Mapping, Sequence

_SLOT = re.compile(r"\{(\??)([A-Za-z_]+)\}")
_BLANK = re.compile(r"\n\s*\n")

Values = Mapping[str, str]


class _Missing(Exception):
    """A wording names a value that the brief does not have."""


def fill(template: str, values: Values, features: Sequence[Values] = (), *, joiner: str = ", ") -> list[str]:
    """Return the blocks of `template` that can be filled; `features` are the values of each feature's line."""
    blocks: list[str] = []
    named = ""
    for block in _BLANK.split(template.strip()):
        rest = joiner.join(feature["feature"] for feature in features if feature["feature"].lower() not in named)
        known = {**values, "rest": rest} if rest else values
        lines = [_line(line, known, features) for line in block.split("\n")]
        if all(lines):
            blocks.append("\n".join(lines).strip("\n"))
            named += blocks[-1].lower()
    return blocks


def fill_line(line: str, values: Values) -> str:
    """Return the first wording of `line` that can be filled; empty when none can."""
    return _first(line, values)


def _line(line: str, values: Values, features: Sequence[Values]) -> str:
    if not line.startswith("each "):
        return _first(line, values)
    # "\\n" in a template is a line break inside of what is repeated.
    wording = line.removeprefix("each ").replace("\\n", "\n")
    return "\n".join(filter(None, (_first(wording, {**values, **feature}) for feature in features)))


def _first(block: str, values: Values) -> str:
    wordings = block.split(" || ")
    # A heading stays one whatever its wording.
    mark = "# " if block.startswith("# ") else ""
    for wording in wordings:
        try:
            return mark + _fill(wording.removeprefix(mark), values).strip(" ")
        except _Missing:
            continue
    return ""


def _fill(wording: str, values: Values) -> str:
    def put(slot: re.Match[str]) -> str:
        name = slot[2]
        key = name[0].lower() + name[1:]
        if key not in values:
            raise _Missing
        if slot[1]:
            return ""
        return capital(values[key]) if name != key else values[key]

    return _SLOT.sub(put, wording)


def capital(text: str) -> str:
    """Return `text` with a capital at its beginning and nothing else changed."""
    return text[:1].upper() + text[1:]
