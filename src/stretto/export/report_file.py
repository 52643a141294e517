"""Writes files, each whole or not at all; a report in the format that the file's name asks for."""

import os
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import IO

from stretto.core.errors import InputError, StrettoError
from stretto.core.text import replace_surrogates
from stretto.export.atomic_write import open_temporary
from stretto.export.markdown import to_markdown
from stretto.export.records import to_csv, to_json, to_json_lines
from stretto.export.report import Report


def _to_html(report: Report) -> str:
    from stretto.export.html import to_html  # not at the top: its libraries cost time that other formats need not pay

    return to_html(report)


FORMATS: Mapping[str, Callable[[Report], str]] = MappingProxyType(
    {".md": to_markdown, ".json": to_json, ".jsonl": to_json_lines, ".csv": to_csv, ".html": _to_html}
)
"""What each ending of a file's name means."""


def check_writable(path: Path) -> None:
    """Raise `InputError` when a report could not be written to `path`. Call it before spending money on a run."""
    _format_of(path)
    check_place(path)


def check_place(path: Path) -> None:
    """Raise `InputError` when no file could be written to `path`, whatever its format; nothing is changed."""
    try:
        _refuse_unusable(path)
        temporary, descriptor = open_temporary(path)
        os.close(descriptor)
        temporary.unlink()
    except OSError as error:
        raise InputError(_cannot_write(path, error), hint="Choose another file with -o.") from error


def write_report(report: Report, path: Path) -> None:
    """Write the report in the format that the name of `path` asks for; what was there before is replaced.

    Raises `InputError` for an unknown ending and `StrettoError` when it cannot be written; then nothing has changed.
    """
    # Spreadsheets take a file for UTF-8 only when it begins with a byte order mark.
    encoding = "utf-8-sig" if path.suffix.lower() == ".csv" else "utf-8"
    write_atomic(path, replace_surrogates(_format_of(path)(report)).encode(encoding))


def write_atomic(path: Path, data: bytes) -> None:
    """Put `data` in the place of what was there; raises `StrettoError` when it cannot, and then nothing has changed."""
    try:
        with open_atomic(path) as stream:
            stream.write(data)
    except OSError as error:
        raise write_error(path, error) from error


@contextmanager
def open_atomic(path: Path, *, private: bool = False) -> Generator[IO[bytes]]:
    """Give a stream that takes the place of what was at `path` once the block ends well; else nothing has changed.

    A private file is its owner's alone, from its first moment; another one has the mode of what was there. Raises
    `OSError` when it cannot, for `write_error` to word.
    """
    _refuse_unusable(path)
    path = path.resolve()
    temporary, descriptor = open_temporary(path, mode=0o600 if private else 0o666)
    stream = os.fdopen(descriptor, "wb")
    try:
        yield stream
        stream.flush()
        os.fsync(stream.fileno())
        if path.exists() and not private:
            temporary.chmod(path.stat().st_mode & 0o777)
        if sys.platform == "win32":
            stream.close()  # An open file has its name for good there.
        temporary.replace(path)
        stream.close()
    except BaseException:
        with suppress(OSError):  # on a full disk: what is still to be written cannot be
            stream.close()
        with suppress(OSError):
            temporary.unlink()
        raise


def write_error(path: Path, error: OSError) -> StrettoError:
    """Return what to say when a file cannot be written."""
    return StrettoError(_cannot_write(path, error))


def _format_of(path: Path) -> Callable[[Report], str]:
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise InputError(
            f"Cannot tell the format of {path} by its name.", hint=f"Known: {', '.join(FORMATS)}."
        ) from None


def _refuse_unusable(path: Path) -> None:
    if path.is_dir():
        raise IsADirectoryError(None, "it is a folder")
    if path.exists() and not path.is_file():
        raise OSError(None, "it is no file but a pipe, a socket or a device")
    if not path.resolve().parent.is_dir():
        raise FileNotFoundError(None, "its folder does not exist")
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(None, "it is read-only")


def _cannot_write(path: Path, error: OSError) -> str:
    return f"Cannot write {path}: {error.strerror or error}."
