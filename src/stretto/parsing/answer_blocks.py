"""Answers in several blocks, and in other brackets or tags than <response>. No I/O."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from stretto.core.errors import ModelError
from stretto.parsing.fields import is_placeholder
from stretto.parsing.reasoning.marks import ANSWERS

_DISGUISED = re.compile(
    r"(?:^[ \t]*+(?:\[|【|《|〈|&lt;)(?P<open>response)|(?:\[|【|《|〈|&lt;)[/／]response)(?:\]|】|》|〉|&gt;)",
    re.IGNORECASE | re.MULTILINE,
)
_NAMED = re.compile(rf"<(?P<close>/)?(?P<name>{'|'.join(ANSWERS)})>", re.IGNORECASE)
_FORM = re.compile(
    r"\W*(?:your|the)?\s*(?:finished|final|whole)?\s*(?:text|response|content|answer|copy)\s+(?:goes\s+|comes\s+)?here\W*",
    re.IGNORECASE,
)
_MOST_COMPARED = 50
"""Of more blocks than this only equal ones are known as the same."""


@dataclass(frozen=True, slots=True)
class TakenAnswer:
    """What counts of a worker's answer."""

    text: str
    remarks: tuple[str, ...] = ()
    """What a reader should know of how the text was taken, one sentence each."""


@dataclass(frozen=True, slots=True)
class Disguised:
    """A text whose tags were written in other brackets, with tags."""

    text: str
    escaped: bool
    """Whether all of it was escaped, so that what is taken out must be unescaped."""


def joined(blocks: Sequence[str]) -> TakenAnswer:
    """Return several blocks as one text: none that another one contains, the others in order, and a remark."""
    filled = [block for block in dict.fromkeys(blocks) if block and not is_placeholder(block)]
    real = [block for block in filled if not _FORM.fullmatch(block[:80])] or filled
    if len(real) <= _MOST_COMPARED:
        real = _without_contained(real)
    if len(real) < 2:
        return TakenAnswer(real[0] if real else next(iter(blocks), ""))
    remark = f"The answer came as {len(real)} different blocks; all of them stand here, one after the other."
    return TakenAnswer("\n\n".join(real), (remark,))


def _without_contained(blocks: Sequence[str]) -> list[str]:
    plain = [" ".join(block.split()) for block in blocks]
    return [
        block
        for index, block in enumerate(blocks)
        if not any(
            plain[index] in other and (plain[index] != other or at < index)
            for at, other in enumerate(plain)
            if at != index
        )
    ]


def disguised(text: str) -> Disguised | None:
    """Return the text with <response> in place of [response], 【response】 or &lt;response&gt;; None without any."""
    marks = list(_DISGUISED.finditer(text))
    if not marks or not marks[0]["open"]:
        return None
    if all(mark["open"] for mark in marks):
        if text[: marks[0].start()].strip():
            return None
        raise ModelError("The answer opens [response] and never closes it.", kind="malformed")
    plain = _DISGUISED.sub(lambda mark: "<response>" if mark["open"] else "</response>", text)
    return Disguised(plain, "&lt;" in marks[0][0])


def around(text: str) -> TakenAnswer | None:
    """Return what stands in <answer> or a tag like it around the whole text; None where there is none.

    Raises `ModelError` when the text begins with such a tag that is never closed.
    """
    tags = list(_NAMED.finditer(text))
    if not tags:
        return None
    if len(tags) == 1 and tags[0]["close"] and not text[tags[0].end() :].strip():
        # Its beginning was in the prompt.
        return TakenAnswer(text[: tags[0].start()].strip())
    blocks: list[str] = []
    position, index = 0, 0
    while index < len(tags) and not tags[index]["close"] and not text[position : tags[index].start()].strip():
        name = tags[index]["name"].lower()
        end = next((i for i in range(index, len(tags)) if tags[i]["close"] and tags[i]["name"].lower() == name), None)
        if end is None:
            if blocks:
                return None
            raise ModelError(f"The answer opens <{name}> and never closes it.", kind="malformed")
        blocks.append(text[tags[index].end() : tags[end].start()].strip())
        position, index = tags[end].end(), end + 1
    return joined(blocks) if blocks and not text[position:].strip() else None
