"""Looks at a folder again and again, so that what changes there is soon known."""

import logging
import threading
import time
from collections.abc import Callable

from index import CitebackError

# Looking costs time: it may take one part in so many.
_SHARE = 20
log = logging.getLogger(__name__)


class Watch:
    """Calls `look` every `seconds`, or less often where looking takes long, until it is closed."""

    def __init__(self, look: Callable[[], object], seconds: float) -> None:
        self._look, self._seconds = look, seconds
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="citeback-watching", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Look no more; returns when a look that is under way has ended."""
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        wait = self._seconds
        while not self._closed.wait(wait):
            began = time.monotonic()
            try:
                self._look()
            except CitebackError as error:
                # The folder may be away for a while; whoever looks for changes is told.
                log.info("looking for changes failed: %s", error)
            wait = max(self._seconds, _SHARE * (time.monotonic() - began))
