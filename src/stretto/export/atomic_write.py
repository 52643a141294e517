"""The file in which another one is written until it is whole; what killed processes left of theirs is removed."""

import hashlib
import os
import secrets
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl


def open_temporary(path: Path, *, mode: int = 0o666) -> tuple[Path, int]:
    """Open a new file beside `path`, whose name no other process uses; return it and its descriptor.

    It has this mode, less what the umask takes, from its first moment. It is this process's for as long as the
    descriptor is open: rename it before that is closed. Raises `OSError`.
    """
    path = path.resolve()
    # By a digest: with the name itself it could be longer than a name may be.
    beginning = f".stretto-{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]}-"
    _remove_abandoned(path.parent, beginning)
    while True:
        # Not tempfile: its files are for their owner alone, and a report is to have the mode of any other new file.
        temporary = path.with_name(f"{beginning}{secrets.token_hex(8)}.part")
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
        _lock(descriptor)
        if os.fstat(descriptor).st_nlink:
            return temporary, descriptor
        os.close(descriptor)  # Somebody took it for abandoned before it was held.


def _remove_abandoned(folder: Path, beginning: str) -> None:
    for file in folder.glob(f"{beginning}*.part"):
        # An error says that another process writes it, or removes it too.
        with suppress(OSError), _locked(file):
            file.unlink()


if sys.platform == "win32":

    def _lock(descriptor: int) -> None:
        """Do nothing: the system removes no file that is open."""

    @contextmanager
    def _locked(file: Path) -> Generator[None]:
        yield

else:

    def _lock(descriptor: int) -> None:
        """Lock a file for as long as it is open, whatever becomes of the process."""
        with suppress(OSError):  # Where files cannot be locked, none is ever taken for abandoned either.
            fcntl.flock(descriptor, fcntl.LOCK_EX)

    @contextmanager
    def _locked(file: Path) -> Generator[None]:
        """Lock a file while the block runs; raises `OSError` when another process has it."""
        descriptor = os.open(file, os.O_WRONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        finally:
            os.close(descriptor)
