"""Reads a plan that came as a Markdown list, headings, key lines or a table instead of markup. No I/O."""

import re
from dataclasses import dataclass, field

from stretto.parsing.fields import Entry, Fault, build, is_ellipsis
from stretto.parsing.invisible_characters import INVISIBLE
from stretto.parsing.lists.key_lines import read_keyed, read_map
from stretto.parsing.lists.tables import read_table
from stretto.parsing.lists.text import BOLD_LINE, HEADING, ITEM, KEY, bare, without_key
from stretto.parsing.markup.blocks import Found

_CUE = re.compile(
    r"\W*(?:(?:here\s+(?:are|is)\s+)?(?:the|my|these)?\s*(?:proposed\s+)?)?(?:sub[\s-]?)?"
    r"(?:tasks?|plan|approaches|task list|任务|子任务|任务列表|计划|方案)\W*",
    re.IGNORECASE,
)
_SPLIT = re.compile(
    r"(?:(?P<bold>\*\*|__|`|\*|_|\")(?P<marked>[^*`_\"]{1,100}?)(?P=bold)\s*(?:[:：]|[-–—]+|=>|→|\|)?\s*"
    r"|(?P<plain>[^:：\n]{1,60}?)\s*(?:[:：](?!//)|\s[-–—]+\s|\s=>\s|\s→\s)\s*)(?P<text>\S.*)",
    re.DOTALL,
)
_LABEL = re.compile(
    r"(?:(?:(?:sub)?task|approach|step|variant|任务|子任务|方案)(?:\s*#?\s*\d{1,4}\s*[:：.)、\-–—]*|\s*[:：])|\d{1,4}\s*[.)、:：]+)"
    r"\s*(?P<text>\S.*)",
    re.IGNORECASE,
)
_FRAME = re.compile(r"\s*(?:```|~~~|</\w+>\s*$)")
# Characters of no width before a line's mark, and behind it.
_UNSEEN = re.compile(
    rf"^[{INVISIBLE}]++(?=[ \t]*+(?:[-*+•#|>`]|\d|\w{{1,20}}[:：]))|(?<=^[-*#|])[{INVISIBLE}]++", re.MULTILINE
)
_BULLETS = "-*+•●▪◦‣–"


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
    lines = [line for line in _UNSEEN.sub("", text).split("\n") if not _FRAME.match(line)]
    start, cued = _after_cue(lines)
    lines = lines[start:]
    for read in (read_map, read_keyed, read_table, _items, _headings):
        found = read(lines, cued)
        if found:
            return Found(entries=tuple(found), begun=True)
    return Found()


def _after_cue(lines: list[str]) -> tuple[int, bool]:
    """Return where the list of subtasks begins: behind the first line that announces it, so that none is lost."""
    start = next((i for i, line in enumerate(lines) if _is_cue(line)), None)
    if start is None:
        return 0, False
    while start + 1 < len(lines) and _is_cue(lines[start + 1]):
        start += 1
    return start + 1, True


def _is_cue(line: str) -> bool:
    return len(line) < 80 and _CUE.fullmatch(line) is not None


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
    return bullets and not ITEM.fullmatch(first) and not all(part.head[:1] in '*_`"“' for part in parts)


def _groups(lines: list[str]) -> list[list[_Part]]:
    """Return the lists among these lines; deeper lists belong to the item above them."""
    groups: list[list[_Part]] = []
    indent, blank, open_ = 0, False, False
    numbered = False
    for line in lines:
        if not line.strip():
            blank = True
            continue
        item = ITEM.fullmatch(line) or _bold_item(line)
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
        elif open_ and (inside or not blank) and not HEADING.fullmatch(line):
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
            _unlabelled(bare(split["marked"] or split["plain"])),
            ["\n".join(filter(None, [split["text"].strip(), under]))],
        )
    if under and len(text) <= 60:
        alone = len(part.lines) == 1 and ITEM.fullmatch(under)
        return build(_unlabelled(bare(text)), [without_key(alone["text"] if alone else under)])
    return build("", ["\n".join(filter(None, [text, under]))]) if cued else None


def _is_headed(lines: list[str]) -> bool:
    """Whether a heading with a description under it begins the list."""
    filled = [line for line in lines if line.strip()][:2]
    key = KEY.fullmatch(filled[1]) if len(filled) == 2 else None
    headed = len(filled) == 2 and (HEADING.fullmatch(filled[0]) or BOLD_LINE.fullmatch(filled[0]))
    return bool(headed) and key is not None


def _headings(lines: list[str], cued: bool) -> list[Entry]:
    """Read headings, or lines that are bold as a whole, with the text under each."""
    parts: list[_Part] = []
    for line in lines:
        match = HEADING.fullmatch(line) or BOLD_LINE.fullmatch(line)
        if match:
            parts.append(_Part(match["text"].rstrip(" \t#")))
        elif parts:
            parts[-1].lines.append(line)
    begins = not any(line.strip() for line in lines[: len(lines) - sum(len(part.lines) + 1 for part in parts)])
    if not parts or not (cued or (begins and len(parts) > 1)):
        return []
    return [build(_unlabelled(bare(part.head)), [without_key(part.text())]) for part in parts]


def _unlabelled(text: str) -> str:
    """Return a name without a number or a word such as "Task 2:" before it."""
    match = _LABEL.fullmatch(text)
    return match["text"] if match else text
