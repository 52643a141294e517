"""What the commands about a queue share: the queue opened, a batch's state said, the next command named."""

import shlex
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import anyio

from stretto.batch.queue import Queue, QueuedBatch, open_queue
from stretto.core.addresses import address_for_command
from stretto.faces.cli.errors import one_line
from stretto.faces.cli.views.batch_wording import missing, progress_line, remarks
from stretto.faces.shared.wording import count, glyphs_for

T = TypeVar("T")


def ask(url: str, question: Callable[[Queue], Awaitable[T]]) -> T:
    """Return the answer of a function that is handed the open queue; raises `QueueError` and `InputError`."""

    async def main() -> T:
        async with open_queue(url) as queue:
            return await question(queue)

    return anyio.run(main)


def command(url: str, *words: str) -> str:
    """Return a command about a queue as it is to be typed, without the password."""
    return " ".join(["stretto", *words, "--queue", shlex.quote(address_for_command(url))])


def told(standing: QueuedBatch) -> Iterator[str]:
    """Yield how a batch stands, a line each."""
    dot = glyphs_for(sys.stdout.encoding).dot
    yield dot.join([standing.batch_id, one_line(standing.title), word(standing)])
    yield progress_line(standing, standing.cost, dot=dot)
    if standing.at_work or not standing.over:
        yield f"{count(standing.at_work, 'row')} under way{dot}{count(standing.workers, 'worker')}"
    if standing.stopped:
        yield f"No further row is begun: {one_line(str(standing.stopped))}"
    yield from (*missing(standing, standing.stopped), *remarks(standing))


def fields(standing: QueuedBatch) -> dict[str, object]:
    """Return how a batch stands as JSON-ready data."""
    plain: dict[str, object] = {name: getattr(standing, name) for name in QueuedBatch.__dataclass_fields__}
    return plain | {"opened_at": standing.opened_at.isoformat(), "done": standing.done, "over": standing.over}


def word(standing: QueuedBatch) -> str:
    """Return a batch's state in a word."""
    if standing.state != "open":
        return standing.state
    return "going on" if not standing.over else "done"
