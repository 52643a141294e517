"""The command that ends a batch in a queue."""

from stretto.faces.cli.commands import new_app
from stretto.faces.cli.input import options
from stretto.faces.cli.process.exit_codes import ExitCode

app = new_app()


@app.command()
def cancel(batch: options.BatchId, queue: options.QueueUrl) -> int:
    """Begin no further row of a batch, and end those under way; what is finished stays.

    The command that submitted the batch goes on with it.
    """
    from stretto.faces.cli.sessions.queue_access import ask, status_lines  # not at the top: --help needs none of it

    for line in status_lines(ask(queue, lambda opened: opened.cancel(batch))):
        print(line)
    return ExitCode.COMPLETE
