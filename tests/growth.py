"""Tells by CPU time whether work grows in proportion to its size: other programs on the machine change that little."""

import time
from collections.abc import Callable

GROWTH = 4
SLACK = 2.7
"""How much longer than in proportion more work may take: what grows with the square takes four times as long."""
_LEAST = 0.002
"""CPU seconds below which no time is told from none."""


def seconds(work: Callable[[int], object], size: int) -> float:
    """Return the CPU seconds that work of one size takes."""
    began = time.process_time()
    work(size)
    return time.process_time() - began


def is_linear(work: Callable[[int], object], size: int) -> bool:
    """Whether four times the size takes about four times as long; measured again before it is doubted."""
    return any(
        (taken := seconds(work, size * GROWTH)) < GROWTH * SLACK * _LEAST
        or taken < GROWTH * SLACK * min(seconds(work, size) for _ in range(2))
        for _ in range(4)
    )
