"""A model that plans two texts for each row and writes them, and can be made to fail at some."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import anyio

from stretto.core.models import ModelRequest, OnText
from stretto.models import FunctionModel

Fault = Callable[[ModelRequest, str], Awaitable[str | None]]
"""Given a request and the row's name; returns an answer, raises, or returns None to have the row answered as usual."""

_NAME = re.compile(r"Describe (.*)")


@dataclass
class ScriptedModel:
    """Counts what it is asked."""

    fault: Fault | None = None
    asked: list[str] = field(default_factory=list[str])
    """Role, row and, of a worker, the text that was wanted."""
    streamed: int = 0
    in_flight: int = 0
    most_in_flight: int = 0

    @property
    def model(self) -> FunctionModel:
        """Return it as a model."""
        return FunctionModel(self.answer, name="scripted")

    async def answer(self, request: ModelRequest, say: OnText) -> str:
        """Answer as a model does."""
        name = _NAME.findall(request.prefix + request.prompt)[0]
        kind = re.search(r"write ([ab])\b", request.prompt) if request.role == "worker" else None
        self.asked.append(" ".join(filter(None, [request.role, name, kind and kind[1]])))
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await anyio.lowlevel.checkpoint()
            answer = await self.fault(request, name) if self.fault else None
        finally:
            self.in_flight -= 1
        if answer is not None:
            return answer
        if request.role == "worker":
            return f"<response>{name}: {kind[1] if kind else ''}</response>"
        tasks = "".join(f"<task><type>{t}</type><description>write {t}</description></task>" for t in "ab")
        return f"<tasks>{tasks}</tasks>"
