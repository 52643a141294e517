"""The command that has a plan made and runs nothing of it."""

from pathlib import Path
from typing import Annotated

import typer

from stretto.faces.cli.commands import new_app
from stretto.faces.cli.input import options

app = new_app()

Output = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write the plan there, as JSON, to edit and run.")
]


@app.command()
def plan(
    task: options.TaskText = None,
    context: options.ContextValues = None,
    context_file: options.ContextFiles = None,
    recipe: options.RecipeName = None,
    model: options.ModelName = None,
    worker_model: options.WorkerModel = None,
    fallback_model: options.FallbackModels = None,
    tier: options.Tiers = None,
    subtasks: options.Subtasks = None,
    language: options.Language = None,
    output: Output = None,
    as_json: options.AsJson = False,
    attempts: options.Attempts = None,
    timeout: options.Timeout = None,
    budget_usd: options.BudgetUsd = None,
    max_tokens_total: options.MaxTokensTotal = None,
    deadline: options.Deadline = None,
    base_url: options.BaseUrl = None,
    accept_finish_reason: options.AcceptFinishReasons = None,
    journal: options.JournalPlace = None,
    no_journal: options.NoJournal = False,
) -> int:
    """Write the plan only, then say what running it would cost."""
    # Not at the top: --help needs none of it.
    from stretto.faces.cli.input.journal_options import find_optional_journal
    from stretto.faces.cli.input.plan_files import check_plan_path
    from stretto.faces.cli.input.run_inputs import read_run_inputs
    from stretto.faces.cli.sessions.plan_session import plan_session

    if output:
        check_plan_path(output)
    prepared = read_run_inputs(
        task,
        {
            "model": model,
            "worker_model": worker_model,
            "fallback_models": fallback_model,
            "tiers": tier,
            "recipe": recipe,
            "subtasks": subtasks,
            "language": language,
            "attempts": attempts,
            "timeout": timeout,
            "budget_usd": budget_usd,
            "max_tokens_total": max_tokens_total,
            "deadline": deadline,
            "base_url": base_url,
            "accept_finish_reasons": accept_finish_reason,
        },
        context=context,
        context_files=context_file,
        location=find_optional_journal(no_journal, journal),
    )
    return plan_session(prepared, as_json=as_json, output=output)
