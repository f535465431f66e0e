"""Gives passages their vectors, behind the writing of their text."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from index.catalog import Catalog
from index.chunking import embeddable
from index.embedding import Embedder
from index.progress import Clock
from index.schema import ProgressCallback

# What a kill in the middle costs; batches of like length are made within it.
_WINDOW = 1024
_LOOK_AGAIN_SECONDS = 0.2


class _Stopped(Exception):
    """The filling was told to stop."""


class Filler:
    """A thread that embeds what waits in the catalog, oldest first, until it is told that no more will come.

    A context manager: leaving it by an exception stops the thread at the next batch, else `finish` has been called.
    """

    def __init__(self, catalog: Catalog, embedder: Embedder, progress: ProgressCallback | None) -> None:
        self._catalog, self._embedder, self._clock = catalog, embedder, Clock(progress, "embed")
        self._complete = threading.Event()
        self._stop = threading.Event()
        self._free = threading.Event()
        self._free.set()
        self._failure: BaseException | None = None
        self._begun = 0  # of the window at work
        self._thread = threading.Thread(target=self._run, name="citeback-vectors", daemon=True)

    def __enter__(self) -> "Filler":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._free.set()
        self._thread.join()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nothing is embedded while the block lasts: what is done in it is waited for, and needs the processor."""
        self._free.clear()
        try:
            yield
        finally:
            self._free.set()

    def finish(self, seconds: float) -> bool:
        """Whether all vectors are made, after waiting so long: no more text will come. Raises what the model raised."""
        self._complete.set()
        self._thread.join(seconds)
        self.check()
        return not self._thread.is_alive()

    def check(self) -> None:
        """Raise what the model raised, if it did."""
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._free.wait()
                if self._stop.is_set():
                    return
                complete = self._complete.is_set()
                if not self._fill():
                    if complete:
                        self._clock.end()
                        return
                    self._stop.wait(_LOOK_AGAIN_SECONDS)
        except _Stopped:
            return
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            self._failure = error

    def _fill(self) -> int:
        """How many passages were given vectors, on disk when this returns."""
        vectors, embedder = self._catalog.vectors, self._embedder
        waiting = self._catalog.next_to_embed(_WINDOW, after=vectors.upto)
        if not waiting:
            return 0
        self._catalog.pin_model(embedder.name, embedder.dimension)
        known = vectors.known(text_hash for _, _, text_hash in waiting)
        missing = {text_hash: (title, chunk) for chunk, title, text_hash in waiting if text_hash not in known}
        self._begun = 0
        self._embedded(len(waiting) - len(missing))
        texts = embeddable(list(missing.values()), embedder)
        made = dict(zip(missing, embedder.encode(texts, on_batch=self._on_batch), strict=True)) if texts else {}
        with self._catalog.transaction():
            vectors.put(made)
            vectors.advance(waiting[-1][0].id)
        return len(waiting)

    def _on_batch(self, count: int) -> None:
        self._free.wait()
        if self._stop.is_set():
            raise _Stopped
        self._embedded(count)

    def _embedded(self, count: int) -> None:
        """Tell that so many more of this window are done; what is still to come grows while text is written."""
        catalog = self._catalog
        # Counting those that wait would take longer than embedding some; but for gaps in their ids it is this.
        self._clock.expect(catalog.last_chunk() - catalog.vectors.upto - self._begun)
        self._begun += count
        self._clock.advance(count)
