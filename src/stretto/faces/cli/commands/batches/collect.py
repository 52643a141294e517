"""The command that writes out what workers made of a batch."""

import sys

from stretto.faces.cli.commands import new_app
from stretto.faces.cli.commands.batches.run import OutputPath, RawCells, ReportPath, Wide
from stretto.faces.cli.input import options

app = new_app()


@app.command()
def collect(
    batch: options.BatchId,
    queue: options.QueueUrl,
    output: OutputPath = None,
    wide: Wide = False,
    raw_cells: RawCells = False,
    report: ReportPath = None,
) -> int:
    """Write what there is of a batch, finished or not; the table itself is not needed.

    Exit code: 0 complete, 1 no text at all, 2 unusable input, 3 something is missing.
    """
    # Not at the top: --help needs none of it.
    from stretto.batch.queue import Queue, QueuedBatch
    from stretto.faces.cli.input.batch_inputs import output_options_of
    from stretto.faces.cli.sessions.batch_session import code_of
    from stretto.faces.cli.sessions.queue_access import ask, status_lines
    from stretto.faces.cli.sessions.queue_session import write

    output_options = output_options_of(output, report=report, wide=wide, raw_cells=raw_cells)

    async def take(opened: Queue) -> QueuedBatch:
        status = await opened.status(batch)
        await write(opened, batch, output_options)
        return status

    status = ask(queue, take)
    for line in status_lines(status):
        print(line, file=sys.stderr)
    return code_of(status)
