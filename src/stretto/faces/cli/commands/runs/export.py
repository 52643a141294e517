"""The command that writes a saved run into a file."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from stretto.faces.cli.commands import new_app
from stretto.faces.cli.input import options

app = new_app()

File = Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Where to: .md .json .jsonl .csv .html")]


@app.command()
def export(run_id: options.RunId, output: File, journal: options.JournalPlace = None) -> None:
    """Write a run's results into a file; no call is made.

    Of a run that is not over, what there is of it is written, with what is missing.
    """
    # Not at the top: --help needs none of it.
    from stretto.app.archive import find_run, read_run
    from stretto.app.resume import RunJournal
    from stretto.export import Report, check_writable, write_report
    from stretto.faces.cli.input.journal_options import find_journal
    from stretto.faces.cli.process.text_encoding import as_typed
    from stretto.faces.shared.formatting import one_line

    async def read(journal: RunJournal) -> Report:
        return (await read_run(journal, await find_run(journal, run_id))).report

    check_writable(output)
    write_report(find_journal(journal).ask(read), output)
    print(f"written: {one_line(as_typed(str(output)))}", file=sys.stderr)
