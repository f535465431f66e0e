"""Threads that each work on one core: many batches side by side are done sooner than each on all cores."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

_Thing = TypeVar("_Thing")
_Made = TypeVar("_Made")
# Done ahead of what is taken: enough that no thread waits, few enough that whoever stops taking stops the work.
_AHEAD = 2


def _cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Workers:
    """A thread for each core, in which torch uses that core alone; they start with the first work.

    Threads that wait for each other after every operation of a small model leave a third of two cores idle. Even one
    text alone is read nearly as fast by one of two, at half the work: where ten ask at once that is what counts.
    """

    def __init__(self, count: int | None = None) -> None:
        self._count = count or _cores()
        self._pool: ThreadPoolExecutor | None = None
        self._starting = threading.Lock()

    def map(self, work: Callable[[_Thing], _Made], things: Sequence[_Thing]) -> Iterator[_Made]:
        """What the work makes of each thing, in order; done a little ahead of what is taken."""
        if not things or self._count < 2:
            yield from map(work, things)
            return
        pool, queue = self._started(), iter(things)
        begun: deque[Future[_Made]] = deque()
        try:
            while True:
                begun.extend(pool.submit(work, thing) for thing in islice(queue, _AHEAD * self._count - len(begun)))
                if not begun:
                    return
                yield begun.popleft().result()
        finally:
            for future in begun:
                future.cancel()

    def _started(self) -> ThreadPoolExecutor:
        with self._starting:
            if self._pool is None:
                import torch

                usual = torch.get_num_threads()
                ready = threading.Barrier(self._count)

                def start() -> None:
                    torch.set_num_threads(1)
                    # The first that asks in a thread takes over what was said last, in whichever thread.
                    torch.get_num_threads()
                    ready.wait()

                self._pool = ThreadPoolExecutor(self._count, "citeback-embedding")
                for future in [self._pool.submit(start) for _ in range(self._count)]:
                    future.result()
                # What a thread says of itself is taken over by those that start later: queries keep all cores.
                torch.set_num_threads(usual)
            return self._pool
