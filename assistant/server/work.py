"""Work for callers, in threads of its own: whoever only looks, or asks for the server's health, never waits for it."""

import os
from collections.abc import AsyncGenerator, Callable, Iterator
from functools import partial
from typing import Any, Final, TypeVar

import anyio
import anyio.to_thread

from assistant.in_threads import in_threads

_Made = TypeVar("_Made")
# Answers that are worked at side by side; others wait their turn.
AT_ONCE: Final = max(4, 2 * (os.cpu_count() or 1))


class Work:
    """Runs what takes long. One for a server; made where its event loop runs."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._limit = at_once
        self._limiters: dict[str, anyio.CapacityLimiter] = {}

    def _limiter(self, kind: str) -> anyio.CapacityLimiter:
        # Limiters belong to the loop they are made in.
        return self._limiters.setdefault(kind, anyio.CapacityLimiter(self._limit))

    async def run(self, work: Callable[[], _Made]) -> _Made:
        """What the work makes."""
        return await anyio.to_thread.run_sync(work, limiter=self._limiter("once"))

    def stream(self, things: Iterator[_Made]) -> AsyncGenerator[_Made, None]:
        """The things, each made in a thread; whoever goes away ends the work."""
        run: Any = partial(anyio.to_thread.run_sync, limiter=self._limiter("once"))
        return in_threads(things, run)
