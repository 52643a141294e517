"""Decodes the entities of XML: the five and the numeric ones, once, and none that a document defines. No I/O."""

import re

_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_ENTITY = re.compile(r"&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6}));")
_REFERENCE = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)[A-Za-z_][\w.\-]{0,60};")
_WHOLE = (
    *(("&lt;", "<"), ("&gt;", ">"), ("&#60;", "<"), ("&#62;", ">"), ("&quot;", '"'), ("&amp;", "&")),
    *(("&#x3C;", "<"), ("&#x3c;", "<"), ("&#x3E;", ">"), ("&#x3e;", ">")),
)
_CDATA_OPEN = "<![CDATA["
_CDATA = re.compile(re.escape(_CDATA_OPEN), re.IGNORECASE)


def _character(match: re.Match[str]) -> str:
    if match[1]:
        return _NAMED[match[1]]
    code = int(match[2]) if match[2] else int(match[3], 16)
    return chr(code) if code <= 0x10FFFF else match[0]


def decode(text: str) -> str:
    """Return `text` with its entities decoded; an ampersand that begins none stays."""
    return _ENTITY.sub(_character, text) if "&" in text else text


def has_reference(text: str) -> bool:
    """Whether `text` refers to an entity that only a document type could define."""
    return _REFERENCE.search(text) is not None


def unescape(text: str) -> str:
    """Undo one level of escaping of angle brackets: for markup that was escaped as a whole."""
    for entity, sign in _WHOLE:
        text = text.replace(entity, sign)
    return text


def plain(markup: str) -> str:
    """Return the text that a field's markup stands for: CDATA sections as they are, entities decoded elsewhere."""
    parts: list[str] = []
    position = 0
    for match in _CDATA.finditer(markup):
        if match.start() < position:
            continue
        end = markup.find("]]>", match.end())
        parts.append(decode(markup[position : match.start()]))
        if end < 0:
            # Never closed: the mark goes, the text stays.
            position = match.end()
            break
        parts.append(markup[match.end() : end])
        position = end + 3
    parts.append(decode(markup[position:]))
    return "".join(parts)


def without_cdata_marks(text: str) -> str:
    """Return `text` with the marks of its CDATA sections removed."""
    return _CDATA.sub("", text).replace("]]>", "")
