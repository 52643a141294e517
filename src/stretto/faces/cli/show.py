"""The command that shows one run as the journal has it."""

from stretto.faces.cli import options
from stretto.faces.cli.commands import new_app

app = new_app()


@app.command()
def show(run_id: options.RunId, as_json: options.AsJson = False, journal: options.JournalPlace = None) -> None:
    """Show a run: what was asked, what came of it, what it cost.

    With --json its events are written again, one a line, as they were when it ran.
    """
    # Not at the top: --help needs none of it.
    from stretto.app.archive import Kept, find_run, read_run
    from stretto.app.resuming import Book
    from stretto.faces.cli.journals import find_place
    from stretto.faces.cli.json_lines import JsonLines
    from stretto.faces.cli.retelling import retell

    async def read(book: Book) -> Kept:
        return await read_run(book, await find_run(book, run_id))

    place = find_place(journal)
    kept = place.ask(read)
    if as_json:
        lines = JsonLines()
        for event in kept.events:
            lines.see(event)
    else:
        retell(kept, place)
