"""How far long work has come, how fast it goes and how long it will take."""

import time
from collections import deque

from index.schema import Progress, ProgressCallback, Stage

# The pace is that of so many last seconds: work that begins by loading a model or changes its kind is soon told right.
_SECONDS = 15.0


class Clock:
    """Reports one stage's progress to a callback, with rate and time left judged by its latest pace."""

    def __init__(self, callback: ProgressCallback | None, stage: Stage, total: int = 0) -> None:
        self._callback, self._stage, self._total, self._done = callback, stage, total, 0
        self._lately = deque([(time.monotonic(), 0)])

    def expect(self, more: int) -> None:
        """Say that `more` steps are still to be done."""
        if not self._done:
            self._lately = deque([(time.monotonic(), 0)])
        self._total = self._done + more

    def advance(self, steps: int = 1, detail: str = "", failure: str = "") -> None:
        """Say that `steps` more are done, the last of them `detail`, which failed where a reason is given."""
        self._done += steps
        if self._callback is None:
            return
        rate = self._rate()
        left = max(0, self._total - self._done) / rate if rate else None
        self._callback(Progress(self._stage, self._done, self._total, detail, left, rate, failure))

    def end(self) -> None:
        """Say that there is nothing more to do, where fewer steps were done than were expected."""
        if self._done < self._total:
            self._total = self._done
            self.advance(0)

    def _rate(self) -> float | None:
        now = time.monotonic()
        self._lately.append((now, self._done))
        while len(self._lately) > 2 and self._lately[1][0] < now - _SECONDS:
            self._lately.popleft()
        since, done = self._lately[0]
        return (self._done - done) / (now - since) if now > since and self._done > done else None
