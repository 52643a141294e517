"""Runs the command on a real pseudo-terminal and looks at the screen."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from tests.faces.cli.screen import Screen
from tests.forge import Process, shared_forge

STRETTO = (str(Path(sys.executable).with_name("stretto")),)


@dataclass
class Session:
    """A command on its terminal."""

    process: Process | subprocess.Popen[bytes]
    master: int
    screen: Screen
    written: str = ""
    _undecoded: bytes = field(default=b"", repr=False)

    def wait_for(self, text: str) -> None:
        """Read until this text was written; only the test's own time limit ends the wait."""
        self._read_until(lambda: text in self.written)
        if text not in self.written:
            self._give_up(f"{text!r} was never written")

    def end(self) -> int:
        """Read to the end and return the exit code."""
        self._read_until(lambda: False)
        self._show(self._undecoded)
        os.close(self.master)
        return self.process.wait()

    def send(self, data: bytes) -> None:
        """Type something."""
        os.write(self.master, data)

    def resize(self, width: int, height: int) -> None:
        """Make the window another size."""
        _set_size(self.master, width, height)
        self.screen.resize(width)

    def _read_until(self, done: Callable[[], bool]) -> None:
        while not done():
            try:
                data = os.read(self.master, 65_536)
            except OSError:  # Linux says so when the last writer has left
                data = b""
            if not data:
                return
            self._take(data)

    def _give_up(self, why: str) -> NoReturn:
        self.process.kill()
        self.process.wait()
        os.close(self.master)
        raise AssertionError(f"{why}: {self.written[-2000:]!r}")

    def _take(self, data: bytes) -> None:
        # A piece may end in the middle of a character or of a command.
        data = self._undecoded + data
        cut = max(data.rfind(b"\x1b"), data.rfind(b"\n")) if b"\x1b" in data[-16:] or data[-1] >= 0x80 else len(data)
        cut = cut if cut > 0 else len(data)
        self._undecoded = data[cut:]
        self._show(data[:cut])

    def _show(self, data: bytes) -> None:
        text = data.decode()
        self.written += text
        self.screen.feed(text)


def start(
    arguments: Sequence[str],
    *,
    width: int = 80,
    height: int = 24,
    environ: Mapping[str, str] | None = None,
    stdout: int | None = None,
) -> Session:
    """Start a command with stdin and stderr on a terminal, and stdout too unless it is given.

    `stretto` is forked, not loaded; the installed command is started where coverage is measured, as in CI.
    """
    master, slave = pty.openpty()
    _set_size(slave, width, height)
    settings = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    settings |= {"TERM": "xterm-256color"} | dict(environ or {})
    out = slave if stdout is None else stdout
    process: Process | subprocess.Popen[bytes]
    if arguments[0] == STRETTO[0] and "COVERAGE_PROCESS_CONFIG" not in os.environ:
        process = shared_forge().start_on(slave, arguments[1:], environ=settings, folder=Path.cwd(), stdout=out)
    else:
        process = subprocess.Popen(list(arguments), stdin=slave, stdout=out, stderr=slave, env=settings)
    os.close(slave)
    return Session(process=process, master=master, screen=Screen(width))


def _set_size(descriptor: int, width: int, height: int) -> None:
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
