"""Lets work that somebody waits for go before work that is done behind."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

# An answer encodes one thing after another: what is behind stays back for so long after each.
_LINGER_SECONDS = 0.1
# Nor does it stay back for ever, however many ask.
_MOST_SECONDS = 1.0


class Precedence:
    """Who waits is `first`; what is behind calls `give_way` before each of its steps."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._at_work = 0
        self._until = 0.0

    @contextmanager
    def first(self) -> Iterator[None]:
        """While the block lasts, and for a moment after, what is behind gives way."""
        with self._changed:
            self._at_work += 1
        try:
            yield
        finally:
            with self._changed:
                self._at_work -= 1
                self._until = time.monotonic() + _LINGER_SECONDS
                self._changed.notify_all()

    def give_way(self) -> None:
        """Return when nobody is first, or after a second at most."""
        deadline = time.monotonic() + _MOST_SECONDS
        with self._changed:
            while (now := time.monotonic()) < deadline and (self._at_work or now < self._until):
                self._changed.wait(deadline - now if self._at_work else min(self._until, deadline) - now)


# Whoever waits, waits for all models of the process together: they share its processors.
SHARED = Precedence()
