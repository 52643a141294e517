"""Reads a plan in lines such as "type: formal" and "description: Write …", as in YAML. No I/O."""

import re

from stretto.parsing.fields import Entry, build, is_ellipsis
from stretto.parsing.list_text import BOLD_LINE, HEADING, ITEM, KEY, bare, unquoted
from stretto.parsing.names import TIERS, TYPE_NAMES, kind_of, normal

_OTHER_KEY = re.compile(
    rf"[ \t]*+(?:[-*+•]\s+)?(?:\*\*|__)?(?P<key>id|index|number|order|priority|weight|{'|'.join(TIERS)})(?:\*\*|__)?"
    r"\s*[:：]\s*(?:\*\*|__)?\s*(?P<text>[^\n]{0,40})",
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
    records: list[dict[str, list[str]]] = []
    current: list[str] | None = None
    for line in lines:
        match = KEY.fullmatch(line)
        if match:
            kind = "type" if normal(match["key"]) in TYPE_NAMES else "description"
            if not records or kind in records[-1]:
                records.append({})
            current = records[-1][kind] = [match["text"]]
        elif records and (other := _OTHER_KEY.fullmatch(line)):
            if normal(other["key"]) in TIERS:
                records[-1].setdefault("tier", [bare(other["text"])])
            current = None
        elif current is not None and _ends_record(line):
            current = None
        elif current is not None:
            current.append(line)
    if not any("type" in record for record in records) and not (cued and _stand_alone(lines)):
        return []
    return [_entry(record) for record in records] if any("description" in record for record in records) else []


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
        if match := KEY.fullmatch(line):
            current = record["type" if normal(match["key"]) in TYPE_NAMES else "description"] = [match["text"]]
        elif _OTHER_KEY.fullmatch(line):
            current = []
        else:
            current.append(line)
    return _entry(record)
