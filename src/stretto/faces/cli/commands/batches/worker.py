"""The command that runs rows of batches that wait in a queue."""

import sys
from typing import Annotated

import typer

from stretto.faces.cli.commands import new_app
from stretto.faces.cli.input import options
from stretto.faces.cli.process.exit_codes import ExitCode

app = new_app()

Own = Annotated[
    int,
    typer.Option(
        "--concurrency",
        metavar="N",
        min=1,
        help="Calls to one model at a time by this worker; a batch that states a number for all divides it.",
    ),
]


@app.command()
def worker(queue: options.QueueUrl, concurrency: Own = 10) -> int:
    """Run rows of batches that wait in a queue, beside other workers.

    It goes on until Ctrl-C or SIGTERM, and then ends the rows that are under way. There may be any number of workers,
    on any number of machines. A second Ctrl-C leaves at once, and the rows go to others.
    """
    # Not at the top: --help needs none of it.
    import anyio

    from stretto.app.settings.keys import load_keys
    from stretto.batch.queue import QueueWorker, open_queue
    from stretto.faces.cli.process.signals import Interrupts
    from stretto.faces.shared.formatting import count, one_line
    from stretto.journal import open_journal

    def note(line: str) -> None:
        print(one_line(line), file=sys.stderr, flush=True)

    async def work() -> None:
        async with open_queue(queue) as opened, open_journal(queue, patience=opened.retry_seconds) as journal:
            working = QueueWorker(opened, journal, concurrency=concurrency, keys=load_keys(), note=note)

            def stop() -> None:
                note("Stopping once the rows under way have ended. Once more leaves at once.")
                working.stop()

            note(f"Working for the queue at {opened.address}, {count(concurrency, 'call')} to one model at a time.")
            with Interrupts().calling(stop):
                await working.run()
            note(f"{count(working.rows, 'row')} run.")

    anyio.run(work)
    return ExitCode.COMPLETE
