"""Decides whether a reply counts as an answer. An empty, cut or refused one never does."""

from stretto.core.errors import ModelError
from stretto.core.models import ModelReply
from stretto.core.text import is_blank
from stretto.parsing import read_answer


def answer_text(reply: ModelReply) -> str:
    """Return the text of a whole answer; raises `ModelError` (refused, truncated, malformed, empty)."""
    raise_if_refused(reply)
    if reply.finish == "length":
        raise ModelError(
            "The answer was cut off at its length limit.",
            kind="truncated",
            model=reply.model,
            hint="Raise max_output_tokens in the recipe, or ask for less.",
        )
    text = read_answer(reply.text)
    if is_blank(text):
        raise ModelError("The answer was empty.", kind="empty", model=reply.model)
    return text


def raise_if_refused(reply: ModelReply) -> None:
    """Raise `ModelError` (refused) on the provider's own signal; wording is never taken for a refusal."""
    if reply.finish == "refusal":
        raise ModelError("The model refused to answer.", kind="refused", model=reply.model)
