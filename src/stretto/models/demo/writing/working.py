"""Writes a worker's answer: one angle's template, filled with the brief and with nothing else. No I/O."""

import re
from collections.abc import Sequence

from stretto.models.demo.library import frames
from stretto.models.demo.reading.briefs import Brief
from stretto.models.demo.writing.angle_choice import Choice
from stretto.models.demo.writing.template import fill, fill_line
from stretto.models.demo.writing.wording import kind_values, make_features, make_values, once

_LIMIT = re.compile(
    r"(?:at most|no more than|under|below|max(?:imum)?(?: of)?|up to|within|fewer than|"
    r"less than)[ \t]+(\d{1,5})[ \t]+(words?|characters?|chars)"
    r"|(?:不超过|最多|少于|控制在)[ \t]*(\d{1,5})[ \t]*(?:个)?(字)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[\u4e00-\u9fff]|[^\s\u4e00-\u9fff]+")


def write_text(choice: Choice, brief: Brief, told: Sequence[str]) -> str:
    """Return the text of one angle; `told` are the task and the remarks that may limit its length."""
    values = make_values(brief) | kind_values(brief)
    features = make_features(brief)
    for slot, feature in zip(("first", "second", "third"), features, strict=False):
        values |= {f"{slot}_{voice}": feature[voice] for voice in ("plain", "warm", "short")}
    blocks = fill(choice.angle.text, values, features, joiner=frames(brief.language)["small"]["comma"])
    if brief.foreign:
        blocks.append(fill_line(frames(brief.language)["foreign"], {"language": brief.foreign}))
    return once("\n\n".join(_within(blocks, told)), [*values.values(), *(feature["feature"] for feature in features)])


def _within(blocks: list[str], told: Sequence[str]) -> list[str]:
    """Return as many blocks, from the first, as the length that was asked for allows; at least one."""
    limits = [match for text in told for match in _LIMIT.finditer(text[:4_000])]
    if not limits:
        return blocks
    limit = int(limits[-1][1] or limits[-1][3])
    by_words = (limits[-1][2] or "").lower().startswith("word")
    kept: list[str] = []
    for block in blocks:
        candidate = "\n\n".join([*kept, block])
        if kept and (len(_WORD.findall(candidate)) if by_words else len(candidate)) > limit:
            break
        kept.append(block)
    return kept
