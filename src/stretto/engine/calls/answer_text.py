"""Decides whether a reply counts as an answer. An empty, cut or refused one never does."""

from collections.abc import Iterator

from stretto.core.checks import Finding
from stretto.core.errors import ModelError
from stretto.core.models import ModelReply
from stretto.core.text import is_blank
from stretto.parsing import left_marks, read_answer

_READING = "reading"
"""The name of the check in these findings."""


def answer_of(reply: ModelReply, brief: str) -> tuple[str, tuple[Finding, ...]]:
    """Return the text of a whole answer, and findings on how it was read.

    `brief` is all that the model was given: marks of models that it names may stand in the text.
    Raises `ModelError` (refused, truncated, malformed, empty).
    """
    raise_if_refused(reply)
    if reply.finish == "length":
        raise ModelError(
            "The answer was cut off at its length limit.",
            kind="truncated",
            model=reply.model,
            hint="Raise max_output_tokens in the recipe, or ask for less.",
        )
    taken = read_answer(reply.text)
    if is_blank(taken.text):
        raise ModelError("The answer was empty.", kind="empty", model=reply.model)
    findings = [Finding(check=_READING, message=remark, action="warn") for remark in taken.remarks]
    return taken.text, (*findings, *_on_marks(taken.text, brief))


def _on_marks(text: str, brief: str) -> Iterator[Finding]:
    """Give a finding for marks of models that were left in a text: a repair, unless the text may be about them."""
    left = left_marks(text)
    known = [mark for mark in left.used if mark in brief]
    unknown = [mark for mark in left.used if mark not in brief]
    if unknown:
        message = f"The text contains {_listed(unknown)}, a model's own mark. Give the finished text alone."
        yield Finding(check=_READING, message=message, action="repair")
    if quoted := [*known, *left.quoted]:
        message = f"The text names {_listed(quoted)}, which models use as marks: see that it is meant."
        yield Finding(check=_READING, message=message, action="warn")


def _listed(marks: list[str]) -> str:
    return ", ".join(marks[:3]) + (" and others" if len(marks) > 3 else "")


def raise_if_refused(reply: ModelReply) -> None:
    """Raise `ModelError` (refused) on the provider's own signal; wording is never taken for a refusal."""
    if reply.finish == "refusal":
        raise ModelError("The model refused to answer.", kind="refused", model=reply.model)
