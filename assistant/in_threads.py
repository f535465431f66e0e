"""Blocking iterators for event loops."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any, TypeVar

_Thing = TypeVar("_Thing")
# Runs a function with its arguments in a thread.
Runs = Callable[..., Awaitable[Any]]


async def in_threads(things: Iterator[_Thing], run: Runs = asyncio.to_thread) -> AsyncGenerator[_Thing, None]:
    """The things, each made in a thread. Who leaves early ends the work behind them."""
    try:
        while (thing := await run(next, things, None)) is not None:
            yield thing
    finally:
        # Where a thread is still in it, the work ends with that thing.
        with suppress(ValueError, AttributeError):
            things.close()  # type: ignore[attr-defined]
