"""A stdout that says when it cannot be written, and a stderr that never ends what goes on."""

import errno
import io
import os
import select
import sys
from contextlib import suppress
from typing import Any, TextIO, cast

from stretto.core.errors import StrettoError

_REASONS = {errno.EPIPE: "whoever read it has left", errno.EBADF: "it is closed"}


class StdoutError(StrettoError):
    """What was to be shown could not be written to stdout."""

    def __init__(self, error: OSError) -> None:
        super().__init__(f"Cannot write to stdout: {_REASONS.get(error.errno or 0) or error.strerror or error}.")
        self.reader_left = isinstance(error, BrokenPipeError)
        """Whether somebody read it and wanted no more, as `head` does."""


def open_streams() -> None:
    """Have stdout and stderr tell of what cannot be written in our words, closed ones included."""
    # What is opened first takes the first number that is free: a journal must not become our stdout.
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison] - the process was started without it
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 - open to the very end
    if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison]
        raw = _Stdout(os.open(os.devnull, os.O_WRONLY), closed=True)
        sys.stdout = io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8")
    elif _is_bare(sys.stdout, 1):
        sys.stdout = _rewrapped(sys.stdout, _Stdout(1))
    if sys.stderr is None:  # pyright: ignore[reportUnnecessaryComparison]
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    elif _is_bare(sys.stderr, 2):
        sys.stderr = _rewrapped(sys.stderr, _Stderr(2))


class _Stdout(io.FileIO):
    """Raises `StdoutError` once; what follows is dropped, as Python writes what is left when it ends."""

    def __init__(self, descriptor: int, *, closed: bool = False) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._is_closed = closed
        self._lost = False

    # Any: a name for what has bytes in it comes with Python 3.12.
    def write(self, data: Any, /) -> int:
        if self._lost:
            return len(data)
        try:
            if self._is_closed:
                raise OSError(errno.EBADF, os.strerror(errno.EBADF))
            while (written := super().write(data)) is None:  # pyright: ignore[reportUnnecessaryComparison]
                select.select([], [self], [])  # Whoever started us has a pipe that does not wait.
            return written
        except OSError as error:
            self._lost = True
            raise StdoutError(error) from error


class _Stderr(io.FileIO):
    """Drops what cannot be written: a run that is paid for does not end for its progress."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "w", closefd=False)

    def write(self, data: Any, /) -> int:
        with suppress(OSError):
            while (written := super().write(data)) is None:  # pyright: ignore[reportUnnecessaryComparison]
                select.select([], [self], [])
            return written
        return len(data)


def _is_bare(stream: TextIO, descriptor: int) -> bool:
    """Whether it is the process's own stream as Python opened it, and no test's or notebook's."""
    if not isinstance(stream, io.TextIOWrapper):
        return False
    with suppress(OSError, ValueError):
        raw: object = getattr(getattr(cast("object", stream), "buffer", None), "raw", None)
        return stream.fileno() == descriptor and not isinstance(raw, (_Stdout, _Stderr))
    return False


def _rewrapped(stream: TextIO, raw: io.FileIO) -> io.TextIOWrapper:
    with suppress(OSError):
        stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=bool(getattr(stream, "line_buffering", False)),
        write_through=bool(getattr(stream, "write_through", False)),
    )
