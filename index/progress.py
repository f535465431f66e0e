"""How far long work has come, how fast it goes and how long it will take."""

import time

from index.schema import Progress, ProgressCallback, Stage


class Clock:
    """Reports one stage's progress to a callback, with rate and time left judged by the pace so far."""

    def __init__(self, callback: ProgressCallback | None, stage: Stage, total: int = 0) -> None:
        self._callback, self._stage, self._total, self._done = callback, stage, total, 0
        self._began = time.monotonic()

    def expect(self, more: int) -> None:
        """Say that `more` steps are still to be done."""
        if not self._done:
            self._began = time.monotonic()
        self._total = self._done + more

    def advance(self, steps: int = 1, detail: str = "") -> None:
        """Say that `steps` more are done."""
        self._done += steps
        if self._callback is None:
            return
        elapsed = time.monotonic() - self._began
        rate = self._done / elapsed if self._done and elapsed > 0 else None
        left = max(0, self._total - self._done) / rate if rate else None
        self._callback(Progress(self._stage, self._done, self._total, detail, left, rate))
