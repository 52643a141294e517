"""The command that says how far batches in a queue are."""

import sys
from typing import Annotated

import typer

from stretto.faces.cli.commands import new_app
from stretto.faces.cli.input import options
from stretto.faces.cli.process.exit_codes import ExitCode

app = new_app()

AnyBatch = Annotated[str | None, typer.Argument(metavar="ID", help="A batch's id; without it, the latest ones.")]


@app.command()
def status(queue: options.QueueUrl, batch: AnyBatch = None, as_json: options.AsJson = False) -> int:
    """Say how far a batch is; without an id, how far the latest ones are."""
    # Not at the top: --help needs none of it.
    from stretto.batch.queue import Queue, QueuedBatch
    from stretto.faces.cli.sessions.queue_access import ask, command, fields, status_lines
    from stretto.faces.cli.views.json_lines import to_line

    async def read(opened: Queue) -> list[QueuedBatch]:
        return [await opened.status(batch)] if batch else await opened.latest()

    found = ask(queue, read)
    if not found:
        print("There is no batch in this queue.", file=sys.stderr)
    for index, status in enumerate(found):
        if as_json:
            print(to_line(fields(status), sys.stdout.encoding))
            continue
        if index:
            print()
        for line in status_lines(status):
            print(line)
        if status.done:
            print(f"Next: {command(queue, 'batch', 'collect', status.batch_id)} -o out.csv", file=sys.stderr)
    return ExitCode.COMPLETE
