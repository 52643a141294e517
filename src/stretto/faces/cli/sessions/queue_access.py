"""What the commands about a queue share: opening the queue, a batch's status in words, the next command."""

import shlex
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import anyio

from stretto.batch.queue import Queue, QueuedBatch, open_queue
from stretto.core.addresses import address_for_command
from stretto.faces.shared.batch_wording import missing_rows, progress_line, remarks
from stretto.faces.shared.formatting import count, glyphs_for, one_line

T = TypeVar("T")


def ask(url: str, question: Callable[[Queue], Awaitable[T]]) -> T:
    """Return the answer of a function that is handed the open queue; raises `QueueError` and `InputError`."""

    async def main() -> T:
        async with open_queue(url) as queue:
            return await question(queue)

    return anyio.run(main)


def command(url: str, *words: str) -> str:
    """Return a command about a queue, to be copied, without the password."""
    return " ".join(["stretto", *words, "--queue", shlex.quote(address_for_command(url))])


def status_lines(status: QueuedBatch) -> Iterator[str]:
    """Yield how a batch stands, a line each."""
    dot = glyphs_for(sys.stdout.encoding).dot
    yield dot.join([status.batch_id, one_line(status.title), word(status)])
    yield progress_line(status, status.cost, dot=dot)
    if status.at_work or not status.over:
        yield f"{count(status.at_work, 'row')} under way{dot}{count(status.workers, 'worker')}"
    if status.stopped:
        yield f"No further row is begun: {one_line(str(status.stopped))}"
    yield from (*missing_rows(status, status.stopped), *remarks(status))


def fields(status: QueuedBatch) -> dict[str, object]:
    """Return how a batch stands as JSON-ready data."""
    plain: dict[str, object] = {name: getattr(status, name) for name in QueuedBatch.__dataclass_fields__}
    return plain | {"opened_at": status.opened_at.isoformat(), "done": status.done, "over": status.over}


def word(status: QueuedBatch) -> str:
    """Return a batch's state in a word."""
    if status.state != "open":
        return status.state
    return "going on" if not status.over else "done"
