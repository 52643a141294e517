"""Wraps text at words, and between Chinese, Japanese and Korean signs where a line may break."""

import re
from collections.abc import Iterator

from rich.cells import cell_len
from rich.text import Text

_OPENING = "（【《〈「『〔〖〘［｛“‘([{￥＄£¥$"
"""These do not end a line."""
_CLOSING = (
    "。，、；：？！）】》〉」』〕〗〙］｝”’…—～·・％‰°｡､!?,.:;)]}%"
    "ーゝゞ々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ゛゜"
)
"""These do not begin a line."""
_WIDE = (
    "\u1100-\u11ff\u2e80-\u2fdf\u3001-\u303f\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7ff\uf900-\ufaff"
    "\ufe30-\ufe4f\uff01-\uff60\uffe0-\uffe6\U00020000-\U0003ffff"
)
_OPEN, _CLOSE = re.escape(_OPENING), re.escape(_CLOSING)
# One that is not broken: a sign or a word, what opens before it and what closes behind it, the space after it.
_UNIT = re.compile(rf"[{_OPEN}]*+(?:[{_WIDE}]|[^\s{_WIDE}{_OPEN}]++|)[{_CLOSE}]*+\s*+|\S", re.DOTALL)
# A sign with what belongs to it: a flag's second letter, joined signs, accents, selectors, tones of skin.
_CLUSTER = re.compile(
    r"(?:[\U0001f1e6-\U0001f1ff]{2}|.)"
    r"(?:\u200d.|[\u0300-\u036f\u200b-\u200f\u20d0-\u20ff\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f])*+",
    re.DOTALL,
)


def wrap(text: Text, width: int) -> list[Text]:
    """Return the text in lines of at most `width` cells; nothing of it is lost but the space at a break."""
    places: list[int] = []
    used = 0
    for start, end in _units(text.plain):
        unit = text.plain[start:end]
        if used and used + cell_len(unit.rstrip()) > width:
            places.append(start)
            used = 0
        if cell_len(unit.rstrip()) > width:
            for cut in _cuts(unit.rstrip(), width):
                places.append(start + cut)
                unit = text.plain[start + cut : end]
        used += cell_len(unit)
    lines = list(text.divide(places))
    for line in lines:
        line.rstrip()
    return lines


def _units(text: str) -> Iterator[tuple[int, int]]:
    position = 0
    while position < len(text):
        match = _UNIT.match(text, position)
        end = match.end() if match and match.end() > position else position + 1
        yield position, end
        position = end


def _cuts(unit: str, width: int) -> Iterator[int]:
    """Give the places at which a unit that fits on no line is cut, never inside of an emoji or an accented letter."""
    used = 0
    for match in _CLUSTER.finditer(unit):
        cells = cell_len(match[0])
        if used and used + cells > width:
            yield match.start()
            used = 0
        used += cells
