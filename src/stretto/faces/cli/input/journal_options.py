"""Where runs are kept: finds the journal that an option or a setting names, opens it, names it in commands."""

import shlex
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TypeVar

import anyio

from stretto.app.resume import RunJournal
from stretto.app.settings.loading import load_settings
from stretto.core.addresses import address_for_command
from stretto.core.errors import InputError, JournalError
from stretto.journal import open_journal
from stretto.journal.locations import ANOTHER_FILE

T = TypeVar("T")


class JournalLocation:
    """A journal, and how another command finds it."""

    def __init__(
        self, where: str | None = None, *, flags: tuple[str, ...] = (), source: str = "", optional: bool = False
    ) -> None:
        self.optional = optional
        """Whether the command can do without."""
        self._where = where
        self._flags = flags
        self._source = source
        self.journal = open_journal(where)
        """For one event loop, in which `opened` opens and closes it."""

    @asynccontextmanager
    async def opened(self) -> AsyncGenerator[None]:
        """Open the journal before anything is begun, and close it in the end; raises `JournalError`."""
        await self._open(self.journal)
        try:
            yield
        finally:
            with anyio.CancelScope(shield=True):
                await self.journal.aclose()

    def ask(self, question: Callable[[RunJournal], Awaitable[T]]) -> T:
        """Return the answer of a function that is handed the journal, opened for it alone."""

        async def main() -> T:
            async with AsyncExitStack() as stack:
                journal = open_journal(self._where)
                stack.push_async_callback(journal.aclose)
                await self._open(journal)
                return await question(journal)

        return anyio.run(main)

    async def _open(self, journal: AbstractAsyncContextManager[object]) -> None:
        try:
            await journal.__aenter__()
        except JournalError as error:
            raise self.worded(error) from error

    def worded(self, error: JournalError) -> JournalError:
        """Return an error whose way out goes where the place came from: an option, a variable, a file of settings."""
        way = f"{ANOTHER_FILE} {'in' if '.' in self._source else 'with'} {self._source}"
        if not self._source or way in error.hint:
            return error
        return JournalError(error.message, hint=error.hint.replace(ANOTHER_FILE, way, 1))

    def command(self, verb: str, run_id: str, *options: str) -> str:
        """Return a command about a run, to be copied."""
        return " ".join(["stretto", verb, run_id, *options, *self._flags])


def find_journal(given: str | None, *, optional: bool = False) -> JournalLocation:
    """Return the place that an option names, else the settings, else the file in the user's data folder."""
    settings = load_settings({"journal": given})
    flags = ("--journal", shlex.quote(address_for_command(given))) if given else ()
    source = settings.sources.get("journal", "")
    return JournalLocation(settings.journal, flags=flags, source=source, optional=optional)


def find_optional_journal(unwanted: bool, given: str | None) -> JournalLocation | None:
    """Return the place; None where nothing is to be kept."""
    if not unwanted:
        return find_journal(given, optional=True)
    if given:
        raise InputError("--journal and --no-journal contradict each other.", hint="Leave out one of them.")
    return None


def refuse_journal_option(unwanted: bool, given: str | None) -> None:
    """Raise `InputError` when a journal is named beside a queue, whose database keeps the runs."""
    if unwanted or given:
        name = "--no-journal" if unwanted else "--journal"
        raise InputError(
            f"--queue and {name} contradict each other: the queue's database is the journal of its runs.",
            hint=f"Leave out {name}.",
        )


def or_without(error: JournalError) -> JournalError:
    """Return the error of a run that has not begun, with the way to have it all the same."""
    return JournalError(error.message, hint=f"{error.hint} Or keep nothing: --no-journal".lstrip())
