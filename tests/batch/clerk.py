"""A model that plans two texts for each row and writes them, and can be told to go wrong at some."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import anyio

from stretto.core.models import ModelRequest, OnText
from stretto.models import FunctionModel

Fault = Callable[[ModelRequest, str], Awaitable[str | None]]
"""Given a request and the row's name; returns an answer, raises, or returns None to leave it to the clerk."""

_NAME = re.compile(r"Describe (.*)")


@dataclass
class Clerk:
    """Counts what it is asked."""

    fault: Fault | None = None
    asked: list[str] = field(default_factory=list[str])
    """Role, row and, of a worker, the text that was wanted."""
    streamed: int = 0
    at_work: int = 0
    most_at_work: int = 0

    @property
    def model(self) -> FunctionModel:
        """Return the clerk as a model."""
        return FunctionModel(self.answer, name="clerk")

    async def answer(self, request: ModelRequest, say: OnText) -> str:
        """Answer as a model does."""
        name = _NAME.findall(request.prefix + request.prompt)[0]
        kind = re.search(r"write ([ab])\b", request.prompt) if request.role == "worker" else None
        self.asked.append(" ".join(filter(None, [request.role, name, kind and kind[1]])))
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        try:
            await anyio.lowlevel.checkpoint()
            told = await self.fault(request, name) if self.fault else None
        finally:
            self.at_work -= 1
        if told is not None:
            return told
        if request.role == "worker":
            return f"<response>{name}: {kind[1] if kind else ''}</response>"
        tasks = "".join(f"<task><type>{t}</type><description>write {t}</description></task>" for t in "ab")
        return f"<tasks>{tasks}</tasks>"
