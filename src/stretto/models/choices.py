"""Keeps the choices of a Chat Completions stream apart: an answer is one of them, and ends as it was cut."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Protocol

from pydantic_ai.models import StreamedResponse

# What pydantic-ai's stream has for subclasses to look at each chunk. It reads a chunk's first choice and no index.
_HOOK = "_validate_response"
# No others: some gateways put words of their own into every chunk.
_MISSING = frozenset({"length", "content_filter"})


class _Choice(Protocol):
    index: int
    finish_reason: str | None


class _Chunk(Protocol):
    choices: list[_Choice] | None


def read_one_choice(stream: StreamedResponse) -> None:
    """Have all but the choice that speaks first left out of this stream, before anything of it is read.

    Nobody asked for a second one; a server that sends one all the same would have its words woven into the first.
    """
    chunks: Callable[[], AsyncIterator[_Chunk]] | None = getattr(stream, _HOOK, None)
    if chunks is not None:
        setattr(stream, _HOOK, lambda: _of_one_choice(chunks()))


async def _of_one_choice(chunks: AsyncIterator[_Chunk]) -> AsyncGenerator[_Chunk]:
    first: int | None = None
    cut: str | None = None
    async for chunk in chunks:
        if chunk.choices:
            if first is None:
                first = _index(chunk.choices[0])
            if len(chunk.choices) > 1 or _index(chunk.choices[0]) != first:
                chunk.choices = [choice for choice in chunk.choices if _index(choice) == first]
            for choice in chunk.choices:
                # Some servers close every answer with a stop, also one that they have said was cut or filtered.
                if cut and choice.finish_reason:
                    choice.finish_reason = cut
                elif choice.finish_reason in _MISSING:
                    cut = choice.finish_reason
        yield chunk


def _index(choice: _Choice) -> int:
    # Some servers leave it out.
    return getattr(choice, "index", None) or 0
