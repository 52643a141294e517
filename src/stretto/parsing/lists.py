"""Reads a plan that came as a Markdown list, headings, key lines or a table instead of markup. No I/O."""

import re
from dataclasses import dataclass, field

from stretto.parsing.blocks import Found
from stretto.parsing.fields import Entry, Fault, build, is_ellipsis
from stretto.parsing.names import DESCRIPTIONS, TYPE_NAMES, normal

_CUE = re.compile(
    r"\W*(?:(?:here\s+(?:are|is)\s+)?(?:the|my|these)?\s*(?:proposed\s+)?)?(?:sub[\s-]?)?"
    r"(?:tasks?|plan|approaches|task list|任务|子任务|任务列表|计划|方案)\W*",
    re.IGNORECASE,
)
_ITEM = re.compile(
    r"(?P<indent>[ \t]*)(?P<mark>[-*+–](?=\s)|[•●▪◦‣]|\(?\d{1,4}[.)](?=\s)|\d{1,4}[、．）]|[a-zA-Z][.)](?=\s)|[①-⑳]"
    r"|[一二三四五六七八九十]{1,3}、|(?:sub)?task\s*#?\d{1,4}\s*[:：.)\-–—]|(?:子?任务)\s*[\d一二三四五六七八九十]{1,3}\s*[:：])"
    r"\s*(?:\[[ xX]\]\s)?(?P<text>\S.*)",
    re.IGNORECASE,
)
_HEADING = re.compile(r"[ \t]*(?P<level>#{1,6})\s+(?P<text>\S.*)")
_BOLD_LINE = re.compile(r"\s*(?P<mark>\*\*|__)(?P<text>[^*_]+?)(?P=mark)\s*[:：]?\s*")
_SPLIT = re.compile(
    r"(?:(?P<bold>\*\*|__|`|\*|_|\")(?P<marked>[^*`_\"]{1,100}?)(?P=bold)\s*(?:[:：]|[-–—]+|=>|→|\|)?\s*"
    r"|(?P<plain>[^:：\n]{1,60}?)\s*(?:[:：](?!//)|\s[-–—]+\s|\s=>\s|\s→\s)\s*)(?P<text>\S.*)",
    re.DOTALL,
)
_KEY = re.compile(
    rf"(?P<indent>[ \t]*+)(?P<mark>(?:[-*+•]|\d{{1,4}}[.)、])?\s*)(?:\*\*|__|`|\")?"
    rf"(?P<key>{'|'.join(sorted(TYPE_NAMES | DESCRIPTIONS, key=len, reverse=True))})"
    rf"(?:\*\*|__|`|\")?\s*[:：=]\s*(?:\*\*|__)?\s*(?P<text>.*)",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?:(?:(?:sub)?task|approach|step|variant|任务|子任务|方案)(?:\s*#?\s*\d{1,4}\s*[:：.)、\-–—]*|\s*[:：])|\d{1,4}\s*[.)、:：]+)"
    r"\s*(?P<text>\S.*)",
    re.IGNORECASE,
)
_FRAME = re.compile(r"\s*(?:```|~~~|</\w+>\s*$)")
_BULLETS = "-*+•●▪◦‣–"
_TRIM = ' \t*_`"“”'


@dataclass(slots=True)
class _Part:
    """One entry: its first line, and the lines that belong to it."""

    head: str
    lines: list[str] = field(default_factory=list[str])

    def text(self) -> str:
        """Return the lines under the head."""
        return "\n".join(self.lines).strip()


def read_lists(text: str) -> Found:
    """Read a text without any markup or JSON as a list of subtasks."""
    lines = [line for line in text.split("\n") if not _FRAME.match(line)]
    start, cued = _after_cue(lines)
    lines = lines[start:]
    for read in (_keyed, _table, _items, _headings):
        found = read(lines, cued)
        if found:
            return Found(entries=tuple(found), begun=True)
    return Found()


def _after_cue(lines: list[str]) -> tuple[int, bool]:
    """Return where the list of subtasks begins: behind the first line that announces it, so that none is lost."""
    start = next((i for i, line in enumerate(lines) if len(line) < 80 and _CUE.fullmatch(line)), None)
    return (0, False) if start is None else (start + 1, True)


def _keyed(lines: list[str], cued: bool) -> list[Entry]:
    """Read lines such as "type: formal" and "description: Write …"."""
    records: list[dict[str, list[str]]] = []
    current: list[str] | None = None
    for line in lines:
        match = _KEY.fullmatch(line)
        if match:
            kind = "type" if normal(match["key"]) in TYPE_NAMES else "description"
            if not records or kind in records[-1]:
                records.append({})
            current = records[-1][kind] = [match["text"]]
        elif current is not None and _ends_record(line):
            current = None
        elif current is not None:
            current.append(line)
    if not any("description" in record and ("type" in record or cued) for record in records):
        return []
    return [
        build(_bare("\n".join(record.get("type", []))), [_unquoted("\n".join(record.get("description", [])))])
        for record in records
    ]


def _ends_record(line: str) -> bool:
    text = line.strip()
    if re.fullmatch(r"[-*_=]{3,}", text) or _HEADING.fullmatch(line):
        return True
    item = _ITEM.fullmatch(line)
    head = item["text"] if item and not item["indent"] else text
    return re.fullmatch(r"\W*(?:sub)?tasks?\s*#?\d*\W*", head, re.IGNORECASE) is not None or bool(
        _BOLD_LINE.fullmatch(head)
    )


def _table(lines: list[str], cued: bool) -> list[Entry]:
    """Read a table with a column for the type and one for the description."""
    rows = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
        for line in lines
        if line.count("|") >= 2
    ]
    if len(rows) < 2:
        return []
    header = [normal(cell.strip(_TRIM)) for cell in rows[0]]
    types = [i for i, name in enumerate(header) if name in TYPE_NAMES]
    descriptions = [i for i, name in enumerate(header) if name in DESCRIPTIONS]
    if not types or not descriptions:
        return []
    entries: list[Entry] = []
    for row in rows[1:]:
        if all(re.fullmatch(r":?-*:?", cell) for cell in row):
            continue
        if len(row) != len(header):
            entries.append(Fault(message="A row of the plan's table has another number of cells than its head."))
        else:
            entries.append(build(_bare(row[types[0]]), [row[descriptions[0]].replace("\\|", "|")]))
    return entries


def _items(lines: list[str], cued: bool) -> list[Entry]:
    """Read bullets or numbers, one subtask each."""
    groups = _groups(lines)
    if not groups or _is_headed(lines):
        return []
    if not cued and len(groups) > 1:
        return [Fault(message="The answer has several lists, and none is marked as the plan.")]
    entries = [_entry(part, cued) for part in groups[0]] if not cued else [_entry(p, cued) for g in groups for p in g]
    if any(entry is None for entry in entries):
        return []
    if not cued and _is_aside(lines, groups[0]):
        return [Fault(message="The answer has a list that nothing marks as the plan.")]
    return [entry for entry in entries if entry is not None]


def _is_aside(lines: list[str], parts: list[_Part]) -> bool:
    """Whether plain bullets after prose may as well be something else, such as reasons for a refusal."""
    first = next((line for line in lines if line.strip()), "")
    bullets = any(line.lstrip()[:1] in _BULLETS and line.strip()[1:].strip() == parts[0].head for line in lines)
    return bullets and not _ITEM.fullmatch(first) and not all(part.head[:1] in '*_`"“' for part in parts)


def _groups(lines: list[str]) -> list[list[_Part]]:
    """Return the lists among these lines; deeper lists belong to the item above them."""
    groups: list[list[_Part]] = []
    indent, blank, open_ = 0, False, False
    numbered = False
    for line in lines:
        if not line.strip():
            blank = True
            continue
        item = _ITEM.fullmatch(line) or _bold_item(line)
        width = len(item["indent"].expandtabs(4)) if item and "indent" in item.groupdict() else 0
        inside = len(line) - len(line.lstrip()) > indent
        if item and open_ and numbered and _is_bullet(item) and width >= indent:
            groups[-1][-1].lines.append(line.strip())
        elif item and (not open_ or width <= indent):
            if not open_:
                groups.append([])
                numbered = not _is_bullet(item)
            groups[-1].append(_Part(item["text"].strip()))
            indent, open_ = width, True
        elif open_ and (inside or not blank) and not _HEADING.fullmatch(line):
            groups[-1][-1].lines.append(line.strip())
        else:
            open_ = False
        blank = False
    return groups


def _is_bullet(item: re.Match[str]) -> bool:
    return "mark" in item.groupdict() and item["mark"] in _BULLETS


def _bold_item(line: str) -> re.Match[str] | None:
    return re.fullmatch(
        r"(?P<text>(?:\*\*|__)[^*_]+(?:\*\*|__)\s*(?:[:：]|[-–—]).*|(?:\*\*|__)[^*_]+[:：](?:\*\*|__).*)", line.strip()
    )


def _entry(part: _Part, cued: bool) -> Entry | None:
    """Return one item as a subtask; None when it does not look like one."""
    under = part.text()
    if is_ellipsis(part.head):
        return Fault(message="Dots stand in place of subtasks.", placeholder=True)
    text = _unlabelled(part.head)
    split = _SPLIT.fullmatch(text)
    if split:
        return build(
            _unlabelled(_bare(split["marked"] or split["plain"])),
            ["\n".join(filter(None, [split["text"].strip(), under]))],
        )
    if under and len(text) <= 60:
        alone = len(part.lines) == 1 and _ITEM.fullmatch(under)
        return build(_unlabelled(_bare(text)), [alone["text"] if alone else under])
    return build("", ["\n".join(filter(None, [text, under]))]) if cued else None


def _is_headed(lines: list[str]) -> bool:
    """Whether a heading with a description under it begins the list."""
    filled = [line for line in lines if line.strip()][:2]
    key = _KEY.fullmatch(filled[1]) if len(filled) == 2 else None
    headed = len(filled) == 2 and (_HEADING.fullmatch(filled[0]) or _BOLD_LINE.fullmatch(filled[0]))
    return bool(headed) and key is not None


def _headings(lines: list[str], cued: bool) -> list[Entry]:
    """Read headings, or lines that are bold as a whole, with the text under each."""
    parts: list[_Part] = []
    for line in lines:
        match = _HEADING.fullmatch(line) or _BOLD_LINE.fullmatch(line)
        if match:
            parts.append(_Part(match["text"].rstrip(" \t#")))
        elif parts:
            parts[-1].lines.append(line)
    begins = not any(line.strip() for line in lines[: len(lines) - sum(len(part.lines) + 1 for part in parts)])
    if not parts or not (cued or (begins and len(parts) > 1)):
        return []
    return [build(_unlabelled(_bare(part.head)), [_without_key(part.text())]) for part in parts]


def _without_key(text: str) -> str:
    """Return a description without the word that announces it."""
    first, _, rest = text.partition("\n")
    match = _KEY.fullmatch(first)
    described = match is not None and normal(match["key"]) in DESCRIPTIONS
    return f"{match['text']}\n{rest}" if match and described else text


def _unlabelled(text: str) -> str:
    """Return a name without a number or a word such as "Task 2:" before it."""
    match = _LABEL.fullmatch(text)
    return match["text"] if match else text


def _bare(text: str) -> str:
    return text.strip().strip(_TRIM).strip(":： ").strip(_TRIM)


def _unquoted(text: str) -> str:
    text = text.strip()
    block = re.match(r"[|>][+-]?\s*\n", text)
    if block:
        text = text[block.end() :]
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" and text[0] not in text[1:-1]:
        text = text[1:-1]
    return "\n".join(line.strip() for line in text.split("\n")) if block else text
