"""The command that runs a task: plan, workers, every result back."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from stretto.core.errors import InputError
from stretto.faces.cli.commands import new_app
from stretto.faces.cli.input import options

app = new_app()

PlanPath = Annotated[Path | None, typer.Option("--plan", metavar="FILE", help="Run this plan; no plan is asked for.")]


@app.command()
def run(
    task: options.TaskText = None,
    context: options.ContextValues = None,
    context_file: options.ContextFiles = None,
    recipe: options.RecipeName = None,
    model: options.ModelName = None,
    worker_model: options.WorkerModel = None,
    synthesis_model: options.SynthesisModel = None,
    fallback_model: options.FallbackModels = None,
    tier: options.Tiers = None,
    subtasks: options.Subtasks = None,
    max_subtasks: options.MaxSubtasks = None,
    synthesize: options.Synthesize = None,
    language: options.Language = None,
    plan: PlanPath = None,
    review: options.Review = False,
    dry_run: options.DryRun = False,
    output: options.Output = None,
    as_json: options.AsJson = False,
    concurrency: options.Concurrency = None,
    attempts: options.Attempts = None,
    timeout: options.Timeout = None,
    hedge: options.Hedge = False,
    budget_usd: options.BudgetUsd = None,
    max_tokens_total: options.MaxTokensTotal = None,
    deadline: options.Deadline = None,
    base_url: options.BaseUrl = None,
    accept_finish_reason: options.AcceptFinishReasons = None,
    journal: options.JournalPlace = None,
    no_journal: options.NoJournal = False,
) -> int:
    """Plan a task, write every variant, show what came of it.

    Exit code: 0 complete, 1 failed, 2 unusable input, 3 partial, 130 interrupted.
    """
    # Not at the top: --help needs none of it.
    from stretto.export import check_writable
    from stretto.faces.cli.input.journal_options import find_optional_journal
    from stretto.faces.cli.input.plan_editor import find_editor, review_plan
    from stretto.faces.cli.input.run_inputs import read_run_inputs
    from stretto.faces.cli.sessions.run_session import RunRequest, run_session
    from stretto.faces.cli.views.preview import preview_run
    from stretto.faces.shared.run_wording import models_line

    if output:
        check_writable(output)
    if review and dry_run:
        raise InputError("--dry-run makes no plan, so there is none to --review.")
    editor = find_editor() if review else []
    prepared = read_run_inputs(
        task,
        {
            "model": model,
            "worker_model": worker_model,
            "synthesis_model": synthesis_model,
            "fallback_models": fallback_model,
            "tiers": tier,
            "recipe": recipe,
            "subtasks": subtasks,
            "max_subtasks": max_subtasks,
            "synthesis": synthesize,
            "language": language,
            "concurrency": concurrency,
            "attempts": attempts,
            "timeout": timeout,
            "hedge": hedge or None,
            "budget_usd": budget_usd,
            "max_tokens_total": max_tokens_total,
            "deadline": deadline,
            "base_url": base_url,
            "accept_finish_reasons": accept_finish_reason,
        },
        context=context,
        context_files=context_file,
        plan_file=plan,
        location=None if dry_run else find_optional_journal(no_journal, journal),
    )
    if dry_run:
        return preview_run(prepared, as_json=as_json)
    print(models_line(prepared.orchestrator.models, prepared.orchestrator.why, prepared.others), file=sys.stderr)
    request = RunRequest(
        start=prepared.start,
        review=(lambda plan, quote: review_plan(plan, quote, task=prepared.task, editor=editor)) if review else None,
        as_json=as_json,
        output=output,
        location=prepared.location,
        given=plan is not None,
    )
    return run_session(request)
