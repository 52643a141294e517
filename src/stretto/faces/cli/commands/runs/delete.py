"""The command that removes a run from the journal."""

import sys

from stretto.faces.cli.commands import new_app
from stretto.faces.cli.input import options

app = new_app()


@app.command()
def delete(run_id: options.RunId, journal: options.JournalPlace = None) -> None:
    """Remove a run from the journal.

    Everything that belongs to it goes: texts, calls, costs. A run that is under way is not removed.
    """
    # Not at the top: --help needs none of it.
    from stretto.app.archive import find_run
    from stretto.app.resume import RunJournal
    from stretto.faces.cli.input.journal_options import find_journal

    async def remove(journal: RunJournal) -> str:
        found = await find_run(journal, run_id)
        await journal.delete(found)
        return found

    print(f"deleted: {find_journal(journal).ask(remove)}", file=sys.stderr)
