"""Measures how the plan reader's time grows with the plan: streamed in pieces of four tokens, up to 10 MB."""

import time
from typing import Any

from stretto.parsing import open_reader

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
_PIECE = 16
_SUBTASKS = 500


def _plan(size: int) -> str:
    """Return a plan of about `size` characters."""
    each = max(1, size // _SUBTASKS - 60)
    entry = f"<task><type>one</type><description>{'word ' * (each // 5)}</description></task>\n"
    return f"<analysis>Many.</analysis><tasks>{entry * _SUBTASKS}</tasks>"


def measure_reader() -> list[dict[str, Any]]:
    """Return for each size the characters and the CPU seconds to read them streamed."""
    return [_read(_plan(size)) for size in SIZES]


def _read(text: str) -> dict[str, Any]:
    reader = open_reader("xml")
    began = time.process_time()
    for at in range(0, len(text), _PIECE):
        reader.feed(text[at : at + _PIECE])
    plan = reader.finish()
    took = time.process_time() - began
    assert len(plan.subtasks) == _SUBTASKS
    return {"characters": len(text), "seconds": took}
