"""Work for callers, in threads of its own: whoever only looks, or asks for the server's health, never waits for it."""

import os
from collections.abc import AsyncGenerator, Callable, Iterator
from functools import partial
from typing import Final, TypeVar

import anyio
import anyio.to_thread

from assistant.in_threads import in_threads

_Made = TypeVar("_Made")
# Answers that are worked at side by side; others wait their turn.
AT_ONCE: Final = max(4, 2 * (os.cpu_count() or 1))
# An index has one writer; a few may wait for it.
CHANGES_AT_ONCE: Final = 4


class Work:
    """Runs what takes long. One for a server; made where its event loop runs."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._answers, self._changes = anyio.CapacityLimiter(at_once), anyio.CapacityLimiter(CHANGES_AT_ONCE)

    async def run(self, work: Callable[[], _Made]) -> _Made:
        """What the work makes."""
        return await anyio.to_thread.run_sync(work, limiter=self._answers)

    async def change(self, work: Callable[[], _Made]) -> _Made:
        """As `run`, for what reads or fetches documents: it may take minutes, and nobody's question waits for it."""
        return await anyio.to_thread.run_sync(work, limiter=self._changes)

    def stream(self, things: Iterator[_Made]) -> AsyncGenerator[_Made, None]:
        """The things, each made in a thread; whoever goes away ends the work."""
        return in_threads(things, partial(anyio.to_thread.run_sync, limiter=self._answers))
