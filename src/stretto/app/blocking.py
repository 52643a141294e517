"""Runs a coroutine to its end from synchronous code, also where an event loop is running, as in a notebook."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
from anyio.from_thread import start_blocking_portal

T = TypeVar("T")


def run_blocking(start: Callable[[], Awaitable[T]]) -> T:
    """Return what the coroutine returns; in a thread of its own where a loop is running already."""

    async def main() -> T:
        return await start()

    if not _in_event_loop():
        return anyio.run(main)
    # A portal cancels the run when the waiting thread is interrupted; a bare thread would go on spending.
    with start_blocking_portal() as portal:
        return portal.call(main)


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
