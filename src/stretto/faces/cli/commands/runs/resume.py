"""The command that goes on with a run that was stopped."""

from stretto.faces.cli.commands import new_app
from stretto.faces.cli.input import options

app = new_app()


@app.command()
def resume(
    run_id: options.RunId,
    review: options.Review = False,
    output: options.Output = None,
    as_json: options.AsJson = False,
    concurrency: options.Concurrency = None,
    max_subtasks: options.MaxSubtasks = None,
    budget_usd: options.BudgetUsd = None,
    max_tokens_total: options.MaxTokensTotal = None,
    deadline: options.Deadline = None,
    journal: options.JournalPlace = None,
) -> int:
    """Go on with a run; what is finished is not paid again.

    Recipe, models and settings are those that the run was started with; the limits given here take the place of its
    own. A budget counts from the run's beginning, a deadline anew.
    """
    # Not at the top: --help needs none of it.
    from stretto.faces.cli.sessions.resume_session import ResumeOptions, resume_session

    resume_options = ResumeOptions(
        flags={
            "concurrency": concurrency,
            "max_subtasks": max_subtasks,
            "budget_usd": budget_usd,
            "max_tokens_total": max_tokens_total,
            "deadline": deadline,
        },
        journal=journal,
        output=output,
        as_json=as_json,
        review=review,
    )
    return resume_session(run_id, resume_options)
