"""What Ctrl-C, SIGTERM and SIGHUP mean while a run goes on: once ends it in good order, twice ends the process.

One that whoever started us had ignored, as `nohup` and a shell's background jobs do, stays ignored.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from types import FrameType

from stretto.faces.cli.process.exit_codes import ExitCode

_HANGUP: signal.Signals | None = getattr(signal, "SIGHUP", None)
"""None on Windows."""
_CODES: dict[int | None, ExitCode] = {signal.SIGTERM: ExitCode.TERMINATED, _HANGUP: ExitCode.HUNG_UP}


class Interrupts:
    """Notes whether somebody wanted the run to end: with Ctrl-C, with SIGTERM, or by closing the terminal."""

    def __init__(self) -> None:
        self._first: int | None = None

    @property
    def seen(self) -> bool:
        """Whether somebody did."""
        return self._first is not None

    @property
    def code(self) -> ExitCode:
        """The exit code of a run that was ended in this way."""
        return _CODES.get(self._first, ExitCode.INTERRUPTED) if self.seen else ExitCode.INTERRUPTED

    @contextmanager
    def calling(self, stop: Callable[[], None]) -> Generator[None]:
        """Have the running event loop call `stop` at the first signal; the second one leaves the process at once."""
        loop = asyncio.get_running_loop()

        def handle(number: int, _frame: FrameType | None) -> None:
            if number == _HANGUP:
                # A shell and the system both say that a terminal was closed, also while the output is written.
                signal.signal(number, signal.SIG_IGN)
            elif self.seen:
                _leave(self.code)
            if not self.seen:
                self._first = number
                loop.call_soon_threadsafe(stop)

        with ExitStack() as handlers:
            for number in (signal.SIGINT, signal.SIGTERM, *([_HANGUP] if _HANGUP else [])):
                handlers.enter_context(_handling(number, handle))
            yield


@contextmanager
def ignored() -> Generator[None]:
    """Leave Ctrl-C to a program that was started, such as an editor."""
    with _handling(signal.SIGINT, signal.SIG_IGN):
        yield


@contextmanager
def raised() -> Generator[None]:
    """Let Ctrl-C end a question, as `KeyboardInterrupt`."""
    with _handling(signal.SIGINT, signal.default_int_handler):
        yield


@contextmanager
def _handling(
    number: signal.Signals, handler: Callable[[int, FrameType | None], object] | signal.Handlers
) -> Generator[None]:
    # Python delivers signals to the main thread only, and lets only that one ask for them.
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(number) is signal.SIG_IGN:
        yield
        return
    before = signal.signal(number, handler)
    try:
        yield
    finally:
        if signal.getsignal(number) == handler:  # Otherwise it was settled for good meanwhile.
            signal.signal(number, before)


def _leave(code: ExitCode) -> None:
    if os.isatty(2):
        os.write(2, b"\x1b[?25h\n")  # the cursor may be hidden, and nobody is left to show it
    os._exit(code)
