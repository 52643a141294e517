"""Reads a plan in lines such as "type: formal" and "description: Write …", as in YAML. No I/O."""

import re

from stretto.parsing.fields import Entry, Fault, build, is_ellipsis
from stretto.parsing.lists.text import BOLD_LINE, HEADING, ITEM, KEY, bare, unquoted
from stretto.parsing.names import (
    DESCRIPTIONS,
    OTHER_DESCRIPTIONS,
    OTHER_TYPES,
    TIERS,
    TYPE_NAMES,
    kind_of,
    normal,
)

_OTHER_KEY = re.compile(
    rf"(?P<indent>[ \t]*+)(?P<mark>(?:[-*+•]\s+)?)(?:\*\*|__)?"
    rf"(?P<key>id|index|number|order|priority|weight|{'|'.join(TIERS)})(?:\*\*|__)?\s*[:：]\s*(?:\*\*|__)?\s*(?P<text>.*)",
    re.IGNORECASE,
)
_OTHER_NAMES = re.compile(
    rf"(?P<indent>[ \t]*+)(?P<mark>(?:[-*+•]|\d{{1,4}}[.)、])?\s*)(?:\*\*|__)?"
    rf"(?P<key>{'|'.join([*TYPE_NAMES, *DESCRIPTIONS, *OTHER_TYPES[:-1], *OTHER_DESCRIPTIONS])})"
    rf"(?:\*\*|__)?\s*[:：]\s*(?:\*\*|__)?\s*(?P<text>.*)",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"\W*(?:(?:sub)?tasks?\s*#?\d*|(?:approach|step|variant)\s*#?\d+|(?:子?任务|方案)\s*[\d一二三四五六七八九十]{0,3})\W*",
    re.IGNORECASE,
)
_MAP_KEY = re.compile(r"(?P<indent>[ \t]+)(?P<name>[^\s:：\-*+][^:：\n]{0,60}?)\s*[:：](?:\s+(?P<text>\S.*))?\s*")
_YAML_COMMENT = re.compile(r"\s+#\s.*$")


def read_keyed(lines: list[str], cued: bool) -> list[Entry]:
    """Read records of key lines; where several follow each other, a key that comes again begins the next."""
    records = _records(lines, KEY)
    if not any("description" in record for record in records):
        # Other names are only believed where each record has both.
        records = _records(lines, _OTHER_NAMES) if _column_of_keys(lines, _OTHER_NAMES) else []
        return [_entry(record) for record in records] if all(len(record) > 1 for record in records) else []
    if not any("type" in record for record in records) and not (cued and _stand_alone(lines)):
        return []
    return [_entry(record) for record in records]


def _records(lines: list[str], pattern: re.Pattern[str]) -> list[dict[str, list[str]]]:
    column = _column_of_keys(lines, pattern)
    records: list[dict[str, list[str]]] = []
    current: list[str] | None = None
    marked = False
    for line in lines:
        match = pattern.fullmatch(line)
        other = None if match else _OTHER_KEY.fullmatch(line)
        begins = column > 0 and (match or other) is not None and _is_marked_at(match or other, column)
        if begins and (not records or records[-1]):
            records.append({})
        if match:
            name, marked = normal(match["key"]), bool(match["mark"].strip())
            kind = "type" if name in TYPE_NAMES or name in OTHER_TYPES else "description"
            if not records or kind in records[-1]:
                records.append({})
            current = records[-1][kind] = [match["text"]]
        elif other and records and (begins or _is_field(other, column, marked=marked)):
            if normal(other["key"]) in TIERS:
                records[-1].setdefault("tier", [bare(other["text"])])
            current = None
        elif current is not None and _ends_record(line):
            current = None
        elif current is not None:
            current.append(line.strip() if column else line)
    return [record for record in records if record]


def _column_of_keys(lines: list[str], pattern: re.Pattern[str]) -> int:
    """Return where the keys of each entry stand, the first one behind a dash and the next below it; 0 if not so."""
    above = 0
    for line in lines:
        match = pattern.fullmatch(line) or _OTHER_KEY.fullmatch(line)
        if match and not match["mark"].strip() and above and len(match["indent"]) == above:
            return above
        above = _column(match) if match and match["mark"].strip() else above
    return 0


def _column(match: re.Match[str]) -> int:
    return len(match["indent"]) + len(match["mark"])


def _is_marked_at(match: re.Match[str] | None, column: int) -> bool:
    return match is not None and bool(match["mark"].strip()) and _column(match) == column


def _is_field(match: re.Match[str], column: int, *, marked: bool) -> bool:
    """Whether this line is a field of its own, as the keys around it are, and no line of a description."""
    return _column(match) == column if column else marked and bool(match["mark"].strip())


def _entry(record: dict[str, list[str]]) -> Entry:
    type = unquoted(_YAML_COMMENT.sub("", "\n".join(record.get("type", []))))
    return build(bare(type), [unquoted("\n".join(record.get("description", [])))], "".join(record.get("tier", [])))


def _stand_alone(lines: list[str]) -> bool:
    """Whether descriptions without types have no list around them that gives these."""
    return all(KEY.fullmatch(line) or not (ITEM.fullmatch(line) or HEADING.fullmatch(line)) for line in lines)


def _ends_record(line: str) -> bool:
    text = line.strip()
    if re.fullmatch(r"[-*_=]{3,}", text) or HEADING.fullmatch(line):
        return True
    item = ITEM.fullmatch(line)
    head = item["text"] if item and not item["indent"] else text
    return _LABEL.fullmatch(head) is not None or bool(BOLD_LINE.fullmatch(head))


def read_map(lines: list[str], cued: bool) -> list[Entry]:
    """Read a map in YAML, the name of each subtask before its text, or before its fields."""
    filled = [line for line in lines if line.strip()]
    first = _MAP_KEY.fullmatch(filled[0]) if cued and filled else None
    if not first or KEY.fullmatch(filled[0]) or ITEM.fullmatch(filled[0]):
        return []
    parts: list[tuple[str, list[str]]] = []
    for line in filled:
        if not line.startswith(first["indent"]):
            break
        if line[len(first["indent"])] in " \t":
            parts[-1][1].append(line)
        elif match := _MAP_KEY.fullmatch(line):
            parts.append((match["name"], [match["text"] or ""]))
        else:
            return []
    return [_entry_of_map(bare(unquoted(name)), lines) for name, lines in parts]


def _entry_of_map(name: str, lines: list[str]) -> Entry:
    fields = [match for line in lines[1:] if (match := KEY.fullmatch(line))]
    if is_ellipsis(lines[0]):
        return build(name, [lines[0]])
    if not fields or lines[0]:
        return build(name, [unquoted("\n".join(line.strip() for line in lines))])
    record: dict[str, list[str]] = {} if re.search(r"\d$", name) and kind_of(name) == "task" else {"type": [name]}
    current: list[str] = []
    for line in lines[1:]:
        match = KEY.fullmatch(line)
        if match and match["mark"].strip():
            return Fault(message=f"The subtask {name!r} holds a list.")
        if match:
            kind = "type" if normal(match["key"]) in TYPE_NAMES else "description"
            if kind == "description" and kind in record:
                record[kind] += ["", match["text"]]
            else:
                record[kind] = [match["text"]]
            current = record[kind]
        elif _OTHER_KEY.fullmatch(line):
            current = []
        else:
            current.append(line)
    return _entry(record)
