"""Quotes a whole batch: calls, tokens and cost, without any call. Pure."""

from dataclasses import replace
from decimal import Decimal

from stretto.batch.input_table import InputTable
from stretto.batch.setup import BatchSetup
from stretto.core.errors import InputError
from stretto.core.task import Task
from stretto.core.usage import FREE, Cost, Quote
from stretto.engine import quote
from stretto.recipes import orchestrator_prompt, worker_prompt


def estimate(input_table: InputTable, setup: BatchSetup) -> Quote:
    """Return the quote for all rows that are to be run, from the first few hundred of them."""
    quotes = [quote(replace(setup.job, task=task), input_table.plan) for task in _tasks(input_table)]
    if not quotes:
        return Quote(calls=0, input_tokens=0, output_tokens=(0, 0), cost=(FREE, FREE))
    share = Decimal(input_table.total) / len(quotes)
    return Quote(
        calls=_scaled(sum(each.calls for each in quotes), share),
        input_tokens=_scaled(sum(each.input_tokens for each in quotes), share),
        output_tokens=(
            _scaled(sum(each.output_tokens[0] for each in quotes), share),
            _scaled(sum(each.output_tokens[1] for each in quotes), share),
        ),
        cost=(
            _cost([each.cost[0] for each in quotes], share),
            _cost([each.cost[1] for each in quotes], share),
        ),
    )


def calls_per_row(input_table: InputTable, setup: BatchSetup) -> int:
    """Return how many calls a row is going to take when nothing has to be asked again."""
    settings = setup.job.settings
    synthesis = settings.synthesis != "none"
    if input_table.plan:
        return len(input_table.plan.subtasks) + synthesis
    return 1 + min(settings.subtasks[1], settings.max_subtasks) + synthesis


def first_prompt(input_table: InputTable, setup: BatchSetup) -> str:
    """Return the first prompt of the first row; empty when no row is to be run."""
    task = next(iter(_tasks(input_table)), None)
    if task is None:
        return ""
    settings = setup.job.settings
    if input_table.plan:
        first = input_table.plan.subtasks[0]
        prompt = worker_prompt(setup.job.recipe, task, subtask=first, language=settings.language)
        return prompt.prefix + prompt.prompt
    prompt = orchestrator_prompt(
        setup.job.recipe,
        task,
        subtasks=settings.subtasks,
        language=settings.language,
        tiers=bool(setup.job.role_models.tiers),
    )
    return prompt.prefix + prompt.prompt


def _tasks(input_table: InputTable) -> list[Task]:
    tasks: list[Task] = []
    for row in input_table.found.first[: input_table.total]:
        try:
            tasks.append(input_table.task_of(row))
        except InputError:  # It fails on its own when its turn comes, and takes nothing.
            continue
    return tasks


def _scaled(number: int, share: Decimal) -> int:
    return round(number * share)


def _cost(costs: list[Cost], share: Decimal) -> Cost:
    total = sum(costs, FREE)
    return Cost(usd=total.usd * share, complete=total.complete)
