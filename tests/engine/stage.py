"""A stage for runs: models made of functions, plans in their markup, and what was called."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from stretto import Orchestrator, Recipe, RunResult
from stretto.core.errors import ModelError
from stretto.core.events import Event, RunCompleted
from stretto.core.models import Finish, ModelReply, ModelRequest, OnText
from stretto.core.usage import FREE, Usage
from stretto.models.function import FunctionModel

Play = Callable[[ModelRequest, OnText], Awaitable[str | ModelReply]]

RECIPE = Recipe.of(
    orchestrator="Plan this: {task}",
    worker="Write {task_type} ({task_description}) for: {task}",
    merge="Merge: {results}",
    compare="Compare: {results}",
    subtasks=(1, 5),
    checks=(),
)


def subtask(type: str, description: str = "", *, tier: str = "") -> str:
    """Return one subtask in the plan's markup."""
    mark = f"<tier>{tier}</tier>" if tier else ""
    return f"<task><type>{type}</type><description>{description or f'write {type}'}</description>{mark}</task>\n"


def plan(*types: str, analysis: str = "thoughts") -> str:
    """Return a whole plan in its markup."""
    return f"<analysis>{analysis}</analysis>\n<tasks>\n{''.join(map(subtask, types))}</tasks>"


def reply(text: str, finish: Finish = "stop", *, tokens: int = 10) -> ModelReply:
    """Return a reply that ends in the given way."""
    usage = Usage(input_tokens=tokens, output_tokens=tokens, calls=1)
    return ModelReply(text=text, finish=finish, usage=usage, cost=FREE, model="stage")


def cut() -> ModelError:
    """Return the error of a connection lost in the middle."""
    return ModelError("The connection was lost.", kind="cut")


async def write(request: ModelRequest, say: OnText) -> str:
    """Answer as a worker that does its work."""
    return f"<response>copy by {asked_type(request)}</response>"


def asked_type(request: ModelRequest) -> str:
    """Return the type of the subtask a worker was asked for."""
    return request.prompt.partition("Write ")[2].partition(" (")[0]


class Stage:
    """One orchestrator, one worker and one synthesis model, and every request that reached them."""

    def __init__(self, orchestrator: Play | Sequence[str | Play], worker: Play = write, synthesis: Play | None = None):
        self.requests: list[ModelRequest] = []
        self._plans = orchestrator if callable(orchestrator) else list(orchestrator)
        self._plays: dict[str, Play] = {"worker": worker, "synthesis": synthesis or self._synthesise}
        self.model = FunctionModel(self._answer, name="stage")

    def orchestrator(self, **options: Any) -> Orchestrator:
        """Return an orchestrator that plays on this stage."""
        options = {"recipe": RECIPE, "model": self.model, "backoff": 0.0} | options
        return Orchestrator(**options)

    async def run(self, **options: Any) -> tuple[list[Event], RunResult]:
        """Run one task and return its events and its result."""
        events: list[Event] = []
        async with self.orchestrator(**options).stream("sell a bottle", deltas=True) as stream:
            events.extend([event async for event in stream])
        assert isinstance(events[-1], RunCompleted)
        return events, events[-1].result

    def asked(self, role: str) -> list[ModelRequest]:
        """Return the requests of one role, in order."""
        return [request for request in self.requests if request.role == role]

    async def _answer(self, request: ModelRequest, say: OnText) -> str | ModelReply:
        self.requests.append(request)
        if request.role != "orchestrator":
            return await self._plays[request.role](request, say)
        play = self._plans if callable(self._plans) else self._plans.pop(0)
        return await play(request, say) if callable(play) else play

    async def _synthesise(self, request: ModelRequest, say: OnText) -> str:
        return "<response>all in one</response>"


def kinds(events: Sequence[Event]) -> list[str]:
    """Return the events' kinds, in order."""
    return [event.kind for event in events]


def of_kind(events: Sequence[Event], kind: str) -> list[Any]:
    """Return the events of one kind."""
    return [event for event in events if event.kind == kind]
