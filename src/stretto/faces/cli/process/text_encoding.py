"""Texts in and out where Python takes the world for ASCII: the C locale without its UTF-8 mode."""

import os
import sys
from typing import TextIO


def as_typed(text: str) -> str:
    """Return an argument as whoever typed it meant it, bytes that Python could not read being UTF-8.

    For texts, and to show a file's name; to open the file its name is to stay as the system calls it.
    """
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8")
    except UnicodeError:  # It was in another encoding, which nobody knows.
        return text


def use_utf8() -> None:
    """Print UTF-8 where nobody chose ASCII: Python itself holds the C locale for one that does not say."""
    if os.environ.get("PYTHONIOENCODING"):
        return
    for stream in (sys.stdout, sys.stderr):
        if _is_ascii(stream) and (reconfigure := getattr(stream, "reconfigure", None)):
            reconfigure(encoding="utf-8", errors="backslashreplace")


def _is_ascii(stream: TextIO) -> bool:
    return (stream.encoding or "").lower() in ("ascii", "us-ascii", "ansi_x3.4-1968", "646")
