"""Quotes the calls, tokens and cost of a run from its prompts, without any call. Pure."""

from collections.abc import Iterable, Sequence

from stretto.core.models import Model
from stretto.core.plan import Plan, Subtask
from stretto.core.usage import FREE, Cost, Quote, Usage
from stretto.engine.job import Job
from stretto.recipes import RolePrompt, orchestrator_prompt, worker_prompt

# What answers of these roles usually take; the other end of a quote is what they may take.
_TYPICAL_OUTPUT = {"orchestrator": 500, "worker": 400, "synthesis": 600}
# A reservation counts bytes as tokens; this is how many an estimated token has.
_BYTES_PER_TOKEN = 4
# Stands in for descriptions that are not written yet.
_SAMPLE = Subtask(type="approach", description="One or two sentences that say what the worker is to write. " * 3)

_Call = tuple[Model, int, int, int]
"""Model, input tokens, typical and longest output tokens."""


def quote(job: Job, plan: Plan | None = None) -> Quote:
    """Return the quote for the whole run, or for the workers of `plan` and the synthesis when it is given."""
    subtasks = plan.subtasks if plan else (_SAMPLE,) * job.settings.subtasks[1]
    workers = _workers(job, subtasks[: job.settings.max_subtasks])
    calls = workers if plan else [_orchestrator(job), *workers]
    if job.settings.synthesis != "none":
        calls = [*calls, _synthesis(job, workers)]
    return Quote(
        calls=len(calls),
        input_tokens=sum(call[1] for call in calls),
        output_tokens=(sum(call[2] for call in calls), sum(call[3] for call in calls)),
        cost=(
            _total(model.price(Usage(input_tokens=tokens, output_tokens=low)) for model, tokens, low, _ in calls),
            _total(model.price(Usage(input_tokens=tokens, output_tokens=high)) for model, tokens, _, high in calls),
        ),
    )


def _orchestrator(job: Job) -> _Call:
    prompt = orchestrator_prompt(
        job.recipe,
        job.task,
        subtasks=job.settings.subtasks,
        language=job.settings.language,
        tiers=bool(job.role_models.tiers),
    )
    return _call(job, job.role_models.orchestrator, "orchestrator", prompt)


def _workers(job: Job, subtasks: Sequence[Subtask]) -> list[_Call]:
    return [
        _call(
            job,
            job.role_models.for_subtask(subtask)[0],
            "worker",
            worker_prompt(job.recipe, job.task, subtask=subtask, language=job.settings.language),
        )
        for subtask in subtasks
    ]


def _synthesis(job: Job, workers: Sequence[_Call]) -> _Call:
    # It reads the task and every answer.
    tokens = max((call[1] for call in workers), default=0) + sum(call[2] for call in workers)
    longest = job.recipe.max_output_tokens["synthesis"]
    return job.role_models.synthesis, tokens, min(_TYPICAL_OUTPUT["synthesis"], longest), longest


def synthesis_reservation(job: Job) -> tuple[Usage, Cost]:
    """Return what is reserved for the synthesis before there is any result."""
    count = min(job.settings.subtasks[1], job.settings.max_subtasks)
    model, input_tokens, _, output_tokens = _synthesis(job, _workers(job, (_SAMPLE,) * count))
    usage = Usage(input_tokens=input_tokens * _BYTES_PER_TOKEN, output_tokens=output_tokens, calls=1)
    return usage, model.price(usage)


def _call(job: Job, model: Model, role: str, prompt: RolePrompt) -> _Call:
    longest = job.recipe.max_output_tokens[role]  # pyright: ignore[reportArgumentType]
    return model, estimate_tokens(prompt.prefix + prompt.prompt), min(_TYPICAL_OUTPUT[role], longest), longest


def estimate_tokens(text: str) -> int:
    """Return about how many tokens a text has: four ASCII characters a token, one of any other kind."""
    ascii_count = sum(map(str.isascii, text))
    return ascii_count // 4 + len(text) - ascii_count


def _total(costs: Iterable[Cost]) -> Cost:
    return sum(costs, FREE)
