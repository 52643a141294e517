"""A model made of a function: for tests of programs that use stretto, without a network."""

from collections.abc import Awaitable, Callable
from inspect import isawaitable

from stretto.core.errors import InputError, ModelError
from stretto.core.models import ModelReply, ModelRequest, OnText
from stretto.core.usage import FREE, Cost, Usage

Answer = Callable[[ModelRequest, OnText], str | ModelReply | Awaitable[str | ModelReply]]
"""Given the request and whom to tell each piece of text; returns the whole answer or raises `ModelError`.

A function or an `async` one."""


class FunctionModel:
    """Answers with what a function returns. Text is told in one piece unless the function tells it itself.

    `answer` is the function, which may be `async`: it gets the `ModelRequest` and a function that tells a piece of text
    to whoever watches, and returns the whole answer, as text or as a `ModelReply`, or raises `ModelError`. `name` is
    what the model is called in results and events. Raises `InputError` when it is not given a function.
    """

    label = ""

    def __init__(self, answer: Answer, *, name: str = "function") -> None:
        if isinstance(answer, type) or not callable(answer):
            raise InputError(
                f"A FunctionModel is made of a function, got {answer!r}.",
                hint="Give it one that takes the request and a listener, and returns text.",
            )
        self.name = name
        self.account = "function"
        self._answer = answer

    def price(self, usage: Usage) -> Cost:
        """Return no cost: nothing is called."""
        return FREE

    async def respond(self, request: ModelRequest, on_text: OnText | None = None) -> ModelReply:
        """Return the function's answer; usage is counted in words where the function reports none."""
        streamed: list[str] = []

        def stream(text: str) -> None:
            streamed.append(text)
            if on_text is not None:
                on_text(text)

        answer: object = self._answer(request, stream)
        if isawaitable(answer):
            answer = await answer
        reply = answer if isinstance(answer, ModelReply) else self._reply(request, answer)
        if not streamed and reply.text:
            stream(reply.text)
        return reply

    def _reply(self, request: ModelRequest, text: object) -> ModelReply:
        if not isinstance(text, str):
            message = f"{self.name}: the function must return text or a ModelReply, got {text!r}."
            raise ModelError(message, kind="unexpected", model=self.name)
        words = len(f"{request.prefix} {request.prompt}".split())
        usage = Usage(input_tokens=words, output_tokens=len(text.split()), calls=1)
        return ModelReply(text=text, finish="stop", usage=usage, cost=FREE, model=self.name)
