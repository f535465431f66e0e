"""The newest searchable indexes there are, kept up with the catalog."""

import threading
import time
from pathlib import Path

from index import derived, writing
from index.catalog import Catalog
from index.derived import Derived
from index.errors import StoreError
from index.vocabulary import Vocabulary

_TRY_AGAIN_SECONDS = 5.0


class Published:
    """What an open index searches with. Threads may share it."""

    def __init__(self, home: Path, catalog: Catalog) -> None:
        self._home, self._catalog = home, catalog
        self._newest: Derived | None = None
        self._vocabulary: tuple[int, Vocabulary] | None = None
        self._refreshing = threading.Lock()
        self._not_before = 0.0

    def newest(self) -> Derived:
        """Both searchable indexes, of the newest generation there is.

        While a writer is at work that may be an older one than the catalog's: what was deleted since is left out of
        results all the same. When nobody writes it is the catalog's own.
        """
        with self._refreshing:
            generation = self._catalog.generation
            current = self._newest
            if current is not None and current.generation == generation:
                return current
            newer = derived.newest(self._home, self._catalog, than=current.generation if current else -1)
            self._newest = newer or current
            if self._newest is None or self._newest.generation < generation:
                self._catch_up()
            assert self._newest is not None
            return self._newest

    def vocabulary(self) -> Vocabulary:
        """The terms of the index and their rarity, as of now."""
        newest = self.newest()
        if self._vocabulary is None or self._vocabulary[0] != newest.generation:
            self._vocabulary = newest.generation, Vocabulary(newest.lexical, self._catalog.counts()[1])
        return self._vocabulary[1]

    def publish(self) -> None:
        """Make searchable what the catalog holds. For the one writer."""
        if self._newest is None or self._newest.generation != self._catalog.generation:
            published = derived.publish(self._home, self._catalog)
            with self._refreshing:
                self._newest = published

    def _catch_up(self) -> None:
        """Publish what a writer that is gone left unpublished; while one is at work only if nothing else is at hand."""
        if self._newest is not None and time.monotonic() < self._not_before:
            return
        with writing.only_writer(self._home, seconds=0, strict=False) as alone:
            if alone or self._newest is None:
                try:
                    self._newest = derived.publish(self._home, self._catalog)
                except StoreError:
                    # The disk is full: what was acknowledged is in the older ones, too.
                    if self._newest is None:
                        raise
                    self._not_before = time.monotonic() + _TRY_AGAIN_SECONDS
