"""The command that shows one run as the journal has it."""

from stretto.faces.cli.commands import new_app
from stretto.faces.cli.input import options

app = new_app()


@app.command()
def show(run_id: options.RunId, as_json: options.AsJson = False, journal: options.JournalPlace = None) -> None:
    """Show a run: what was asked, what came of it, what it cost.

    With --json its events are written again, one a line, as they were when it ran.
    """
    # Not at the top: --help needs none of it.
    from stretto.app.archive import ArchivedRun, find_run, read_run
    from stretto.app.resume import RunJournal
    from stretto.faces.cli.input.journal_options import find_journal
    from stretto.faces.cli.views.json_lines import JsonLines
    from stretto.faces.cli.views.saved_run import show_saved_run

    async def read(journal: RunJournal) -> ArchivedRun:
        return await read_run(journal, await find_run(journal, run_id))

    location = find_journal(journal)
    kept = location.ask(read)
    if as_json:
        lines = JsonLines()
        for event in kept.events:
            lines.see(event)
    else:
        show_saved_run(kept, location)
