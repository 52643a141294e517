"""The command that has one subtask of a run written again."""

from typing import Annotated

import typer

from stretto.faces.cli.commands import new_app
from stretto.faces.cli.input import options
from stretto.faces.cli.process.text_encoding import as_typed

app = new_app()

Number = Annotated[
    str, typer.Option("--subtask", metavar="N", help="Its number in the plan, or its id; see: stretto show ID")
]
Note = Annotated[str, typer.Option("--note", metavar="TEXT", help='What is to be different, such as "shorter".')]


@app.command()
def rerun(
    run_id: options.RunId,
    subtask: Number,
    note: Note = "",
    output: options.Output = None,
    as_json: options.AsJson = False,
    budget_usd: options.BudgetUsd = None,
    max_tokens_total: options.MaxTokensTotal = None,
    journal: options.JournalPlace = None,
) -> int:
    """Have one subtask of a run written again.

    The old text stands until the new one is there. With a note the worker gets its old text and what is to be
    different; without one it starts from scratch. A synthesis is made anew.
    """
    # Not at the top: --help needs none of it.
    from stretto.app.resume import RunJournal, reopen
    from stretto.faces.cli.sessions.resume_session import ResumeOptions, resume_session

    async def again(journal: RunJournal, found: str) -> object:
        return await reopen(journal, found, subtask, note=as_typed(note))

    resume_options = ResumeOptions(
        flags={"budget_usd": budget_usd, "max_tokens_total": max_tokens_total},
        journal=journal,
        output=output,
        as_json=as_json,
    )
    return resume_session(run_id, resume_options, reopen=again)
