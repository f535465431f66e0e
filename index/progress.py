"""How far long work has come and how long it will take."""

import time

from index.schema import Progress, ProgressCallback, Stage


class Clock:
    """Reports progress to a callback, with the time left judged by the pace so far."""

    def __init__(self, callback: ProgressCallback | None) -> None:
        self._callback = callback
        self.start("read", 0)

    def start(self, stage: Stage, total: int) -> None:
        """Begin a stage of `total` steps."""
        self._stage, self._total, self._done = stage, total, 0
        self._began = time.monotonic()

    def advance(self, steps: int = 1, detail: str = "") -> None:
        """Say that `steps` more are done."""
        self._done += steps
        if self._callback is None:
            return
        elapsed = time.monotonic() - self._began
        left = elapsed / self._done * (self._total - self._done) if self._done else None
        self._callback(Progress(self._stage, self._done, self._total, detail, left))
