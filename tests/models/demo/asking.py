"""Asks the demo model through its port, with the prompts that runs really send."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stretto.core.models import ModelReply, ModelRequest, Role, Turn
from stretto.core.plan import Plan, Subtask
from stretto.core.result import WorkerResult
from stretto.core.task import Task
from stretto.models.demo import DemoModel
from stretto.parsing import parse_plan, read_answer
from stretto.recipes import load_recipe, orchestrator_prompt, synthesis_prompt, worker_prompt

BOTTLE = "Write a product description for a new eco-friendly water bottle"
BOTTLE_CONTEXT = {
    "target_audience": "environmentally conscious millennials",
    "key_features": ["plastic-free", "insulated", "lifetime warranty"],
}


@dataclass(frozen=True, kw_only=True)
class Job:
    """One brief under one recipe, and the model that answers for every role."""

    task: Task
    recipe: str = "product-copy"
    language: str | None = None
    subtasks: tuple[int, int] = (2, 3)
    tiers: bool = False
    model: DemoModel

    async def plan_text(self, turns: Sequence[Turn] = ()) -> str:
        """Return the orchestrator's answer as it stands."""
        recipe = load_recipe(self.recipe)
        prompt = orchestrator_prompt(
            recipe, self.task, subtasks=self.subtasks, language=self.language, tiers=self.tiers
        )
        return (await self.ask("orchestrator", prompt.prefix, prompt.prompt, turns)).text

    async def plan(self) -> Plan:
        """Return the plan."""
        return parse_plan(await self.plan_text())

    async def work(self, subtask: Subtask, turns: Sequence[Turn] = ()) -> str:
        """Return a worker's text without its markup."""
        return read_answer((await self.work_reply(subtask, turns)).text).text

    async def work_reply(self, subtask: Subtask, turns: Sequence[Turn] = ()) -> ModelReply:
        """Return a worker's whole reply."""
        prompt = worker_prompt(load_recipe(self.recipe), self.task, subtask=subtask, language=self.language)
        return await self.ask("worker", prompt.prefix, prompt.prompt, turns)

    async def texts(self) -> dict[str, str]:
        """Return every worker's text by its type."""
        return {subtask.type: await self.work(subtask) for subtask in (await self.plan()).subtasks}

    async def synthesis(self, strategy: str, missing: Sequence[str] = ()) -> str:
        """Return the synthesis of all texts."""
        results = [
            WorkerResult(subtask=subtask, status="completed", text=await self.work(subtask))
            for subtask in (await self.plan()).subtasks
        ]
        prompt = synthesis_prompt(
            load_recipe(self.recipe),
            self.task,
            strategy=strategy,  # type: ignore[arg-type]
            results=results,
            missing=missing,
            language=self.language,
        )
        return read_answer((await self.ask("synthesis", prompt.prefix, prompt.prompt)).text).text

    async def ask(self, role: Role, prefix: str, prompt: str, turns: Sequence[Turn] = ()) -> ModelReply:
        """Make one call, streamed."""
        return await ask(self.model, prompt, role=role, prefix=prefix, turns=turns)


def job(
    task: str = BOTTLE,
    context: Mapping[str, object] = BOTTLE_CONTEXT,
    *,
    spec: str = "demo:delay=0",
    recipe: str = "product-copy",
    language: str | None = None,
    subtasks: tuple[int, int] = (2, 3),
    tiers: bool = False,
) -> Job:
    """Return a job; without arguments the water bottle's."""
    return Job(
        task=Task.of(task, context),
        recipe=recipe,
        language=language,
        subtasks=subtasks,
        tiers=tiers,
        model=DemoModel.from_spec(spec),
    )


async def ask(
    model: DemoModel,
    prompt: str,
    *,
    role: Role = "worker",
    prefix: str = "",
    turns: Sequence[Turn] = (),
    schema: Mapping[str, object] | None = None,
    max_output_tokens: int = 8_000,
    watched: bool = True,
) -> ModelReply:
    """Make one call; what is streamed must be the reply."""
    pieces: list[str] = []
    request = ModelRequest(
        role=role,
        prefix=prefix,
        prompt=prompt,
        turns=tuple(turns),
        max_output_tokens=max_output_tokens,
        timeout=60,
        gap_timeout=30,
        schema=schema,
    )
    reply = await model.respond(request, pieces.append if watched else None)
    assert "".join(pieces) == (reply.text if watched else "")
    return reply
