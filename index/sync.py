"""Makes the catalog hold just what a folder holds."""

import hashlib
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from index.catalog import Catalog, FileState
from index.embedding import Embedder
from index.errors import ReadError, StoreError
from index.folder import existing_folder, list_files, printable
from index.ingest import Prepared, embed, prepare, store
from index.progress import Clock
from index.readers import read_file
from index.schema import Failure, ProgressCallback, SyncReport

# A commit costs an fsync, a crash costs what is not committed: this many passages keep both small.
_PASSAGES_A_COMMIT = 256


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is to be stored of a file. `documents` is None where those it had still stand."""

    state: FileState
    documents: tuple[Prepared, ...] | None = ()


def sync_folder(
    folder: str | Path, catalog: Catalog, embedder: Embedder, *, progress: ProgressCallback | None = None
) -> SyncReport:
    """What was done, by source, to make the catalog hold just what `folder` (or one file) holds.

    Unchanged files (same size and time, or same content) cost nothing. A file that cannot be parsed is failed and its
    former documents are removed; a file or subfolder that cannot even be opened is failed and keeps them. Other folders
    are left alone. Raises FolderError.
    """
    root = existing_folder(folder)
    files, unlisted = list_files(root)
    name = printable(str(root))
    label = catalog.label_of(name)
    run = _Sync(name, catalog, embedder, Clock(progress))
    return run.run(
        {label + source: path for source, path in files.items()},
        [Failure(label + failure.source, failure.reason) for failure in unlisted],
    )


class _Sync:
    """One run over one root."""

    def __init__(self, root: str, catalog: Catalog, embedder: Embedder, clock: Clock) -> None:
        self._root, self._catalog, self._embedder, self._clock = root, catalog, embedder, clock
        self._known = catalog.files(root)
        self._added: list[str] = []
        self._updated: list[str] = []
        self._unchanged: list[str] = []
        self._failed: list[Failure] = []

    def run(self, files: dict[str, Path], unlisted: list[Failure]) -> SyncReport:
        self._failed.extend(unlisted)
        unseen = tuple(failure.source for failure in unlisted)
        removed = self._remove(
            {source for source in self._known if source not in files and not source.startswith(unseen)}
        )
        self._clock.start("read", len(files))
        readings = []
        for source, path in files.items():
            if reading := self._read(source, path):
                readings.append(reading)
            self._clock.advance(detail=source)
        self._clock.start("embed", sum(len(each.chunks) for reading in readings for each in reading.documents or ()))
        for batch in _batches(readings):
            self._commit(batch)
        if removed or self._updated:
            with self._catalog.transaction():
                self._catalog.drop_unused_vectors()
        return SyncReport(
            added=tuple(sorted(self._added)),
            updated=tuple(sorted(self._updated)),
            unchanged=tuple(sorted(self._unchanged)),
            removed=tuple(sorted(removed)),
            failed=tuple(sorted(self._failed, key=lambda failure: failure.source)),
        )

    def _remove(self, gone: set[str]) -> set[str]:
        if gone:
            with self._catalog.transaction():
                for source in gone:
                    self._catalog.remove_file(self._root, source)
        return gone

    def _read(self, source: str, path: Path) -> _Reading | None:
        """What is to be stored of the file; None where nothing is. Notes what became of it for the report."""
        known = self._known.get(source)
        try:
            status = path.stat()
            if known and (known.size, known.modified_ns) == (status.st_size, status.st_mtime_ns):
                self._keep(known)
                return None
            if not stat.S_ISREG(status.st_mode):
                # Opening a pipe would wait for ever.
                self._failed.append(Failure(source, "is no regular file; move it out of the folder"))
                return None
            with open(path, "rb") as stream:
                sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            self._failed.append(Failure(source, f"cannot be opened: {error.strerror}; check its permissions"))
            return None
        state = FileState(source, status.st_size, status.st_mtime_ns, sha256)
        if known and known.sha256 == sha256:
            self._keep(known)
            # Only the time differs: remember it, so that the next sync need not hash the file again.
            return _Reading(replace(state, failure=known.failure), documents=None)
        try:
            documents = tuple(prepare(document, self._embedder) for document in read_file(path, source=source))
        except (ReadError, StoreError) as error:
            self._failed.append(Failure(source, str(error)))
            return _Reading(replace(state, failure=str(error)))
        (self._updated if known else self._added).append(source)
        return _Reading(state, documents)

    def _keep(self, known: FileState) -> None:
        if known.failure is None:
            self._unchanged.append(known.source)
        else:
            self._failed.append(Failure(known.source, known.failure))

    def _commit(self, batch: list[_Reading]) -> None:
        """Embed and store a batch of files; on disk when this returns."""
        prepared = [each for reading in batch for each in reading.documents or ()]
        embed(prepared, self._catalog, self._embedder, self._clock)
        with self._catalog.transaction():
            for reading in batch:
                if reading.documents is not None:
                    self._catalog.remove_documents_of(self._root, reading.state.source)
                    store(reading.documents, self._catalog, root=self._root)
                self._catalog.put_file(self._root, reading.state)


def _batches(readings: list[_Reading]) -> Iterator[list[_Reading]]:
    """The readings in order, parted where enough passages have come together for a commit."""
    batch: list[_Reading] = []
    passages = 0
    for reading in readings:
        batch.append(reading)
        passages += sum(len(each.chunks) for each in reading.documents or ())
        if passages >= _PASSAGES_A_COMMIT:
            yield batch
            batch, passages = [], 0
    if batch:
        yield batch
