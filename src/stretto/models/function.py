"""A model made of a function: for tests of programs that use stretto, without a network."""

from collections.abc import Awaitable, Callable

from stretto.core.models import ModelReply, ModelRequest, OnText
from stretto.core.usage import FREE, Cost, Usage

Answer = Callable[[ModelRequest, OnText], Awaitable[str | ModelReply]]
"""Given the request and whom to tell each piece of text; returns the whole answer or raises `ModelError`."""


class FunctionModel:
    """Answers with what a function returns. Text is told in one piece unless the function tells it itself."""

    label = ""

    def __init__(self, answer: Answer, *, name: str = "function") -> None:
        self.name = name
        self.account = "function"
        self._answer = answer

    def price(self, usage: Usage) -> Cost:
        """Return no cost: nothing is called."""
        return FREE

    async def respond(self, request: ModelRequest, on_text: OnText | None = None) -> ModelReply:
        """Return the function's answer; usage is counted in words where the function reports none."""
        told: list[str] = []

        def tell(text: str) -> None:
            told.append(text)
            if on_text is not None:
                on_text(text)

        answer = await self._answer(request, tell)
        reply = answer if isinstance(answer, ModelReply) else self._reply(request, answer)
        if not told and reply.text:
            tell(reply.text)
        return reply

    def _reply(self, request: ModelRequest, text: str) -> ModelReply:
        words = len(f"{request.prefix} {request.prompt}".split())
        usage = Usage(input_tokens=words, output_tokens=len(text.split()), calls=1)
        return ModelReply(text=text, finish="stop", usage=usage, cost=FREE, model=self.name)
